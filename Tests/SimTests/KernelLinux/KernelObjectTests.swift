import Sim
import TestSupport
import Testing

@Suite struct KernelObjectTests {
  /// A module of known section sizes: index 1 is `.text`, and so on in the order added.
  static func sample(info: String = "license=GPL\0depends=a,b\0intree=Y\0vermagic=6.1 SMP \0")
    -> ElfFile
  {
    var file = ElfFile()
    file.add(".text", flags: ElfFile.alloc | ElfFile.exec, size: 100, alignment: 16)
    file.add(".exit.text", flags: ElfFile.alloc | ElfFile.exec, size: 10, alignment: 16)
    file.add(".init.text", flags: ElfFile.alloc | ElfFile.exec, size: 30, alignment: 16)
    file.add(".rodata", flags: ElfFile.alloc, size: 5, alignment: 8)
    file.add(".modinfo", flags: ElfFile.alloc, bytes: Array(info.utf8))
    file.add("__jump_table", flags: ElfFile.alloc | ElfFile.write, size: 48, alignment: 8)
    file.add(".data", flags: ElfFile.alloc | ElfFile.write, size: 7, alignment: 32)
    file.add(
      ".gnu.linkonce.this_module", flags: ElfFile.alloc | ElfFile.write, size: 896, alignment: 64)
    file.add(".bss", flags: ElfFile.alloc | ElfFile.write, size: 9, alignment: 4, type: 8)
    file.add(".init.data", flags: ElfFile.alloc | ElfFile.write, size: 8, alignment: 8)
    file.add(".data..percpu", flags: ElfFile.alloc | ElfFile.write, size: 64, alignment: 64)
    let crc: [UInt8] = [0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0] + Array("module_layout".utf8)
    file.add("__versions", flags: ElfFile.alloc, bytes: crc + Array(repeating: 0, count: 43))
    file.symbols = [("main", 1), ("setup", 3), ("table", 7), ("printk", 0), ("percpu_x", 11)]
    return file
  }

  @Test func `sections are sized by the loader's classes, alignments and all`() throws {
    let object = try KernelObject(Self.sample().bytes(), file: "x.ko")
    let sizes = object.sections
    #expect(sizes.text == 112 + 10)
    #expect(sizes.initText == 30)
    #expect(sizes.rodata == 5)
    #expect(sizes.roAfterInit == 48)
    // .data 7, this_module at 64, .bss right behind it at a multiple of 4.
    #expect(sizes.data == 64 + 896 + 9)
    #expect(sizes.perCPU == 64)
    // Kept: the null symbol, main, table and the per-CPU one; 21 bytes of names, a byte each.
    let kept: UInt64 = 96 + 21 + 4
    #expect(sizes.symbols == kept)
    // All six symbols, 34 bytes of strings, 32 bytes and a byte each, behind 8 of init data.
    let strings: UInt64 = 34
    let symbolsEnd: UInt64 = (8 + 144 + strings + 7) / 8 * 8
    #expect(sizes.initData == symbolsEnd + 38)
    #expect(sizes.initSymbols == sizes.initData - 8)
  }

  @Test func `tags, dependencies, checksums and signature are read`() throws {
    let bytes = Self.sample().bytes() + Array("~Module signature appended~\n".utf8)
    let object = try KernelObject(bytes, file: "x.ko")
    #expect(object.isSigned)
    #expect(object.checksums.map(\.symbol) == ["module_layout"])
    #expect(object.checksums.first?.value == 0x1234_5678)
    let module = object.module(name: "x", path: "x.ko")
    #expect(module.dependencies == ["a", "b"])
    #expect(module.license == "GPL")
    #expect(module.isInTree)
    #expect(module.vermagic == "6.1 SMP")
    #expect(try !KernelObject(Self.sample().bytes(), file: "x.ko").isSigned)
  }

