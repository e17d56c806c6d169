/// modprobe: what it makes of a name before the kernel sees anything.
extension LinuxRules {
  /// `softdep` lines of a module: `pre: a b` and `post: c`, several joined by `;`. Names may be
  /// aliases (`crypto-crc32c`).
  public static func softDependencies(_ text: String) -> (before: [String], after: [String]) {
    var before: [String] = []
    var after: [String] = []
    for line in text.split(separator: ";") {
      var isPost = false
      for word in line.split(whereSeparator: { $0 == " " || $0 == "," }) {
        switch word {
        case "pre:": isPost = false
        case "post:": isPost = true
        default: if isPost { after.append(String(word)) } else { before.append(String(word)) }
        }
      }
    }
    return (before, after)
  }

  /// The module's own soft dependencies and the configuration's, aliases resolved.
  public func companions(of module: KernelModule) -> (before: [String], after: [String]) {
    var (before, after) = LinuxRules.softDependencies(module.softDependencies)
    for line in configuration.softDependencies where line.module == module.name {
      let more = LinuxRules.softDependencies(line.command)
      before += more.before
      after += more.after
    }
    return (before.flatMap(resolved), after.flatMap(resolved))
  }

  private func resolved(_ name: String) -> [String] {
    let modules = configuration.modules(for: name)
    return modules.isEmpty ? [name] : modules
  }

  func isToolBlacklisted(_ module: String) -> Bool {
    toolBlacklist.contains(module) || configuration.blacklist.contains(module)
  }

  /// Configured aliases come before module names. A blacklist takes a module's aliases away, not
  /// its name; `-b` takes that too. A command stands in for the module unless `--ignore-install`.
  public func toolSteps(_ event: LifecycleEvent, _ catalog: ModuleCatalog) -> [ToolStep] {
    let aliased = configuration.modules(for: event.module)
    let names = aliased.isEmpty ? [event.module] : aliased
    return names.flatMap { name -> [ToolStep] in
      if !aliased.isEmpty, isToolBlacklisted(name) {
        return [.answer(Verdict(.done, message: "\(name) is blacklisted: alias not followed"))]
      }
      let ignores = event.flag("-i") == true || event.flag("--ignore-install") == true
      if !ignores, let command = configuration.command(instead: ModprobeConfiguration.name(name)) {
        return run(command)
      }
      return [.load(name)]
    }
  }

  /// A command's parts: `modprobe -i NAME` loads, `/bin/true` and `/bin/false` succeed and fail,
  /// anything else is noted; behind `&&` nothing runs once a part failed.
  private func run(_ command: String) -> [ToolStep] {
    var steps: [ToolStep] = []
    for part in LinuxRules.parts(of: command) {
      let words = part.split(separator: " ").map(String.init)
      guard let tool = words.first?.split(separator: "/").last else { continue }
      switch tool {
      case "modprobe", "insmod":
        steps += words.dropFirst().filter { !$0.hasPrefix("-") && !$0.contains("$") }
          .prefix(1).map { .load($0) }
      case "false":
        steps.append(
          .answer(Verdict(.refused, message: "Error running install command '\(command)'")))
        return steps
      default:
        steps.append(.answer(Verdict(.done, message: "install command instead: \(part)")))
      }
    }
    return steps
  }

  /// The command cut at `&&`, `||` and `;`.
  private static func parts(of command: String) -> [String] {
    var parts = [""]
    for character in command {
      if character == "&" || character == "|" || character == ";" {
        if parts[parts.count - 1] != "" { parts.append("") }
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.filter { $0.contains { $0 != " " } }
      .map { String($0.drop { $0 == " " }) }
  }

  /// `set alias.PATTERN=MODULE`, `install.MODULE=COMMAND`, `softdep.MODULE=pre:a,b;post:c` as a
  /// line of the configuration. A trace's words hold no blanks, so a command is one word.
  static func configurationLine(_ name: String, _ value: String) -> [String]? {
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let word = String(name[..<dot])
    guard ["alias", "install", "softdep", "remove"].contains(word) else { return nil }
    let text = word == "softdep" ? value.split(separator: ":").joined(separator: ": ") : value
    return [word, String(name[name.index(after: dot)...]), text].filter { !$0.isEmpty }
  }

  mutating func configure(_ words: [String]) -> String? { configuration.add(words) }
}
