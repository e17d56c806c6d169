/// The address space and the frames of a `layout` result, drawn as maps: each row is one stretch
/// of memory, each box one area, its colour what lies there.
struct LayoutChart {
  /// One stretch of addresses or frames with one owner.
  struct Area {
    var owner: String
    var kind: String
    var start: UInt64
    var size: UInt64
    var pageSize: UInt64
  }

  static let rowLimit: UInt64 = 48
  static let boxLimit = 30_000

  /// Reads areas leniently: the address as `0x…` or a number, the owner as `module` or `object`.
  static func areas(_ json: JSONValue?, start key: String, unit: UInt64 = 1) -> [Area] {
    (json?.array ?? []).compactMap { item in
      guard let start = number(item[key]),
        let size = number(item["size"] ?? item["bytes"] ?? item["count"] ?? item["pages"]),
        size > 0
      else { return nil }
      let (from, over) = start.multipliedReportingOverflow(by: unit)
      let (bytes, overSize) = size.multipliedReportingOverflow(by: unit)
      guard !over, !overSize, !from.addingReportingOverflow(bytes).overflow else { return nil }
      let owner =
        item["module"]?.string ?? item["object"]?.string ?? item["owner"]?.string
        ?? shared(item["owners"]?.array ?? [])
      return Area(
        owner: owner, kind: item["section"]?.string ?? item["kind"]?.string ?? owner, start: from,
        size: bytes, pageSize: number(item["pageSize"]) ?? 0)
    }.sorted { ($0.start, $0.owner, $0.kind) < ($1.start, $1.owner, $1.kind) }
  }

  /// Who owns a mapping: sections of several objects may share its pages.
  private static func shared(_ owners: [JSONValue]) -> String {
    guard let first = owners.first?.string else { return "?" }
    return owners.allSatisfy { $0.string == first } ? first : "base image and modules"
  }

  static func number(_ value: JSONValue?) -> UInt64? {
    switch value {
    case .integer(let number): return UInt64(exactly: number)
    case .unsigned(let number): return number
    case .string(let text): return parseUnsigned(text)
    default: return nil
    }
  }

  /// Areas in groups with no hole of 64 MiB or more inside: base image, module area, direct map.
  static func regions(_ areas: [Area]) -> [[Area]] {
    var regions: [[Area]] = []
    var end: UInt64 = 0
    for area in areas {
      if regions.isEmpty || area.start > end && area.start - end >= 64 << 20 {
        regions.append([])
      }
      regions[regions.count - 1].append(area)
      end = max(end, area.start + area.size)
    }
    return regions
  }

  /// The map of one region.
  static func figure(
    _ areas: [Area], title: String, what: String
  ) -> CompareChart.Figure? {
    guard let first = areas.first else { return nil }
    let end = areas.reduce(0) { max($0, $1.start + $1.size) }
    var rowBytes: UInt64 = 1 << 16
    while (end - 1) / rowBytes - first.start / rowBytes >= rowLimit, rowBytes < 1 << 62 {
      rowBytes <<= 1
    }
    let origin = first.start / rowBytes * rowBytes
    let kinds = kindsInOrder(areas)
    var tables: [Gnuplot.Table] = []
    var plots: [String] = []
    var spare = CompareChart.colours.indices.filter {
      $0 >= known.count || !kinds.contains(known[$0])
    }
    for (index, kind) in kinds.enumerated() {
      let place = known.firstIndex(of: kind) ?? (spare.isEmpty ? index : spare.removeFirst())
      let colour = CompareChart.colour(place)
      let boxes = areas.filter { label($0, kinds) == kind }
        .flatMap { split($0, origin: origin, rowBytes: rowBytes) }.prefix(boxLimit)
      let rows = boxes.map {
        [Gnuplot.number($0.from), Gnuplot.number($0.to), String($0.row)]
      }
      tables.append(.init(name: "kind\(index)", rows: [[kind, "to", "row"]] + rows))
      plots.append(
        "'kind\(index)' using (($1+$2)/2):3:1:2:($3-0.38):($3+0.38) with boxxyerror "
          + "fs solid 0.8 noborder lc rgb '\(colour)' title columnheader(1)")
    }
    let rowCount = Int((end - 1 - origin) / rowBytes) + 1
    let commands = """
      set yrange [\(rowCount):-1]
      set xrange [0:1]
      set ytics scale 0
      set xtics ('0' 0, '¼' 0.25, '½' 0.5, '¾' 0.75, '1' 1)
      set xlabel 'part of a row of \(ByteCount(rowBytes))'
      set grid xtics lw 0.4 dt 3
      set key outside right top reverse Left
      plot 'rows' using (NaN):2:ytic(1) notitle, \\
        \(plots.joined(separator: ", \\\n  "))
      """
    return .init(
      title: title, caption: what,
      plot: .init(
        width: 960, height: max(150, 90 + 15 * rowCount), commands: commands,
        tables: tables + [.init(name: "rows", rows: rowLabels(rowCount, origin, rowBytes))]),
      table: tableOf(areas))
  }

  /// Sections that keep their colour from map to map; the rest follows by size.
  private static let known = ["text", "rodata", "data", "bss", "initData"]

  private static func kindsInOrder(_ areas: [Area]) -> [String] {
    var counts: [String: UInt64] = [:]
    for area in areas { counts[area.kind, default: 0] &+= area.size }
    func rank(_ kind: String) -> Int { known.firstIndex(of: kind) ?? known.count }
    let sorted = counts.sorted {
      (rank($0.key), $1.value, $0.key) < (rank($1.key), $0.value, $1.key)
    }.map(\.key)
    return sorted.count <= 6 ? sorted : Array(sorted.prefix(5)) + ["other"]
  }

  private static func label(_ area: Area, _ kinds: [String]) -> String {
    kinds.contains(area.kind) ? area.kind : "other"
  }

  private static func split(
    _ area: Area, origin: UInt64, rowBytes: UInt64
  ) -> [(from: Double, to: Double, row: Int)] {
    var boxes: [(from: Double, to: Double, row: Int)] = []
    guard area.start >= origin else { return [] }
    var at = area.start - origin
    let end = at + area.size
    while at < end, boxes.count < boxLimit {
      let row = at / rowBytes
      let rest = rowBytes - at % rowBytes
      let stop = end - at > rest ? at + rest : end
      boxes.append(
        (
          Double(at - row * rowBytes) / Double(rowBytes),
          Double(stop - row * rowBytes) / Double(rowBytes), Int(row)
        ))
      at = stop
    }
    return boxes
  }

  private static func rowLabels(_ count: Int, _ origin: UInt64, _ rowBytes: UInt64) -> [[String]] {
    let step = max(1, count / 24)
    return (0..<count).filter { $0 % step == 0 }.map {
      ["0x" + String(origin + UInt64($0) * rowBytes, radix: 16), String($0)]
    }
  }

  private static func tableOf(_ areas: [Area]) -> (header: [String], rows: [[String]]) {
    (
      ["owner", "section", "address", "size", "page size"],
      areas.prefix(5000).map {
        [
          $0.owner, $0.kind, "0x" + String($0.start, radix: 16), String($0.size),
          $0.pageSize == 0 ? "–" : "\(ByteCount($0.pageSize))",
        ]
      }
    )
  }
}
