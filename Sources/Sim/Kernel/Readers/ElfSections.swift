internal import CElf

/// Why a file is no relocatable object the loader would take.
struct ElfProblem: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// The section table of a relocatable ELF file, every range checked against the file.
struct ElfSections {
  // Safe: libelf reads the caller's bytes only until `elf_end`, which runs before they go; it
  // checks its own offsets against their count, and what it points to is copied at once.
  struct Section {
    let name: String
    let flags: UInt64
    let type: UInt32
    let offset: UInt64
    let size: UInt64
    let alignment: UInt64
    let entrySize: UInt64
    let link: Int

    var isWritable: Bool { flags & 1 != 0 }
    var isAllocated: Bool { flags & 2 != 0 }
    var isExecutable: Bool { flags & 4 != 0 }
    /// SHT_NOBITS: takes memory, not file.
    var hasNoBits: Bool { type == 8 }

    /// `cursor` rounded up to the section's alignment.
    func aligned(_ cursor: UInt64) throws(ElfProblem) -> UInt64 {
      let unit = max(1, alignment)
      guard unit.nonzeroBitCount == 1, unit <= 1 << 21 else {
        throw ElfProblem("section \(name) wants an alignment of \(alignment)")
      }
      return (cursor + unit - 1) & ~(unit - 1)
    }

    /// The section's bytes. - Throws: when it has none in the file.
    func content(_ bytes: [UInt8]) throws(ElfProblem) -> ArraySlice<UInt8> {
      // Sections of no type are not held to lie in the file when the table is read.
      guard !hasNoBits, offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset else {
        throw ElfProblem("section \(name) has no bytes in the file")
      }
      return bytes[Int(offset)..<Int(offset + size)]
    }
  }

  let sections: [Section]
  private let symbolIndex: Int?

  /// Largest section a module may claim, bytes.
  static let sizeLimit: UInt64 = 1 << 30

  var symbolTable: Section? { symbolIndex.map { sections[$0] } }

  var stringTable: Section? {
    guard let link = symbolTable?.link, sections.indices.contains(link) else { return nil }
    return sections[link]
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ElfProblem) {
    guard elf_version(1) != 0, let base = bytes.baseAddress,
      let elf = unsafe elf_memory(
        UnsafeMutableRawPointer(mutating: base).assumingMemoryBound(to: CChar.self), bytes.count)
    else { throw ElfProblem("no ELF file: \(ElfSections.libraryError)") }
    defer { unsafe elf_end(elf) }
    guard unsafe elf_kind(elf) == ELF_K_ELF else { throw ElfProblem("no ELF file: wrong magic") }
    var header = GElf_Ehdr()
    guard unsafe gelf_getehdr(elf, &header) != nil else {
      throw ElfProblem("damaged ELF header: \(ElfSections.libraryError)")
    }
    guard header.e_type == 1 else {
      throw ElfProblem("ELF type \(header.e_type), but modules are relocatable (type 1)")
    }
    let table = UInt64(header.e_shnum) * UInt64(header.e_shentsize)
    let (tableEnd, overflow) = header.e_shoff.addingReportingOverflow(table)
    guard !overflow, tableEnd <= UInt64(bytes.count) else {
      throw ElfProblem(
        "the section table of \(header.e_shnum) entries lies at \(header.e_shoff), beyond the "
          + "file's \(bytes.count) bytes")
    }
    var count = 0
    var nameIndex = 0
    guard unsafe elf_getshdrnum(elf, &count) == 0, unsafe elf_getshdrstrndx(elf, &nameIndex) == 0,
      count > 1
    else { throw ElfProblem("damaged section table: \(ElfSections.libraryError)") }
    var found: [Section] = []
    var symbols: Int?
    for index in 0..<count {
      let section = try unsafe ElfSections.section(elf, index, nameIndex, bytes.count)
      if section.type == 2 {
        guard symbols == nil else { throw ElfProblem("two symbol tables") }
        symbols = index
      }
      found.append(section)
    }
    sections = found
    symbolIndex = symbols
  }

