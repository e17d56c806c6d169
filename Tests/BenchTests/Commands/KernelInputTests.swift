import Foundation
import Sim
import TestSupport
import Testing

/// Bad input about modules and memory, as a user of the command meets it: named, the rest still
/// checked, exit 65, nothing written.
@Suite("bad module and memory input", .serialized)
struct KernelInputTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  private func refused(_ arguments: [String]) throws -> [String] {
    let answer = try program.run(arguments)
    #expect(answer.status == 65, "\(answer.complaints)")
    #expect(answer.output.isEmpty)
    return answer.complaints.split(separator: "\n").map(String.init)
  }

  private func object(_ info: String, _ change: (inout ElfFile) -> Void = { _ in }) -> [UInt8] {
    var file = ElfFile()
    file.add(".text", flags: ElfFile.alloc | ElfFile.exec, size: 100, alignment: 16)
    file.add(".modinfo", flags: ElfFile.alloc, bytes: Array(info.utf8))
    file.add(
      ".gnu.linkonce.this_module", flags: ElfFile.alloc | ElfFile.write, size: 896, alignment: 64)
    change(&file)
    return file.bytes()
  }

  @Test("a malformed ELF, a lying section header and a cycle are all named in one run")
  func folderOfModules() throws {
    try folder.write("good.ko", object("license=GPL\0depends=\0"))
    try folder.write("rubbish.ko", "no object file at all")
    try folder.write("lying.ko", object("license=GPL\0") { $0.sections[0].size = 1 << 40 })
    try folder.write("p.ko", object("depends=q\0"))
    try folder.write("q.ko", object("depends=p\0"))
    let out = folder.path("out.csv")
    let lines = try refused(["catalog", folder.path(""), "-o", out])
    #expect(lines.count == 3)
    #expect(lines.contains { $0.contains("rubbish.ko: error: no ELF file") })
    #expect(lines.contains { $0.contains("lying.ko: error: section .text claims") })
    #expect(lines.contains { $0.contains("dependency cycle: p → q → p") })
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test("an ftrace line cut in half is named and the lines behind it are checked")
  func ftrace() throws {
    let text = """
      # tracer: nop
          modprobe-71      [000] .....     3.100000: module_load: ext4
          modprobe-71      [000] .....     3.2
          modprobe-71      [000] .....     3.300000: module_free: ext4
          modprobe-71      [000] .....     3.4x0000: module_free: ext4

      """
    let trace = try folder.write("trace.txt", text)
    let lines = try refused(["replay", trace, "--system", "linux-6.1"])
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("\(trace):3:"))
    #expect(lines[1].hasPrefix("\(trace):5:"))
  }

  @Test("a bad line of modprobe's configuration is named; other systems have none")
  func modprobe() throws {
    let trace = try folder.write("t", "0 load ext4 text=4096\n")
    let bad = try folder.write("m.conf", "alias x y\nblaklist z\nsoftdep w\n")
    let lines = try refused(["replay", trace, "--system", "linux-6.1", "--modprobe-config", bad])
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("\(bad):2:1: error: 'blaklist'"))
    let other = try refused(
      ["replay", trace, "--system", "freebsd-13-amd64", "--modprobe-config", bad])
    #expect(other[0].contains("freebsd-13-amd64 has no modprobe"))
  }

  @Test("a bad memory log, free map or mark is named")
  func memory() throws {
    let log = try folder.write("k.csv", "t_us,op,pfn,order,mt,comm\n1,Z,zz,0,0,\n2,M,,,,here\n")
    let map = try folder.write("flags", [UInt8](repeating: 0, count: 64))
    #expect(
      try refused(["verify-memory", log, "--free-map", map])[0].contains("k.csv:2: error: 'zz'"))
    let good = try folder.write("g.csv", "t_us,op,pfn,order,mt,comm\n2,M,,,,here\n3,Z,1,0,0,\n")
    let lines = try refused(["verify-memory", good, "--free-map", map, "--from", "hree"])
    #expect(lines[0].contains("no mark 'hree'; did you mean 'here'?"))
    let odd = try folder.write("odd", [1, 2, 3] as [UInt8])
    #expect(try refused(["verify-memory", good, "--free-map", odd])[0].contains("3 bytes"))
    #expect(
      try program.run(["replay", good, "--system", "linux-6.1", "--cma", "3GiB"]).status == 64)
  }

  @Test("replay prints memory and direct map in the kernel's own formats, for every zone")
  func files() throws {
    let trace = try folder.write("t", "0 load big text=300KiB rodata=90KiB\n")
    let common = ["replay", trace, "--system", "linux-6.1", "--memory", "8GiB"]
    let text = try program.run(common + ["--memory-files"]).text
    for zone in ["DMA", "DMA32", "Normal"] {
      let name = String(repeating: " ", count: 8 - zone.count) + zone
      #expect(text.components(separatedBy: "Node 0, zone \(name) ").count == 5, "\(zone)")
      #expect(text.contains("Node    0, zone \(name), type      Movable "))
    }
    for line in ["DirectMap4k:  ", "DirectMap2M:  ", "DirectMap1G:  "] {
      #expect(text.contains(line))
    }
    let arm = ["replay", trace, "--system", "linux-6.12-arm64", "--memory-files"]
    #expect(try !program.run(arm).text.contains("DirectMap"))
    let json = try JSONValue(parsing: program.run(common + ["--json"]).output, file: "-")
    let memory = try #require(json["memory"])
    let kilobytes = ["DirectMap4k", "DirectMap2M", "DirectMap1G"].compactMap {
      memory["meminfo"]?[$0]?.int
    }
    // All of memory but the firmware's pages; the kernel counts the leaves of the top GiBs again.
    let leaves = try #require(memory["directMap"]?["1073741824"]?.int)
    let mapped = kilobytes[0] + kilobytes[1] + (leaves << 20)
    #expect(((8 << 20) - 1024..<(8 << 20)).contains(mapped), "\(mapped) kB")
    #expect(leaves > 0 && kilobytes[2] == (leaves + 2) << 20)
    #expect(memory["perCPU"]?["reserveBytes"]?.int == 8192)
    #expect(memory["modules"]?["basePages"]?.int == 98)
  }

  /// What is replaced in a shipped profile, by what, and what `check` says where.
  static let faults: [(good: String, bad: String, place: String, says: String)] = [
    (
      "rule: firstFit\n", "rule: firstFitt\n", "rule: firstFitt",
      "did you mean 'firstFit'?"
    ),
    ("frames: single", "frames: singel", "frames: singel", "did you mean 'single'?"),
    ("  base: 4KiB", "  base: 5KiB", "base: 5KiB", "page size"),
    ("  large: 2MiB", "  large: 4KiB", "id: linux", "no larger than page.base"),
    (
      "    pages: base\n    evidence: source\n", "    pages: base\n", "name: core", "evidence label"
    ),
    ("pieces:\n", "\(second)pieces:\n", "name: more", "arenas 'modules' and 'more' overlap"),
  ]

  static let second = """
      - name: more
        rule: firstFit
        lower: 0xffffffffd0000000
        upper: 0xffffffffe0000000
        evidence: source

    """

  @Test("check names a profile's fault with file, line and column", arguments: faults.indices)
  func profileFaults(_ index: Int) throws {
    let (good, bad, place, says) = Self.faults[index]
    let path = Debian12.path("Sources/Sim/Profiles/Data/linux-6.1.yaml")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let at = try #require(text.range(of: good))
    let changed = text.replacingCharacters(in: at, with: bad)
    let file = try folder.write("mine.yaml", changed)
    let lines = changed.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.contains(place) }) + 1
    let complaints = try refused(["check", file])
    let found = complaints.first { $0.contains(says) }
    let prefix = "\(file):\(line):"
    #expect(found?.hasPrefix(prefix) == true, "\(complaints)")
    let column = found?.dropFirst(prefix.count).prefix { $0.isNumber } ?? ""
    #expect((Int(column) ?? 0) > 0, "\(found ?? "")")
  }

  @Test("a machine or scenario that wants a page size the machine lacks is refused at its place")
  func pageSizes() throws {
    let path = Debian12.path("Sources/Sim/Hardware/Data/intel-p5.yaml")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let at = try #require(text.range(of: "pages: ["))
    let end = try #require(text[at.upperBound...].firstIndex(of: "]"))
    let changed = text.replacingCharacters(in: at.upperBound..<end, with: "16KiB")
    let file = try folder.write("p5.yaml", changed)
    let lines = changed.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.contains("pages: [16KiB]") }) + 1
    let complaints = try refused(["check", file])
    #expect(complaints.contains { $0.hasPrefix("\(file):\(line):") }, "\(complaints)")
  }

  @Test("a system that has no room for the modules is refused, not trapped")
  func noRoom() throws {
    let answer = try program.run([
      "compare", Debian12.path("Scenarios/debian12-host.yaml"), "--replicates", "2",
      "--set", "workload.synthetic.references=20000", "--set", "system=netware-3",
    ])
    #expect(answer.status == 65, "\(answer.complaints)")
    #expect(answer.complaints.contains("error: "))
    #expect(answer.complaints.contains("netware-3: no free range"), "\(answer.complaints)")
  }
}
