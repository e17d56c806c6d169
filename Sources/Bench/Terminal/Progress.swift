import Sim
import Synchronization

/// A progress line on standard error: how far, how fast, how long still. Safe from any thread;
/// silent unless `isShown`.
final class Progress: Sendable {
  // Safe: the bytes are lent for the length of the call.
  private struct State {
    var done: Double = 0
    var started: ContinuousClock.Instant
    var drawn: ContinuousClock.Instant?
    var isFinished = false
  }

  private let label: String
  private let unit: String
  private let total: Double
  private let isShown: Bool
  private let state: Mutex<State>

  /// `total` in `unit`s ("points", "M references"); 0 when not known.
  init(_ label: String, total: Double, unit: String, isShown: Bool) {
    self.label = label
    self.unit = unit
    self.total = total
    self.isShown = isShown
    state = Mutex(State(started: .now))
  }

  /// `count` more units are done. Redraws at most ten times a second.
  func advance(by count: Double = 1) {
    guard isShown else { return }
    state.withLock { state in
      state.done += count
      let now = ContinuousClock.now
      if let drawn = state.drawn, now - drawn < .milliseconds(100) { return }
      guard !state.isFinished else { return }
      state.drawn = now
      let line = Progress.line(
        label: label, done: state.done, total: total, unit: unit,
        seconds: (now - state.started) / .seconds(1))
      Progress.draw(line)
    }
  }

  /// Clears the line.
  func finish() {
    guard isShown else { return }
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      if state.drawn != nil { Progress.draw("") }
    }
  }

  /// `replicates  ██████░░░░░░░░░░░░░░  12/40  30 %  2.1 replicates/s  0:13 left`.
  static func line(
    label: String, done: Double, total: Double, unit: String, seconds: Double
  ) -> String {
    let rate = seconds > 0 ? done / seconds : 0
    var parts = [label]
    if total > 0 {
      parts.append(bar(done / total))
      parts.append("\(plain(done))/\(plain(total))")
      parts.append("\(Int((100 * min(1, done / total)).rounded(.down))) %")
    } else {
      parts.append(plain(done))
    }
    parts.append("\(significant(rate, 3)) \(unit)/s")
    if total > 0, rate > 0 { parts.append("\(clock(max(0, total - done) / rate)) left") }
    return parts.joined(separator: "  ")
  }

  private static func bar(_ share: Double) -> String {
    let width = 20
    let full = Int((Double(width) * min(1, max(0, share))).rounded(.down))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }

  private static func plain(_ count: Double) -> String {
    count == count.rounded() && abs(count) < 1e15 ? String(Int(count)) : significant(count)
  }

  /// Seconds as `0:13`, `2:05:00`.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 359_999))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let padded = rest < 10 ? "0\(rest)" : "\(rest)"
    guard hours > 0 else { return "\(minutes):\(padded)" }
    return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(padded)"
  }

  private static func draw(_ line: String) {
    let bytes = Array("\r\u{1b}[K\(line)".utf8)
    unsafe bytes.withUnsafeBytes { buffer in
      try? unsafe writeAll(buffer, to: 2, name: "standard error")
    }
  }
}
