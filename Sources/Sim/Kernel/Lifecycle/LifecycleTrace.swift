/// Reads load/unload traces: one event a line, `time verb module [key=value …]`.
///
/// Time is in seconds and must not decrease; a line without one happens when the line before did.
/// The system's own verbs are accepted beside kfrag's. `#` begins a comment.
public struct LifecycleTrace: Sendable {
  public let file: String
  public let events: [LifecycleEvent]

  public static let eventLimit = 50_000_000

  /// Verbs every system understands.
  public static let commonForms = [
    VerbForm("boot", .boot), VerbForm("load", .load), VerbForm("insert", .insert),
    VerbForm("unload", .unload), VerbForm("set", .set), VerbForm("run", .run),
    VerbForm("reboot", .reboot), VerbForm("list", .list), VerbForm("use", .use),
    VerbForm("leave", .leave), VerbForm("take", .take),
  ]

  public init(file: String, events: [LifecycleEvent]) {
    self.file = file
    self.events = events
  }

  /// - Parameters:
  ///   - forms: the system's own verbs.
  ///   - extensions: file endings the system's modules have, dropped from names.
  ///   - keys: what the system reads on a line that loads; nil: any key may stand there.
  ///   - speaker: the system that knows a verb this one does not.
  /// - Throws: every malformed line at once.
  public init(
    text: String, file: String, forms: [VerbForm], extensions: [String],
    keys: Set<String>? = nil, speaker: (Substring) -> String? = { _ in nil }
  ) throws(InputError) {
    let forms = LifecycleTrace.commonForms + forms
    var problems: [Diagnostic] = []
    var events: [LifecycleEvent] = []
    var now = 0.0
    for (index, line) in TextLines.lines(text).enumerated() {
      let body = line.prefix { $0 != "#" }
      var words = TextLines.words(body)[...]
      guard let first = words.first else { continue }
      do throws(LineError) {
        if let time = Double(first) {
          words = words.dropFirst()
          guard time.isFinite, time >= now else {
            throw LineError("time \(first) is before \(now); times must not decrease")
          }
          now = time
        }
        let event = try LifecycleTrace.event(
          words, line: index + 1, time: now, forms: forms, extensions: extensions,
          speaker: speaker)
        guard events.count < LifecycleTrace.eventLimit else {
          throw LineError("more than \(LifecycleTrace.eventLimit) events (the trace limit)")
        }
        for fault in LifecycleKeys.faults(event, known: keys) {
          let word = words.first { $0 == fault.key || $0.hasPrefix(fault.key + "=") } ?? first
          let column = body.utf8.distance(from: body.startIndex, to: word.startIndex) + 1
          problems.append(Diagnostic(file: file, line: index + 1, column: column, fault.message))
        }
        events.append(event)
      } catch {
        let column = body.utf8.count - body.drop { $0 == " " || $0 == "\t" }.utf8.count + 1
        problems.append(
          Diagnostic(file: file, line: index + 1, column: column, error.description))
      }
      if problems.count > 1000 { break }
    }
    guard problems.isEmpty else { throw InputError(problems) }
    guard !events.isEmpty else { throw InputError(file: file, line: 1, "the trace has no event") }
    self.file = file
    self.events = events
  }

  private struct LineError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private static func event(
    _ words: ArraySlice<Substring>, line: Int, time: Double, forms: [VerbForm],
    extensions: [String], speaker: (Substring) -> String?
  ) throws(LineError) -> LifecycleEvent {
    guard let first = words.first else { throw LineError("the line has a time and no verb") }
    var rest = words.dropFirst()
    var form: VerbForm?
    if let second = rest.first {
      form = forms.first { $0.word == "\(first) \(second)" }
      if form != nil { rest = rest.dropFirst() }
    }
    guard let form = form ?? forms.first(where: { $0.word == first }) else {
      throw LineError(unknownVerb(first, forms, speaker(first)))
    }
    var event = LifecycleEvent(line: line, time: time, verb: form.verb, word: form.word)
    for word in rest {
      if let equals = word.firstIndex(of: "="), equals != word.startIndex {
        event.attributes.append(
          LifecycleEvent.Attribute(
            String(word[..<equals]), String(word[word.index(after: equals)...])))
      } else if word == "<" {
        continue
      } else if word.hasPrefix("-") {
        event.attributes.append(LifecycleEvent.Attribute(String(word), "yes"))
      } else if event.module.isEmpty {
        event.module = moduleName(String(word), extensions: extensions)
        if let folder = folder(of: word, separators(extensions)) {
          event.attributes.append(LifecycleEvent.Attribute("path", folder))
        }
      } else {
        event.attributes.append(LifecycleEvent.Attribute("argument", String(word)))
      }
    }
    switch event.verb {
    case .load, .insert, .unload, .unloadUnused, .use, .leave:
      if event.module.isEmpty && event["id"] == nil && event["-i"] == nil {
        throw LineError("'\(form.word)' wants a module")
      }
    case .set:
      if event.attributes.isEmpty { throw LineError("'set' wants NAME=VALUE") }
    case .take: try checkTake(event)
    case .boot, .run, .reboot, .list: break
    }
    return event
  }

  private static func unknownVerb(
    _ word: Substring, _ forms: [VerbForm], _ speaker: String?
  ) -> String {
    // Other people's files hold words of any length.
    let shown = word.utf8.count > 40 ? word.prefix(40) + "…" : word
    if let speaker { return "'\(shown)' is a verb of \(speaker); say --system \(speaker)" }
    var seen: Set<String> = []
    let words = forms.map(\.word).filter { seen.insert($0).inserted }
    return "unknown verb '\(shown)'" + suggestion(for: String(shown), in: words)
  }

  private static func checkTake(_ event: LifecycleEvent) throws(LineError) {
    guard let pages = event["pages"].flatMap({ parseUnsigned($0) }), pages <= 1 << 32 else {
      throw LineError("'take' wants pages=N, N whole and at most 2^32")
    }
    let types = MigrateType.allCases.prefix(3).map { "\($0)" }
    if let type = event["type"], !types.contains(type) {
      throw LineError("unknown type '\(type)'" + suggestion(for: type, in: types))
    }
  }

  /// What ends a path: on systems whose modules end in `.ko` a colon belongs to the name
  /// (`pci:v00008086…` is an alias).
  private static func separators(_ extensions: [String]) -> [Character] {
    extensions.contains(".ko") ? ["/"] : ["/", "\\", ":"]
  }

  /// What stands before the last separator; nil when there is none.
  static func folder(of word: Substring, _ separators: [Character]) -> String? {
    word.lastIndex { separators.contains($0) }.map { String(word[..<$0]) }
      .flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A module's name without its path and the ending the system gives it.
  static func moduleName(_ word: String, extensions: [String]) -> String {
    var name = Substring(word)
    for separator in separators(extensions) {
      if let at = name.lastIndex(of: separator) { name = name[name.index(after: at)...] }
    }
    for ending in extensions where name.lowercased().hasSuffix(ending.lowercased()) {
      return String(name.dropLast(ending.count))
    }
    return String(name)
  }
}
