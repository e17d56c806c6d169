import Sim
import TestSupport
import Testing

/// The messages of whatever `body` throws.
func diagnostics(_ body: () throws -> Void) -> [String] {
  do {
    try body()
    return []
  } catch let error as InputError {
    return error.diagnostics.map(\.description)
  } catch {
    return ["not an InputError: \(error)"]
  }
}

@Suite("Catalogs, listings and section tables are read strictly, faults at their place")
struct ReaderTests {
  static let good = """
    module,text,rodata,data,depends
    a,100,20,3,
    b,4096,0,0,a
    """

  func catalog(_ text: String) -> [String] {
    diagnostics { _ = try CatalogReader.read(text, file: "c.csv") }
  }

  @Test("a catalog with CR LF line ends, with and without a last line end, is the same catalog")
  func lineEnds() throws {
    let plain = try CatalogReader.read(Self.good, file: "c.csv").modules
    #expect(plain.map(\.name) == ["a", "b"])
    #expect(plain[1].sections.text == 4096 && plain[1].dependencies == ["a"])
    for text in [
      Self.good + "\n", Self.good.replacing("\n", with: "\r\n"),
      Self.good.replacing("\n", with: "\r\n") + "\r\n",
    ] {
      #expect(try CatalogReader.read(text, file: "c.csv").modules == plain)
    }
  }

  @Test("empty catalogs say so")
  func empty() {
    #expect(catalog("") == ["c.csv:1: error: the catalog is empty; it wants a header line"])
    #expect(catalog("\n") == ["c.csv:1: error: the catalog is empty; it wants a header line"])
    #expect(catalog("module,text\n") == ["c.csv:1: error: the catalog lists no module"])
  }

  @Test("a catalog cut in a row's middle is refused at that row")
  func truncated() {
    #expect(
      catalog("module,text,rodata,data,depends\na,100,20,3,\nb,40")
        == ["c.csv:3: error: 2 fields, the header has 5"])
  }

  @Test("bad fields are reported at their columns, all at once")
  func fields() {
    #expect(
      catalog("module,text,data\na,1x,0\nb,1,-2\n,1,1\na,1,1\nc,1,1\nc,1,1\nd,1,99999999999\n") == [
        "c.csv:2:3: error: '1x' is no byte count up to 1073741824 (text)",
        "c.csv:3:5: error: '-2' is no byte count up to 1073741824 (data)",
        "c.csv:4:1: error: the module has no name",
        "c.csv:7:1: error: 'c' is listed twice",
        "c.csv:8:5: error: '99999999999' is no byte count up to 1073741824 (data)",
      ])
  }

  @Test("unknown columns are named with the nearest known one, missing ones too")
  func columns() {
    #expect(
      catalog("module,txt\na,1\n") == [
        "c.csv:1:8: error: unknown column 'txt'; did you mean 'text'?",
        "c.csv:1: error: the header lacks a 'text' column",
      ])
    #expect(catalog("text\n1\n") == ["c.csv:1: error: the header lacks a 'module' column"])
  }

  @Test("the first 20 problems are printed, the rest counted")
  func many() {
    let text = "module,text\n" + (0..<30).map { "m\($0),x\n" }.joined()
    do {
      _ = try CatalogReader.read(text, file: "c.csv")
      Issue.record("accepted")
    } catch {
      let lines = error.description.split(separator: "\n")
      #expect(lines.count == 21)
      #expect(lines.last == "(10 more)")
      #expect(error.kind.rawValue == 65)
    }
  }

  @Test("lsmod output and /proc/modules are the same set")
  func listings() throws {
    let lsmod = """
      Module                  Size  Used by
      nf_nat                 57344  1 nft_chain_nat
      nft_chain_nat          16384  0
      """
    let proc = """
      nf_nat 57344 1 nft_chain_nat, Live 0xffffffffc0a3b000
      nft_chain_nat 16384 0 - Live 0xffffffffc0a2f000 (OE)
      """
    let a = try LoadedSet(text: lsmod, file: "lsmod")
    let b = try LoadedSet(text: proc.replacing("\n", with: "\r\n"), file: "modules")
    #expect(a.modules.map(\.name) == b.modules.map(\.name))
    #expect(a.modules.map(\.size) == [57344, 16384] && b.modules.map(\.size) == [57344, 16384])
    #expect(a.modules.map(\.users) == b.modules.map(\.users))
    #expect(b.modules[0].address == 0xffff_ffff_c0a3_b000 && a.modules[0].address == 0)
  }

  @Test("a line that is no module line is quoted at its line")
  func badListing() {
    #expect(
      diagnostics { _ = try LoadedSet(text: "a 100\nb\nc many\na 100\n", file: "l") } == [
        "l:2:2: error: 'b' is no module line; write NAME SIZE [USED-BY…]",
        "l:3:3: error: 'c many' is no module line; write NAME SIZE [USED-BY…]",
        "l:4:1: error: 'a' is listed twice",
      ])
    #expect(
      diagnostics { _ = try LoadedSet(text: "Module Size Used by\n", file: "l") }
        == ["l:1: error: no module is listed"])
  }

  @Test("section tables: unknown kernels with the nearest, bad lines, sections out of order")
  func sectionTables() throws {
    func read(_ text: String, _ kernel: String = "k") -> [String] {
      diagnostics { _ = try BaseImageReader.read(text, file: "s.csv", kernel: kernel) }
    }
    let table = try Debian12.text("Scenarios/data/base-kernel-sections.csv")
    #expect(
      read(table, "6.1.0-56-amd65")
        == ["s.csv:1: error: no kernel '6.1.0-56-amd65'; did you mean '6.1.0-56-amd64'?"])
    #expect(
      read("## k\n.text,zz,1,AX\n")
        == ["s.csv:2: error: '.text,zz,1,AX' is not SECTION,ADDRESS,SIZE,FLAGS"])
    #expect(
      read("## k\n.text,1000,10,AX\n") == ["s.csv: error: kernel 'k' lacks section .rodata"])
    let swapped =
      "## k\n.text,400000,10,AX\n.rodata,200000,10,A\n.data,600000,10,WA\n"
      + ".init.text,800000,10,AX\n.bss,a00000,10,WA\n"
    #expect(read(swapped) == ["s.csv: error: kernel 'k': sections are not in link order"])
  }
}
