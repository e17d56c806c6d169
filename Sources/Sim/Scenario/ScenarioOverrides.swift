/// Values set into a scenario before it is read, by dotted path: `memory.age`, `replicates`.
public struct ScenarioOverrides: Sendable {
  /// One setting.
  public struct Setting: Hashable, Sendable {
    public let path: String
    /// The value as one line of YAML.
    public let text: String

    /// - Parameter text: any YAML value on one line: `aged`, `[ext4, xfs]`, `{size: 1GiB}`.
    public init(path: String, text: String) {
      self.path = path
      self.text = text
    }

    /// Parses `path=value`; nil without a path.
    public init?(_ argument: String) {
      guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
        return nil
      }
      path = String(argument[..<equals])
      text = String(argument[argument.index(after: equals)...])
    }

    fileprivate var keys: [Substring] {
      path.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// `path=value`.
    public var argument: String { "\(path)=\(text)" }
  }

  /// Reads the scenario at `path` with `settings` laid over it, the last one winning.
  ///
  /// - Throws: as `ScenarioReader.read`; problems of a changed scenario name no line, for its text
  ///   is in no file.
  public static func read(
    _ path: String, _ settings: [Setting]
  ) throws(InputError) -> Scenario {
    guard !settings.isEmpty else { return try ScenarioReader.read(path) }
    return try read(text: text(path, settings), of: path)
  }

  /// The scenario's text with `settings` laid over it: equal settings make equal text.
  public static func text(_ path: String, _ settings: [Setting]) throws(InputError) -> String {
    let base = try InputFile.text(path, limit: 1 << 20)
    var document = try StrictYAML(text: base, file: path).root
    for setting in settings {
      let over = try StrictYAML(text: nested(setting), file: "--set \(setting.argument)").root
      guard over.isMapping else {
        throw InputError(file: "--set \(setting.argument)", "not path=value")
      }
      document = over.overlaying(document, levels: setting.keys.count)
    }
    return document.yamlText()
  }

  /// Reads text made by `text(_:_:)`.
  public static func read(text: String, of path: String) throws(InputError) -> Scenario {
    do {
      return try ScenarioReader.read(text: text, file: path)
    } catch {
      // Lines of the scenario itself are those of the changed text: drop them.
      let moved = error.diagnostics.map {
        $0.file == path ? Diagnostic(file: path, $0.message) : $0
      }
      throw InputError(moved, kind: error.kind)
    }
  }

  /// `a.b.c: value` as nested mappings.
  private static func nested(_ setting: Setting) -> String {
    let quoted = setting.keys.map { "\"\($0.filter { $0 != "\"" && $0 != "\\" })\"" }
    return quoted.joined(separator: ": {") + ": " + setting.text
      + String(repeating: "}", count: quoted.count - 1) + "\n"
  }
}
