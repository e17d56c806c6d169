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
  static let regression: Int32 = 2
  static let usage: Int32 = 64
  static let internalError: Int32 = 70

  /// Runs the command named by `arguments` and returns the exit code, diagnostics on stderr.
  static func run(_ root: any ParsableCommand.Type, _ arguments: [String]?) async -> Int32 {
    do {
      var command = try root.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      return report(error, root)
    }
  }

  /// Prints what went wrong and says which code to end with.
  static func report(_ error: any Error, _ root: any ParsableCommand.Type) -> Int32 {
    if let input = error as? InputError {
      Terminal.narrate(input.description)
      return input.kind.rawValue
    }
    if let code = error as? ExitCode { return code.rawValue }
    let code = root.exitCode(for: error)
    let isParserMessage = code == .success || code == .validationFailure
    let text = root.fullMessage(for: error)
    if code == .success {
      print(text, terminator: text.hasSuffix("\n") || text.isEmpty ? "" : "\n")
      return 0
    }
    Terminal.narrate(isParserMessage ? text : "kfrag: internal error: \(error)")
    return isParserMessage ? usage : internalError
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
