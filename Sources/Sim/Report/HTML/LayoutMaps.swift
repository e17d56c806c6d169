/// The maps of a `layout` result: every region of every arm's address space by what lies there
/// and by page size, and the frames by owner.
enum LayoutMaps {
  static func figures(_ json: JSONValue) -> [CompareChart.Figure] {
    var figures: [CompareChart.Figure] = []
    let arms = json["arms"]?.array ?? [json]
    for arm in arms {
      let name = arm["name"]?.string ?? json["system"]?.string ?? "layout"
      figures += maps(arm, name)
    }
    return Array(figures.prefix(24))
  }

  private static func maps(_ arm: JSONValue, _ name: String) -> [CompareChart.Figure] {
    var figures: [CompareChart.Figure] = []
    // Direct map, stacks and user space are one colour each: only where images lie is drawn.
    let areas = LayoutChart.areas(arm["sections"] ?? arm["areas"], start: "address")
      .filter { $0.kind != SectionKind.region.rawValue }
    let mappings = LayoutChart.areas(arm["mappings"], start: "address")
    for region in LayoutChart.regions(areas).prefix(4) {
      guard let first = region.first else { continue }
      let place = "0x" + String(first.start, radix: 16)
      if let map = LayoutChart.figure(
        region, title: "'\(name)': addresses from \(place)",
        what: "What lies where; blank is unmapped: guard pages, holes and what was given back.")
      {
        figures.append(map)
      }
      let end = region.reduce(0) { max($0, $1.start + $1.size) }
      let mapped = mappings.filter { $0.start < end && $0.start + $0.size > first.start }
      let bySize = (mapped.isEmpty ? region : mapped).filter { $0.pageSize > 0 }.map { area in
        var copy = area
        copy.kind = "\(ByteCount(area.pageSize)) pages"
        return copy
      }
      if let map = LayoutChart.figure(
        bySize, title: "'\(name)': page sizes from \(place)",
        what: "The same addresses by the size of the pages that map them.")
      {
        figures.append(map)
      }
    }
    let frames = [("frames", "address"), ("mappings", "physical")].flatMap {
      LayoutChart.areas(arm[$0.0], start: $0.1)
    }.sorted { ($0.start, $0.owner, $0.size) < ($1.start, $1.owner, $1.size) }
    for region in LayoutChart.regions(frames).prefix(3) {
      guard let first = region.first else { continue }
      if let map = LayoutChart.figure(
        region, title: "'\(name)': frames from \(hex(first.start))",
        what: "Physical memory by owner; a run without a break is contiguous. Mappings whose pages "
          + "are scattered one by one have no place to draw; the table counts their frame runs.")
      {
        figures.append(map)
      }
    }
    return figures
  }
}
