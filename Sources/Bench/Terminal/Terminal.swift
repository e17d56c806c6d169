import Sim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is known about the terminal the command runs on.
enum Terminal {
  // Safe: a variable's text is copied, and nothing sets variables; sizes and bytes are lent for
  // the length of the call.
  static var isErrorTerminal: Bool { isatty(2) == 1 }
  static var isOutputTerminal: Bool { isatty(1) == 1 }

  /// Colour only on a terminal, and never when the user set `NO_COLOR` (no-color.org) or the
  /// terminal says it cannot.
  static func allowsColour(onTerminal: Bool, environment: (String) -> String?) -> Bool {
    guard onTerminal, environment("NO_COLOR").map(\.isEmpty) ?? true else { return false }
    return environment("TERM") != "dumb"
  }

  static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Columns of the terminal on standard output; nil when it is none, so that files get all.
  static var width: Int? {
    guard isOutputTerminal else { return nil }
    var size = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }

  /// Text without control characters but line ends and tabs: names from input must not steer the
  /// terminal they are shown on.
  static func printable(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value < 0x20 ? scalar != "\n" && scalar != "\t" : (0x7f..<0xa0).contains(scalar.value)
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{fffd}" : $0 }))
  }

  /// Writes to standard error, where narration and diagnostics go. Nothing to do if that fails.
  static func narrate(_ text: String) {
    let bytes = Array((printable(text) + "\n").utf8)
    unsafe bytes.withUnsafeBytes { buffer in
      try? unsafe writeAll(buffer, to: 2, name: "standard error")
    }
  }
}