  private static func section(
    _ elf: OpaquePointer, _ index: Int, _ nameIndex: Int, _ fileSize: Int
  ) throws(ElfProblem) -> Section {
    var header = GElf_Shdr()
    guard let raw = unsafe elf_getscn(elf, index), unsafe gelf_getshdr(raw, &header) != nil else {
      throw ElfProblem("section \(index) cannot be read: \(libraryError)")
    }
    var name = ""
    if index > 0 {
      guard let text = unsafe elf_strptr(elf, nameIndex, Int(header.sh_name)) else {
        throw ElfProblem("section \(index) has a name outside the string table")
      }
      name = unsafe String(cString: text)
    }
    let section = Section(
      name: name, flags: header.sh_flags, type: header.sh_type, offset: header.sh_offset,
      size: header.sh_size, alignment: header.sh_addralign, entrySize: header.sh_entsize,
      link: Int(header.sh_link))
    guard section.size <= sizeLimit else {
      throw ElfProblem("section \(name) claims \(section.size) bytes")
    }
    let (end, overflow) = section.offset.addingReportingOverflow(section.size)
    guard section.hasNoBits || section.type == 0 || (!overflow && end <= UInt64(fileSize)) else {
      throw ElfProblem(
        "section \(name) lies at \(section.offset)…\(end), beyond the file's \(fileSize) bytes")
    }
    return section
  }

  /// Sum of two sizes, within reason.
  func sum(_ a: UInt64, _ b: UInt64, _ name: String) throws(ElfProblem) -> UInt64 {
    guard a + b <= ElfSections.sizeLimit else {
      throw ElfProblem("sections up to \(name) claim more than 1 GiB together")
    }
    return a + b
  }

  /// Symbols the loader keeps for kallsyms, the null symbol among them, and the bytes of their
  /// names (`is_core_symbol` with KALLSYMS_ALL).
  func keptSymbols(_ bytes: [UInt8]) throws(ElfProblem) -> (count: UInt64, names: UInt64) {
    guard let table = symbolTable, let strings = stringTable, table.size > 0 else { return (0, 0) }
    guard table.entrySize == 24 || table.entrySize == 16, table.size % table.entrySize == 0 else {
      throw ElfProblem("symbol table of \(table.size) bytes with entries of \(table.entrySize)")
    }
    let content = try table.content(bytes)
    let texts = try strings.content(bytes)
    let sectionField = table.entrySize == 24 ? 6 : 14
    var kept: [Int] = []
    for start in stride(from: content.startIndex, to: content.endIndex, by: Int(table.entrySize)) {
      let name = (0..<4).reduce(0) { $0 | Int(content[start + $1]) << (8 * $1) }
      let home =
        Int(content[start + sectionField]) | Int(content[start + sectionField + 1]) << 8
      guard start == content.startIndex || isKept(home, name) else { continue }
      guard name < texts.count else {
        throw ElfProblem("symbol \(kept.count) has a name outside the string table")
      }
      kept.append(name)
    }
    return (UInt64(kept.count), ElfSections.nameBytes(kept, in: texts))
  }

  /// Bytes of the names that start at these offsets, each with its NUL. From the last to the first,
  /// so that a text many symbols share is read once.
  static func nameBytes(_ offsets: [Int], in texts: ArraySlice<UInt8>) -> UInt64 {
    var sum: UInt64 = 0
    var (next, end) = (texts.count, texts.count)
    for offset in offsets.sorted(by: >) {
      var at = offset
      while at < next, texts[texts.startIndex + at] != 0 { at += 1 }
      if at < next { end = at }
      next = offset
      sum += UInt64(end - offset) + 1
    }
    return sum
  }

  private func isKept(_ home: Int, _ name: Int) -> Bool {
    guard home > 0, home < sections.count, name > 0 else { return false }
    let section = sections[home]
    if section.name == ".data..percpu" { return true }
    guard section.isAllocated, !section.name.hasPrefix(".init") else { return false }
    return ![".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names"].contains(
      section.name)
  }

  private static var libraryError: String {
    unsafe elf_errmsg(elf_errno()).map { unsafe String(cString: $0) } ?? "unknown error"
  }
}