  @Test func `a licence that goes on behind a NUL byte keeps it, escaped`() throws {
    let file = Self.sample(info: "license=GPL\0for files in the \"GPL\" directory\0vermagic=6 \0")
    let module = try KernelObject(file.bytes(), file: "x.ko").module(name: "x", path: "x.ko")
    #expect(module.license == "GPL\\0for files in the \"GPL\" directory")
    #expect(module.vermagic == "6")
    // The loader stops at the byte, and so does admission.
    let facts = LinuxModuleFacts(module)
    #expect(facts.licence == "GPL\0for files in the \"GPL\" directory")
    #expect(LinuxLicence.isCompatible(facts.licence) && LinuxLicence.hidesText(facts.licence))
  }

  @Test func `extended checksums are read where the old section is missing`() throws {
    var file = Self.sample()
    file.sections.removeAll { $0.name == "__versions" }
    let crcs: [UInt8] = [0x78, 0x56, 0x34, 0x12, 0xff, 0, 0, 0]
    file.add("__version_ext_crcs", flags: ElfFile.alloc, bytes: crcs)
    file.add(
      "__version_ext_names", flags: ElfFile.alloc,
      bytes: Array("module_layout\0a_name_longer_than_the_fifty_five_bytes_of_the_old_table\0".utf8)
    )
    let object = try KernelObject(file.bytes(), file: "x.ko")
    #expect(object.checksums.map(\.value) == [0x1234_5678, 0xff])
    #expect(object.checksums[1].symbol.count > 55)
    // Neither section is laid out.
    #expect(object.sections.rodata == 5)
    file.sections.removeLast()
    file.add("__version_ext_names", flags: ElfFile.alloc, bytes: Array("one\0".utf8))
    #expect(throws: InputError.self) { try KernelObject(file.bytes(), file: "x.ko") }
  }

  @Test func `lying section headers are named`() {
    func message(_ change: (inout ElfFile) -> Void) -> String {
      var file = Self.sample()
      change(&file)
      do {
        _ = try KernelObject(file.bytes(), file: "bad.ko")
        return "taken"
      } catch { return error.description }
    }
    #expect(
      message { $0.sections[0].size = 1 << 40 }.contains("bad.ko: error: section .text claims"))
    #expect(message { $0.sections[0].size = 100_000 }.contains("beyond the file's"))
    #expect(message { $0.sections[3].alignment = 3 }.contains("alignment of 3"))
    let half = Self.sample().bytes()
    do {
      _ = try KernelObject(Array(half.prefix(half.count / 2)), file: "half.ko")
    } catch {
      #expect(error.description.contains("section table of"), "\(error)")
      #expect(error.description.contains("beyond the file's \(half.count / 2) bytes"))
    }
    #expect(message { $0.fileType = 2 }.contains("ELF type 2"))
    #expect(message { $0.sections.remove(at: 7) }.contains("this_module"))
    #expect(message { $0.sections[11].size = 63 }.contains("__versions"))
  }

  @Test func `no cut of a module file crashes the reader`() {
    let whole = Self.sample().bytes()
    var random = Seed(3).generator()
    for length in stride(from: 0, to: whole.count, by: 7) {
      _ = try? KernelObject(Array(whole.prefix(length)), file: "cut.ko")
    }
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<(1 + random.below(8)) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? KernelObject(bytes, file: "fuzzed.ko")
    }
    #expect(throws: InputError.self) {
      try KernelObject(Array(whole.prefix(whole.count / 2)), file: "cut.ko")
    }
  }

  @Test func `a folder is read whole: bad files and cycles are all named`() throws {
    let folder = try TemporaryFolder()
    try folder.write("good.ko", Self.sample().bytes())
    try folder.write("note.txt", "not a module")
    let read = try ModuleFolderReader.read(folder.path(""))
    #expect(read.map(\.module.name) == ["good"])
    try folder.write("bad-one.ko", "rubbish")
    try folder.write("p.ko", Self.sample(info: "depends=q\0").bytes())
    try folder.write("q.ko", Self.sample(info: "depends=p\0").bytes())
    do {
      _ = try ModuleFolderReader.read(folder.path(""))
      Issue.record("a bad file was taken")
    } catch {
      #expect(error.description.contains("bad-one.ko: error: no ELF file"))
      #expect(error.description.contains("dependency cycle: p → q → p"))
      #expect(error.diagnostics.count == 2)
    }
  }
}
