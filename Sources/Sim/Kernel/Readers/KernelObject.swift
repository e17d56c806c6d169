internal import CElf

/// What a `.ko` file says: its sections as the loader would lay them out, its `modinfo` tags, the
/// checksums of the symbols it imports, and whether a signature follows the ELF data.
public struct KernelObject: Hashable, Sendable {
  // Safe: the bytes outlive the parse: it returns only copies.
  public var sections = ModuleSections()
  /// `modinfo` tags in file order.
  public var tags: [Tag] = []
  /// Imported symbols that carry a checksum.
  public var checksums: [Checksum] = []
  public var isSigned = false

  public struct Tag: Hashable, Sendable {
    public let name: String
    /// A tag whose text goes on behind a NUL byte, with that byte written `\0`.
    public fileprivate(set) var value: String
  }

  public struct Checksum: Hashable, Sendable {
    public let symbol: String
    public let value: UInt64
  }

  public func tag(_ name: String) -> String? { tags.first { $0.name == name }?.value }

  static let signatureMarker = Array("~Module signature appended~\n".utf8)

  /// - Throws: what makes the file no loadable module, with the section concerned.
  public init(_ bytes: [UInt8], file: String) throws(InputError) {
    isSigned = bytes.suffix(KernelObject.signatureMarker.count)
      .elementsEqual(KernelObject.signatureMarker)
    let parsed = unsafe bytes.withUnsafeBytes { buffer in
      Result<ElfSections, ElfProblem> { () throws(ElfProblem) in try unsafe ElfSections(buffer) }
    }
    switch parsed {
    case .failure(let problem): throw InputError(file: file, problem.message)
    case .success(let elf):
      do throws(ElfProblem) {
        try layOut(elf, bytes)
        try readInfo(elf, bytes)
      } catch {
        throw InputError(file: file, error.message)
      }
    }
  }

  /// The catalog's row of the module called `name`.
  public func module(name: String, path: String) -> KernelModule {
    var module = KernelModule(name: name)
    module.path = path
    module.sections = sections
    module.dependencies = (tag("depends") ?? "").split(separator: ",").map { String($0) }
    module.softDependencies = tags.filter { $0.name == "softdep" }.map(\.value)
      .joined(separator: ";")
    module.license = tags.filter { $0.name == "license" }.map(\.value).joined(separator: ";")
    module.isInTree = tag("intree") == "Y"
    module.isSigned = isSigned
    module.vermagic = (tag("vermagic") ?? "").trimmedEnd
    return module
  }

  // MARK: layout

  private static let dropped = [
    ".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names",
  ]
  /// As up to Linux 6.12. By 7.3 the loader puts `.static_call_sites` there too; a file does not
  /// say for which loader it is read, so it counts as data, which is a few bytes a module.
  private static let readOnlyAfterInit = [".data..ro_after_init", "__jump_table"]

  /// The loader's classes and running offsets (`__layout_sections`).
  private mutating func layOut(_ elf: ElfSections, _ bytes: [UInt8]) throws(ElfProblem) {
    var properInit: UInt64 = 0
    for section in elf.sections where section.isAllocated {
      if KernelObject.dropped.contains(section.name) { continue }
      if section.name == ".data..percpu" {
        sections.perCPU = section.size
        continue
      }
      let isInit = section.name.hasPrefix(".init")
      let path: WritableKeyPath<ModuleSections, UInt64> =
        if section.isExecutable {
          isInit ? \.initText : \.text
        } else if !section.isWritable {
          isInit ? \.initRodata : \.rodata
        } else if KernelObject.readOnlyAfterInit.contains(section.name) && !isInit {
          \.roAfterInit
        } else {
          isInit ? \.initData : \.data
        }
      let start = try section.aligned(sections[keyPath: path])
      sections[keyPath: path] = try elf.sum(start, section.size, section.name)
    }
    properInit = sections.initData
    guard let symbols = elf.symbolTable else { return }
    let strings = elf.stringTable?.size ?? 0
    let kept = try elf.keptSymbols(bytes)
    sections.symbols = kept.count * symbols.entrySize + kept.names + kept.count
    var end = try symbols.aligned(sections.initData)
    let beforeSymbols = end
    end = try elf.sum(end, symbols.size, symbols.name)
    end = try elf.sum(end, strings, ".strtab")
    end = (end + 7) & ~7
    end += 32 + symbols.size / max(1, symbols.entrySize)
    sections.initData = end
    sections.initSymbols = properInit == 0 ? end : end - beforeSymbols
  }

  // MARK: tags and checksums

  private mutating func readInfo(_ elf: ElfSections, _ bytes: [UInt8]) throws(ElfProblem) {
    guard elf.sections.contains(where: { $0.name == ".gnu.linkonce.this_module" }) else {
      throw ElfProblem("no module: section .gnu.linkonce.this_module is missing")
    }
    if let info = elf.sections.first(where: { $0.name == ".modinfo" }) {
      for text in try info.content(bytes).split(separator: 0) {
        let entry = String(decoding: text, as: UTF8.self)
        if let equals = entry.firstIndex(of: "="), equals != entry.startIndex {
          tags.append(
            Tag(name: String(entry[..<equals]), value: String(entry[entry.index(after: equals)...]))
          )
        } else if !tags.isEmpty {
          tags[tags.count - 1].value += "\\0" + entry
        }
      }
    }
    try readExtendedVersions(elf, bytes)
    guard let versions = elf.sections.first(where: { $0.name == "__versions" }) else { return }
    let content = try versions.content(bytes)
    guard content.count % 64 == 0 else {
      throw ElfProblem("section __versions holds \(content.count) bytes, no multiple of 64")
    }
    for start in stride(from: content.startIndex, to: content.endIndex, by: 64) {
      let value = (0..<8).reduce(UInt64(0)) {
        $0 | UInt64(content[start + $1]) << UInt64(8 * $1)
      }
      let name = content[(start + 8)..<(start + 64)].prefix { $0 != 0 }
      checksums.append(Checksum(symbol: String(decoding: name, as: UTF8.self), value: value))
    }
  }
}

extension KernelObject {
  /// `CONFIG_EXTENDED_MODVERSIONS` (6.14): checksums of four bytes in one section, in the same
  /// order names of any length in another. Such a file may have `__versions` as well, for the
  /// same symbols, which then is what counts here.
  private mutating func readExtendedVersions(
    _ elf: ElfSections, _ bytes: [UInt8]
  ) throws(ElfProblem) {
    guard !elf.sections.contains(where: { $0.name == "__versions" }),
      let values = elf.sections.first(where: { $0.name == "__version_ext_crcs" }),
      let names = elf.sections.first(where: { $0.name == "__version_ext_names" })
    else { return }
    let content = try values.content(bytes)
    let texts = try names.content(bytes).split(separator: 0)
    guard content.count == 4 * texts.count else {
      throw ElfProblem(
        "section __version_ext_crcs holds \(content.count) bytes for \(texts.count) names")
    }
    for (index, text) in texts.enumerated() {
      let start = content.startIndex + 4 * index
      let value = (0..<4).reduce(UInt64(0)) { $0 | UInt64(content[start + $1]) << UInt64(8 * $1) }
      checksums.append(Checksum(symbol: String(decoding: text, as: UTF8.self), value: value))
    }
  }
}

extension String {
  /// Without blanks at its end.
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
