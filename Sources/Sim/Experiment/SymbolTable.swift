/// Names of the places in a kernel's sections: what `/proc/kallsyms`, `System.map` or `nm` prints.
public struct SymbolTable: Sendable {
  // Safe: a line and its words are used before the next line is read; `type` has one byte, as
  // checked.
  private struct Symbol {
    let address: UInt64
    let name: String
  }

  /// By owner (`base` or a module), by address; the first of several at one address.
  private let symbols: [String: [Symbol]]
  /// Where `_stext` lies in the file; a recording under KASLR has its text elsewhere.
  private let textStart: UInt64?
  private static let limit = 5_000_000

  /// Reads lines of `address type name [module]`.
  /// - Throws: a malformed line; addresses that are hidden (all zero), as ordinary users see them.
  public init(_ path: String) throws(InputError) {
    let file = try InputFile(path)
    let lines = LineReader(file)
    var found: [String: [Symbol]] = [:]
    var textStart: UInt64?
    var count = 0
    var isHidden = true
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      var scanner = unsafe ByteScanner(line)
      scanner.skipBlanks()
      guard let address = scanner.hexWord() else { throw lines.error("want 'address type name'") }
      scanner.skipBlanks()
      guard let type = unsafe scanner.word(), type.count == 1 else {
        throw lines.error("want 'address type name'")
      }
      scanner.skipBlanks()
      guard let word = unsafe scanner.word() else { throw lines.error("want 'address type name'") }
      let name = unsafe String(decoding: word, as: UTF8.self)
      scanner.skipBlanks()
      var owner = "base"
      if let module = unsafe scanner.word(), unsafe module.first == UInt8(ascii: "["),
        module.count > 2
      {
        owner = unsafe String(decoding: module.dropFirst().dropLast(), as: UTF8.self)
      }
      isHidden = isHidden && address == 0
      if owner == "base", name == "_stext" { textStart = address }
      count += 1
      guard count <= SymbolTable.limit else { throw lines.error("more than 5,000,000 symbols") }
      // Absolute and undefined symbols name no place.
      guard address != 0, unsafe ![65, 85, 119].contains(type[0]) else { continue }
      found[owner, default: []].append(Symbol(address: address, name: name))
    }
    guard count > 0, !isHidden else {
      throw InputError(
        file: path,
        count == 0 ? "holds no symbol" : "all addresses are 0: they are hidden; read it as root")
    }
    self.textStart = textStart
    symbols = found.mapValues { list in
      let sorted = list.sorted { ($0.address, $0.name) < ($1.address, $1.name) }
      var kept: [Symbol] = []
      for symbol in sorted where kept.last?.address != symbol.address { kept.append(symbol) }
      return kept
    }
  }

  /// What lies at each site, nil where nothing is known: sections that were never recorded at an
  /// address, and owners without symbols. A site of a stream that tells pages apart and nothing
  /// finer stands for all symbols of its page.
  func names(of table: SiteTable) -> [String?] {
    let sections = table.sections.sections
    var isPaged = [Bool](repeating: true, count: sections.count)
    for site in table.sites {
      let section = sections[Int(site.section.index)]
      let address = section.recordedAddress &+ site.offset
      if site.offset != 0, address & 4095 != 0 { isPaged[Int(site.section.index)] = false }
    }
    let text = sections.first { $0.object == "base" && $0.kind == .text }?.recordedAddress
    let shift = textStart.flatMap { start in text.map { $0 &- start } } ?? 0
    return table.sites.map { site in
      let section = sections[Int(site.section.index)]
      guard section.recordedAddress > 0, section.kind != .region,
        let own = symbols[section.object]
      else { return nil }
      let start = section.recordedAddress &+ site.offset
      let from = section.object == "base" ? start &- shift : start
      let end = isPaged[Int(site.section.index)] ? (from | 4095) &+ 1 : from &+ 1
      return SymbolTable.name(
        own, from, max(end, from &+ 1), section: from &- site.offset)
    }
  }

  /// The symbols of the section that starts at `section` that cover part of `from ..< end`.
  private static func name(
    _ own: [Symbol], _ from: UInt64, _ end: UInt64, section: UInt64
  ) -> String? {
    let above = own.partition { $0.address > from }
    let stop = own.partition { $0.address >= end }
    let first = max(0, above - 1, own.partition { $0.address >= section })
    guard first < stop, own[first].address < end else { return nil }
    let (low, high) = (own[first].name, own[stop - 1].name)
    return stop - first == 1 ? low : "\(low) … \(high) (\(stop - first))"
  }
}

extension Array {
  /// The first index whose element `isBehind`, in an array sorted by it.
  fileprivate func partition(_ isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
