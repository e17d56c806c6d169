/// Where one section kind of one module lay at one moment.
struct ModulePiece: Hashable, Sendable {
  let module: String
  let kind: SectionKind
  let range: AddressRange
}

/// The module area at one moment, from `/proc/modules` and `/sys/module/*/sections`.
struct ModuleMap: Sendable {
  // Safe: a line is copied into a string before the next is read.
  /// Sorted by address, disjoint.
  private(set) var pieces: [ModulePiece] = []

  /// The piece that holds the page at `address`.
  func piece(at address: UInt64) -> ModulePiece? {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].range.upper > address { high = middle } else { low = middle + 1 }
    }
    return low < pieces.count && pieces[low].range.contains(address) ? pieces[low] : nil
  }

  /// - Parameters:
  ///   - modules: `name size refcount deps state 0xaddress`, one loaded module a line.
  ///   - sections: `module section 0xaddress` a line; init sections are gone after the load and
  ///     skipped, the per-CPU part lies elsewhere.
  /// - Throws: a malformed line, or addresses hidden from unprivileged readers.
  init(modules: InputFile, sections: InputFile) throws(InputError) {
    let live = try ModuleMap.liveModules(modules)
    let starts = try ModuleMap.sectionStarts(sections)
    let rank = { (kind: SectionKind) in SectionKind.allCases.firstIndex(of: kind) ?? 0 }
    for module in live {
      let own = starts.filter { $0.module == module.name }.sorted { $0.address < $1.address }
      let end = PageSize.base4K.ceil(module.address &+ module.size)
      // Up to Linux 6.3 a module is one piece; kinds follow each other and start on page bounds.
      var last: (start: UInt64, kind: SectionKind)?
      for section in own where section.address >= module.address && section.address < end {
        if let previous = last {
          let page = PageSize.base4K.floor(section.address)
          guard rank(section.kind) > rank(previous.kind), page == section.address else { continue }
          add(module.name, previous.kind, previous.start, page)
          last = (page, section.kind)
        } else {
          last = (module.address, section.kind)
        }
      }
      add(module.name, last?.kind ?? .text, last?.start ?? module.address, end)
      addSeparate(module.name, own.filter { $0.address < module.address || $0.address >= end })
    }
    pieces.sort { ($0.range.lower, $0.module) < ($1.range.lower, $1.module) }
    cutOverlaps()
  }

  /// Areas of their own, as Linux 6.4 and later allocate them: one a kind.
  private mutating func addSeparate(_ module: String, _ sections: [SectionStart]) {
    for kind in SectionKind.allCases {
      let own = sections.filter { $0.kind == kind }
      guard let first = own.first, let final = own.last else { continue }
      let start = PageSize.base4K.floor(first.address)
      add(module, kind, start, PageSize.base4K.floor(final.address) &+ 4096)
    }
  }

  private mutating func add(
    _ module: String, _ kind: SectionKind, _ start: UInt64, _ end: UInt64
  ) {
    guard start < end else { return }
    pieces.append(ModulePiece(module: module, kind: kind, range: AddressRange(start, end)))
  }

  private mutating func cutOverlaps() {
    for i in pieces.indices.dropLast() where pieces[i].range.upper > pieces[i + 1].range.lower {
      let piece = pieces[i]
      pieces[i] = ModulePiece(
        module: piece.module, kind: piece.kind,
        range: AddressRange(piece.range.lower, pieces[i + 1].range.lower))
    }
    pieces.removeAll { $0.range.isEmpty }
  }

  private struct LiveModule {
    let name: String
    let size: UInt64
    let address: UInt64
  }

  private static func liveModules(_ file: InputFile) throws(InputError) -> [LiveModule] {
    let lines = LineReader(file)
    var live: [LiveModule] = []
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      let words = unsafe String(decoding: line, as: UTF8.self).split(separator: " ")
      guard words.count >= 6, let size = parseUnsigned(words[1]),
        let address = parseUnsigned(words[5]), size <= 1 << 32
      else { throw lines.error("want 'name size refcount deps state 0xaddress'") }
      live.append(LiveModule(name: String(words[0]), size: size, address: address))
    }
    if !live.isEmpty, live.allSatisfy({ $0.address == 0 }) { throw hidden(file.name) }
    return live
  }

  struct SectionStart {
    let module: String
    let kind: SectionKind
    let address: UInt64
  }

  private static func sectionStarts(_ file: InputFile) throws(InputError) -> [SectionStart] {
    let lines = LineReader(file)
    var starts: [SectionStart] = []
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      let words = unsafe String(decoding: line, as: UTF8.self).split(separator: " ")
      guard words.count == 3, let address = parseUnsigned(words[2]) else {
        throw lines.error("want 'module section 0xaddress'")
      }
      guard let kind = sectionKind(String(words[1])) else { continue }
      starts.append(SectionStart(module: String(words[0]), kind: kind, address: address))
    }
    if !starts.isEmpty, starts.allSatisfy({ $0.address == 0 }) { throw hidden(file.name) }
    return starts
  }

  /// Where Linux puts an ELF section of a module; nil for what does not stay in the module area.
  static func sectionKind(_ name: String) -> SectionKind? {
    func starts(_ prefixes: [String]) -> Bool { prefixes.contains { name.hasPrefix($0) } }
    if starts([".init", ".data..percpu", ".symtab", ".strtab"]) { return nil }
    if name == ".data..ro_after_init" || name == "__jump_table" { return .roAfterInit }
    if starts([
      ".text", ".exit.text", ".noinstr", ".altinstr_replacement", ".static_call.text", ".kprobes",
      ".ref.text", ".spinlock", ".entry",
    ]) {
      return .text
    }
    let writable = [
      ".data", ".bss", ".gnu.linkonce", "__bug_table", ".static_call_sites", "__ex_table_rw",
      "_ftrace_e", "__verbose", "__dyndbg", ".tm_clone", "__bpf_raw_tp_map", ".exit.data",
      ".ref.data",
    ]
    if starts(writable) || name == "__tracepoints" { return .data }
    return .rodata
  }
}

func hidden(_ file: String) -> InputError {
  InputError(
    file: file,
    "every address is zero: they were hidden from the reader; record as root with "
      + "kernel.kptr_restrict=0")
}
