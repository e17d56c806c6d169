extension HTMLReport {
  /// What a result of any kind but `compare` shows.
  mutating func show(_ result: ResultFile) throws(InputError) {
    switch result.kind {
    case "compare": break
    case "curve": try curve(result)
    case "layout": try layout(result)
    case "attribute": try attribute(result)
    case "timeline": try overTime(result, "Misses over time")
    case "replay":
      try overTime(result, "Over time")
      records(result)
    default: records(result)
    }
  }

  private mutating func curve(_ result: ResultFile) throws(InputError) {
    let figures = CurveChart.figures(result.json)
    guard !figures.isEmpty else { return }
    try section("Miss-ratio curves") { page throws(InputError) in
      for figure in figures { try page.figure(figure) }
    }
  }

  private mutating func layout(_ result: ResultFile) throws(InputError) {
    let maps = LayoutMaps.figures(result.json)
    if !maps.isEmpty {
      try section("Address space and frames") { page throws(InputError) in
        for map in maps { try page.figure(map, zoomable: true) }
      }
    }
    records(result, skipping: ["areas", "frames", "arms"])
  }

  private mutating func attribute(_ result: ResultFile) throws(InputError) {
    guard result.json["instructions"] != nil else { return records(result) }
    try section("Modules by cost") { page throws(InputError) in
      if let figure = AttributionChart.figure(result.json) { try page.figure(figure) }
      for list in ["objects", "symbols", "sections"] {
        page.write { _ = AttributionChart.table(result.json, list, into: &$0) }
      }
    }
  }

  private mutating func overTime(_ result: ResultFile, _ title: String) throws(InputError) {
    let figures = TimeChart.figures(result.json)
    guard !figures.isEmpty else { return }
    try section(title) { page throws(InputError) in
      for figure in figures { try page.figure(figure) }
    }
  }
}
