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

  /// The table's lines. Columns of words give way, ending in `…`, until the rest fits `width`, the
  /// first column last and never so far that two of its cells look alike; numbers are never cut.
  /// What still does not fit goes below, under the first column again. No limit when `width` is
  /// nil.
  public func text(width: Int? = nil) -> String {
    let cells = rows.map { $0.map(TextTable.oneLine) }
    var widths = columns.indices.map { column in
      max(columns[column].title.count, cells.map { $0[column].count }.max() ?? 0)
    }
    if let width { shrink(&widths, to: width, keeping: TextTable.telling(cells.map { $0[0] })) }
    var lines: [String] = title.isEmpty ? [] : [title]
    for (number, block) in blocks(widths, width).enumerated() {
      if number > 0 { lines.append("") }
      lines.append(line(columns.map(\.title), widths, block))
      lines.append(block.map { String(repeating: "─", count: widths[$0]) }.joined(separator: "  "))
      for row in cells { lines.append(line(row, widths, block)) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The fewest characters, the last a `…`, that tell all cells apart.
  private static func telling(_ cells: [String]) -> Int {
    let all = Set(cells)
    let longest = all.map(\.count).max() ?? 0
    let enough = (1..<max(2, longest)).first { width in
      Set(all.map { TextTable.cut($0, to: width) }).count == all.count
    }
    return enough ?? longest
  }

  /// The columns of each block of lines, the first column in all of them.
  private func blocks(_ widths: [Int], _ limit: Int?) -> [[Int]] {
    guard let limit else { return [Array(columns.indices)] }
    var blocks: [[Int]] = [[0]]
    var used = widths[0]
    for column in columns.indices.dropFirst() {
      if used + 2 + widths[column] > limit, blocks[blocks.count - 1].count > 1 {
        blocks.append([0])
        used = widths[0]
      }
      blocks[blocks.count - 1].append(column)
      used += 2 + widths[column]
    }
    return blocks
  }

  private static func oneLine(_ cell: String) -> String {
    String(cell.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  private func shrink(_ widths: inout [Int], to limit: Int, keeping first: Int) {
    let gaps = 2 * max(0, columns.count - 1)
    while widths.reduce(gaps, +) > limit {
      let candidates = columns.indices.dropFirst().filter {
        columns[$0].alignment == .left && widths[$0] > 8
      }
      if let widest = candidates.max(by: { widths[$0] < widths[$1] }) {
        widths[widest] -= 1
      } else if columns[0].alignment == .left, widths[0] > max(8, first) {
        widths[0] -= 1
      } else {
        return
      }
    }
  }

  private static func cut(_ cell: String, to width: Int) -> String {
    cell.count > width ? cell.prefix(max(0, width - 1)) + "…" : cell
  }

  private func line(_ cells: [String], _ widths: [Int], _ block: [Int]) -> String {
    let parts = block.map { index in
      let shown = TextTable.cut(cells[index], to: widths[index])
      let pad = String(repeating: " ", count: max(0, widths[index] - shown.count))
      return columns[index].alignment == .left ? shown + pad : pad + shown
    }
    var out = parts.joined(separator: "  ")
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
