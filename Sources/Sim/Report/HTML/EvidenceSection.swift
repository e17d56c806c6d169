/// What a result rests on: who says the values of its presets, which files it was made of, and
/// the command that makes it again.
enum EvidenceSection {
  static func write(_ result: ResultFile, name: String, into out: inout HTMLWriter) {
    out.element("details", ["open": "open"]) { out in
      out.element("summary", text: "\(name) (\(result.kind))")
      guard let manifest = result.json["manifest"], manifest.object?.isEmpty == false else {
        out.element(
          "p", text: "This result carries no manifest: what it was made of is not recorded.")
        return
      }
      presets(manifest, into: &out)
      facts(result, manifest, into: &out)
      inputs(manifest, into: &out)
    }
  }

  private static func presets(_ manifest: JSONValue, into out: inout HTMLWriter) {
    let presets = manifest["presets"]?.array ?? []
    guard !presets.isEmpty else { return }
    var assumed = 0
    var total = 0
    let rows = presets.map { preset in
      let counts = Evidence.allCases.map { preset["evidence"]?[$0.rawValue]?.int ?? 0 }
      for (label, count) in zip(Evidence.allCases, counts) {
        let (sum, over) = total.addingReportingOverflow(count)
        total = over ? .max : sum
        if label.isAssumption { assumed = assumed.addingReportingOverflow(count).partialValue }
      }
      return [preset["name"]?.string ?? "?", preset["kind"]?.string ?? "?"]
        + counts.map(String.init)
    }
    out.element(
      "p", ["class": assumed > 0 ? "warning" : "note"],
      text: assumed > 0
        ? "\(assumed) of the \(total) values of machine and system rest on assumptions: recalled "
          + "from literature or our own default. 'kfrag show' prints each with its label."
        : "No value of machine and system rests on an assumption.")
    HTMLTables.plain(
      ["preset", "kind"] + Evidence.allCases.map(\.rawValue), rows,
      caption: "Values by who says them", into: &out)
  }

  private static func facts(
    _ result: ResultFile, _ manifest: JSONValue, into out: inout HTMLWriter
  ) {
    let command = (manifest["command"]?.array ?? []).compactMap(\.string)
    let facts: [(String, String?)] = [
      ("command", command.isEmpty ? nil : command.joined(separator: " ")),
      ("kfrag", manifest["version"]?.string), ("commit", manifest["commit"]?.string),
      ("GSL", manifest["gsl"]?.string), ("generator", manifest["generator"]?.string),
      ("seed", manifest["seed"].flatMap { $0 == .null ? nil : $0.compactText }),
      ("digest (SHA-256)", manifest["digest"]?.string), ("read from", result.path),
    ]
    out.element("dl", ["class": "facts"]) { out in
      for case (let key, let value?) in facts {
        out.element("dt", text: key)
        out.element("dd") { $0.element("code", text: value) }
      }
      switch result.agreesWithDigest {
      case true?:
        out.element("dt", text: "numbers")
        out.element("dd", text: "agree with the digest")
      case false?:
        out.element("dt", text: "numbers")
        out.element("dd", ["class": "bad"], text: "do NOT agree with the digest")
      case nil: break
      }
    }
  }

  private static func inputs(_ manifest: JSONValue, into out: inout HTMLWriter) {
    let inputs = manifest["inputs"]?.array ?? []
    guard !inputs.isEmpty else { return }
    HTMLTables.plain(
      ["file", "bytes", "SHA-256"],
      inputs.map {
        [
          $0["path"]?.string ?? "?", $0["bytes"]?.int.map(String.init) ?? "?",
          $0["sha256"]?.string ?? "?",
        ]
      }, caption: "Inputs", into: &out)
  }
}
