/// Where the sections of the base kernel lay, from kallsyms.
struct BaseImageMap: Sendable {
  // Safe: a line and its words are used before the next line is read.
  struct Piece {
    let kind: SectionKind
    let range: AddressRange
  }
  private(set) var pieces: [Piece] = []

  /// Bounds by the linker script's symbols (`include/asm-generic/vmlinux.lds.h`).
  private static let bounds: [(SectionKind, String, String)] = [
    (.text, "_stext", "_etext"), (.rodata, "__start_rodata", "__end_rodata"),
    (.data, "_sdata", "_edata"), (.initData, "__init_begin", "__init_end"),
    (.bss, "__bss_start", "__bss_stop"),
  ]

  /// - Throws: a malformed line, addresses hidden, or no symbol that bounds the image.
  init(_ file: InputFile) throws(InputError) {
    let wanted = BaseImageMap.bounds.flatMap { [$0.1, $0.2] }
    var found: [UInt64?] = Array(repeating: nil, count: wanted.count)
    let lines = LineReader(file)
    var allZero = true
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      var scanner = unsafe ByteScanner(line)
      guard let address = scanner.hex(), scanner.take(" "), let type = unsafe scanner.word(),
        type.count == 1, scanner.take(" "), let name = unsafe scanner.word()
      else { throw lines.error("want 'address type name'") }
      if address != 0 { allZero = false }
      guard unsafe name.first == 95 else { continue }
      for (index, symbol) in wanted.enumerated()
      where unsafe found[index] == nil && name.elementsEqual(symbol.utf8) {
        found[index] = address
      }
    }
    if lines.number == 0 { throw InputError(file: file.name, line: 1, "no symbol") }
    if allZero { throw hidden(file.name) }
    for (index, bound) in BaseImageMap.bounds.enumerated() {
      guard let start = found[2 * index], let end = found[2 * index + 1], start < end else {
        continue
      }
      pieces.append(Piece(kind: bound.0, range: AddressRange(start, end)))
    }
    guard pieces.contains(where: { $0.kind == .text }) else {
      throw InputError(file: file.name, "no _stext and _etext: these are no kernel symbols")
    }
    pieces.sort { $0.range < $1.range }
  }

  func range(_ kind: SectionKind) -> AddressRange? { pieces.first { $0.kind == kind }?.range }

  /// The section whose pages hold `address`.
  func piece(at address: UInt64) -> Piece? {
    pieces.first {
      PageSize.base4K.floor($0.range.lower) <= address && address < $0.range.upper
    }
  }
}
