import ArgumentParser
import Sim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The exit codes of sysexits(3), and 2 for a regression that `--fail-on` asked about.
enum ExitMapping {
  // Safe: the bytes are lent for the length of the call.
  static let regression: Int32 = 2
  static let usage: Int32 = 64
  static let internalError: Int32 = 70

  /// Runs the command named by `arguments` and returns the exit code, diagnostics on stderr.
  static func run(_ root: any ParsableCommand.Type, _ arguments: [String]?) async -> Int32 {
    let words = arguments ?? Array(CommandLine.arguments.dropFirst())
    if let text = unknownCommand(words, root) {
      Terminal.narrate(text)
      return usage
    }
    var parsed: (any ParsableCommand.Type)?
    do {
      var command = try root.parseAsRoot(words)
      parsed = type(of: command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      return report(error, root, raisedBy: parsed)
    }
  }

  /// What to say of a word that stands where a command should and is none; nil when all is well.
  static func unknownCommand(
    _ words: [String], _ root: any ParsableCommand.Type
  ) -> String? {
    var (command, path) = (root, [root._commandName])
    for word in words {
      let below = command.configuration.subcommands
      if below.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
      guard let next = below.first(where: { $0._commandName == word }) else {
        let names = below.map { $0._commandName }
        let spoken = path.joined(separator: " ")
        return "Error: unknown command '\(word)'" + suggestion(for: word, in: names)
          + "\nUsage: \(spoken) <subcommand>\n  See '\(spoken) --help' for more information."
      }
      command = next
      path.append(word)
    }
    return nil
  }

  /// Prints what went wrong and says which code to end with.
  /// - Parameter command: the command that ran; nil when the arguments name none.
  static func report(
    _ error: any Error, _ root: any ParsableCommand.Type,
    raisedBy command: (any ParsableCommand.Type)? = nil
  ) -> Int32 {
    if let input = error as? InputError {
      Terminal.narrate(input.description)
      return input.kind.rawValue
    }
    if let code = error as? ExitCode { return code.rawValue }
    let code = root.exitCode(for: error)
    let isParserMessage = code == .success || code == .validationFailure
    let text = root.fullMessage(for: error)
    if code == .success {
      return printed(text + (text.hasSuffix("\n") || text.isEmpty ? "" : "\n"))
    }
    if isParserMessage, let command, let path = path(to: command, from: root) {
      let spoken = path.joined(separator: " ")
      Terminal.narrate(
        "Error: \(error)\nUsage: \(root.usageString(for: command))\n"
          + "  See '\(spoken) --help' for more information.")
      return usage
    }
    Terminal.narrate(isParserMessage ? text : "kfrag: internal error: \(error)")
    return isParserMessage ? usage : internalError
  }

  /// Prints help; a full disk is as much a failure there as anywhere.
  private static func printed(_ text: String) -> Int32 {
    do {
      try unsafe Array(text.utf8).withUnsafeBytes {
        try unsafe writeAll($0, to: 1, name: "standard output")
      }
      return 0
    } catch {
      Terminal.narrate("\(error)")
      return InputError.Kind.cannotWrite.rawValue
    }
  }

  /// The words that call `command`.
  private static func path(
    to command: any ParsableCommand.Type, from root: any ParsableCommand.Type
  ) -> [String]? {
    if root == command { return [root._commandName] }
    for next in root.configuration.subcommands {
      if let rest = path(to: command, from: next) { return [root._commandName] + rest }
    }
    return nil
  }
}

extension Kfrag {
  /// Replaces the parser's own entry point: its exit codes are not ours.
  static func main() async {
    let code = await ExitMapping.run(Kfrag.self, nil)
    endProcess(code)
  }
}

/// exit(3), out of reach of the parser's method of that name.
private func endProcess(_ code: Int32) -> Never {
  fflush(nil)
  exit(code)
}
