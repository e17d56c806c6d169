import Foundation

/// A table for people: aligned columns that fit the width of the terminal.
public struct TextTable: Hashable, Sendable {
  public enum Alignment: Hashable, Sendable { case left, right }

  public struct Column: Hashable, Sendable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }

    /// A column of numbers.
    public static func number(_ title: String) -> Column { Column(title, .right) }
  }

  public var title: String
  public let columns: [Column]
  public private(set) var rows: [[String]] = []

  public init(title: String = "", columns: [Column], rows: [[String]] = []) {
    self.title = title
    self.columns = columns
    for row in rows { append(row) }
  }

  /// - Precondition: `row` has one cell a column.
  public mutating func append(_ row: [String]) {
    precondition(row.count == columns.count, "row of \(row.count) under \(columns.count) columns")
    rows.append(row)
  }

  /// The table's lines. Columns of words give way, ending in `…`, until the rest fits `width`;
  /// numbers are never cut. No limit when `width` is nil.
  public func text(width: Int? = nil) -> String {
    let cells = rows.map { $0.map(TextTable.oneLine) }
    var widths = columns.indices.map { column in
      max(columns[column].title.count, cells.map { $0[column].count }.max() ?? 0)
    }
    if let width { shrink(&widths, to: width) }
    var lines: [String] = title.isEmpty ? [] : [title]
    lines.append(line(columns.map(\.title), widths))
    lines.append(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "))
    for row in cells { lines.append(line(row, widths)) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func oneLine(_ cell: String) -> String {
    String(cell.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  private func shrink(_ widths: inout [Int], to limit: Int) {
    let gaps = 2 * max(0, columns.count - 1)
    while widths.reduce(gaps, +) > limit {
      let candidates = columns.indices.filter { columns[$0].alignment == .left && widths[$0] > 8 }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var out = ""
    for (index, cell) in cells.enumerated() {
      let width = widths[index]
      let shown = cell.count > width ? cell.prefix(max(0, width - 1)) + "…" : cell[...]
      let pad = String(repeating: " ", count: max(0, width - shown.count))
      if index > 0 { out += "  " }
      out += columns[index].alignment == .left ? shown + pad : pad + shown
    }
    while out.last == " " { out.removeLast() }
    return out
  }
}

/// `value` with `digits` significant digits, plain notation between 1e-4 and 1e9: for tables, not
/// for data. `–` when not finite.
public func significant(_ value: Double, _ digits: Int = 4) -> String {
  guard value.isFinite else { return "–" }
  guard value != 0 else { return "0" }
  let size = abs(value)
  if size < 1e-4 || size >= 1e9 { return String(format: "%.\(max(0, digits - 1))e", value) }
  let power = Int(log10(size).rounded(.down))
  return String(format: "%.\(max(0, digits - 1 - power))f", value)
}

/// `0.95` as `95`, `0.999` as `99.9`.
func percentage(_ share: Double) -> String {
  let percent = share * 100
  return abs(percent - percent.rounded()) < 1e-9
    ? String(Int(percent.rounded())) : significant(percent, 3)
}

/// `0.0123` as `+1.23%`, the sign always shown.
public func signedPercent(_ fraction: Double) -> String {
  fraction.isFinite ? String(format: "%+.2f%%", fraction * 100) : "–"
}
