import Foundation

/// Where and when a result was made: the only part of it that differs from run to run.
public struct RunRecord: Sendable {
  // Safe: getrusage fills a structure of ours.
  private let start = Date()
  private let clock = ContinuousClock.now
  private let commandLine: [String]

  /// Starts the clock.
  public init(commandLine: [String] = CommandLine.arguments) { self.commandLine = commandLine }

  /// The machine and the exact command line.
  public var host: JSONValue {
    let info = ProcessInfo.processInfo
    return [
      "processor": JSONValue(RunRecord.field("/proc/cpuinfo", "model name")) { .string($0) },
      "cores": JSONValue(info.activeProcessorCount),
      "memoryBytes": JSONValue(info.physicalMemory),
      "system": JSONValue(RunRecord.line("/proc/sys/kernel/osrelease")) { .string($0) },
      "name": JSONValue(RunRecord.line("/proc/sys/kernel/hostname")) { .string($0) },
      "directory": .string(info.environment["PWD"] ?? ""),
      "commandLine": .array(commandLine.map { .string($0) }),
      "build": .string(RunRecord.build),
    ]
  }

  /// Start and end in UTC, and what the run took so far.
  public var time: JSONValue {
    var usage = rusage()
    unsafe getrusage(.init(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    return [
      "start": .string(start.formatted(style)), "end": .string(Date().formatted(style)),
      "wallSeconds": JSONValue((ContinuousClock.now - clock) / .seconds(1)),
      "cpuSeconds": JSONValue(seconds(usage.ru_utime) + seconds(usage.ru_stime)),
      "peakBytes": JSONValue(Int64(usage.ru_maxrss) * 1024),
    ]
  }

  #if DEBUG
    private static let build = "debug"
  #else
    private static let build = "release"
  #endif

  private static func line(_ path: String) -> String? {
    guard let text = try? InputFile.text(path, limit: 1 << 16) else { return nil }
    return text.split(separator: "\n").first.map(String.init)
  }

  /// The first value of `name : value` lines.
  private static func field(_ path: String, _ name: String) -> String? {
    guard let text = try? InputFile.text(path, limit: 1 << 24) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }
}
