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
    let areas = LayoutChart.areas(arm["areas"], start: "address")
    for region in LayoutChart.regions(areas).prefix(4) {
      guard let first = region.first else { continue }
      let place = "0x" + String(first.start, radix: 16)
      if let map = LayoutChart.figure(
        region, title: "'\(name)': addresses from \(place)",
        what: "What lies where; blank is unmapped: guard pages, holes and what was given back.")
      {
        figures.append(map)
      }
      let bySize = region.filter { $0.pageSize > 0 }.map { area in
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
    let frames = LayoutChart.areas(arm["frames"], start: "address")
    if let map = LayoutChart.figure(
      frames, title: "'\(name)': frames",
      what: "Physical memory by owner; a run without a break is contiguous.")
    {
      figures.append(map)
    }
    return figures
  }
}
