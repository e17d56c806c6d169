/// Fits that ship, a user's own files, and the YAML of both.
public enum LocalityFits {
  /// The default workload's.
  public static let standard = "debian-6.1"

  public static var names: [String] { EmbeddedWorkloads.files.map(\.name).sorted() }

  /// The fit called `name`, or read from the file at that path when it holds a slash or ends in
  /// `.yaml`. - Throws: unknown name, with the nearest one; everything wrong with a file.
  public static func fit(_ name: String) throws(InputError) -> LocalityFit {
    if name.hasSuffix(".yaml") || name.contains("/") {
      return try known.value(file: name) { () throws(InputError) in
        try read(InputFile.text(name, limit: 1 << 20), file: name)
      }
    }
    guard let text = EmbeddedWorkloads.files.first(where: { $0.name == name })?.text else {
      throw InputError(
        file: name, kind: .missing, "unknown fit" + suggestion(for: name, in: names))
    }
    return try known.value(preset: name) { () throws(InputError) in
      try read(text, file: "\(name).yaml")
    }
  }

  private static let known = ReadCache<LocalityFit>()

  static func read(_ text: String, file: String) throws(InputError) -> LocalityFit {
    let document = try StrictYAML(text: text, file: file)
    let fit = document.root.mapping { root -> LocalityFit in
      var fit = LocalityFit()
      fit.source = root.string("source")
      fit.dataRunsPerFetchRun = root.double("dataRunsPerFetchRun", 0...1000)
      fit.withinScale = root.double("withinScale", 0...1)
      root.required("classes")?.mapping { map in
        for memory in LocalityFit.MemoryClass.allCases {
          if let value = map.required(memory.rawValue) { fit[memory] = one(value, memory) }
        }
      }
      fit.curves = (root.optional("curves")?.list() ?? []).map(curve)
      return fit
    }
    try document.finish()
    return fit
  }

  private static func one(
    _ value: YAMLValue, _ memory: LocalityFit.MemoryClass
  ) -> LocalityFit.ClassFit {
    value.mapping { map in
      var own = LocalityFit.ClassFit()
      own.units = map.int("units", 0...1_000_000)
      own.pages = map.int("pages", 0...4_000_000)
      own.touchedShare = map.double("touchedShare", 0...1, default: 1)
      own.runs = map.optional("runs")?.unsigned() ?? 0
      own.meanRun = map.double("meanRun", 0...10_000)
      own.storeShare = map.double("storeShare", 0...1, default: 0)
      own.next = numbers(map.required("next"))
      let side = LocalityFit.MemoryClass.side(memory.isCode)
      if own.next.count != side.count {
        let names = side.map(\.rawValue).joined(separator: ", ")
        map.required("next")?.report("'next' wants \(side.count) counts: \(names)")
      }
      own.stay = depths(map.required("stay"))
      own.change = depths(map.required("change"))
      own.within = (map.optional("within")?.list() ?? []).map { depths($0) }
      if own.within.count != (memory.isLarge ? 3 : 0) {
        map.whole.report("'within' wants three lists in classes of large pages, elsewhere none")
        own.within = []
      }
      return own
    }
  }

  private static func depths(_ value: YAMLValue?) -> LocalityFit.Depths {
    var depths = LocalityFit.Depths()
    value?.mapping { map in
      depths.first = map.required("first")?.unsigned(0...(1 << 50)) ?? 0
      depths.counts = numbers(map.required("depths"))
      if depths.counts.count > LocalityFit.Depths.limit {
        map.whole.report("more than \(LocalityFit.Depths.limit) depths")
        depths.counts = []
      }
    }
    return depths
  }

  private static func numbers(_ value: YAMLValue?) -> [UInt64] {
    value?.list().compactMap { $0.unsigned(0...(1 << 50)) } ?? []
  }

  private static func curve(_ value: YAMLValue) -> LocalityCurve {
    value.mapping { map in
      func list(_ key: String) -> [Double] {
        map.required(key)?.list().compactMap { $0.double(0...1e9) } ?? []
      }
      let curve = LocalityCurve(
        side: map.string("side"), pages: map.string("pages"),
        entries: map.required("entries")?.list().compactMap { $0.int(1...(1 << 30)) } ?? [],
        recorded: list("recorded"), fitted: list("fitted"))
      if curve.recorded.count != curve.entries.count || curve.fitted.count != curve.entries.count {
        map.whole.report("'entries', 'recorded' and 'fitted' want equally many numbers")
        return LocalityCurve(side: "", pages: "", entries: [], recorded: [], fitted: [])
      }
      return curve
    }
  }
}

extension LocalityFit {
  /// A file's name may hold anything: what is not plain ASCII is escaped as YAML does.
  private var escapedSource: String {
    source.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar.value {
      case 0x22, 0x5c: text += "\\\(scalar)"
      case 0x20..<0x7f: text.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        text += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
  }

  /// The fit as YAML that reads back to it.
  public var yaml: String {
    var text = """
      # Counted by `kfrag fit`. Depths are counts by bucket: 0, 1, 2, 3, then two buckets an octave.
      source: "\(escapedSource)"
      dataRunsPerFetchRun: \(dataRunsPerFetchRun)
      withinScale: \(withinScale)
      classes:

      """
    func list<T>(_ values: [T]) -> String {
      "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    }
    func depths(_ depths: Depths) -> String {
      "{first: \(depths.first), depths: \(list(depths.counts))}"
    }
    for (memory, own) in zip(MemoryClass.allCases, classes) {
      text += "  \(memory.rawValue):\n    units: \(own.units)\n    pages: \(own.pages)\n"
      if own.touchedShare != 1 { text += "    touchedShare: \(own.touchedShare)\n" }
      text += "    runs: \(own.runs)\n    meanRun: \(own.meanRun)\n"
      if !memory.isCode { text += "    storeShare: \(own.storeShare)\n" }
      text += "    next: \(list(own.next))\n"
      text += "    stay: \(depths(own.stay))\n    change: \(depths(own.change))\n"
      if !own.within.isEmpty {
        text += "    within:\n" + own.within.map { "      - \(depths($0))\n" }.joined()
      }
    }
    text += curves.isEmpty ? "" : "curves:\n"
    for curve in curves {
      text += "  - side: \(curve.side)\n    pages: \(curve.pages)\n"
      text += "    entries: \(list(curve.entries))\n"
      text += "    recorded: \(list(curve.recorded))\n    fitted: \(list(curve.fitted))\n"
    }
    return text
  }
}
