public import Foundation

/// The `kfrag` built beside the tests, or the one `KFRAG_PROGRAM` names, run as a user runs it.
public struct Program {
  public struct Answer: Sendable {
    public let status: Int32
    public let output: Data
    public let complaints: String
    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  public let path: String

  /// Nil when there is none: tests are sometimes built alone.
  public init?(file: String = #filePath) {
    let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path(percentEncoded: false)
    #if DEBUG
      let built = root + ".build/debug/kfrag"
    #else
      let built = root + ".build/release/kfrag"
    #endif
    let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "kfrag")
    let named = ProcessInfo.processInfo.environment["KFRAG_PROGRAM"]
    // One that is named and not there is no reason to test another.
    let candidates = named.map { [$0] } ?? [beside?.path(percentEncoded: false) ?? built, built]
    guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
      return nil
    }
    path = found
  }

  /// Runs to the end.
  /// - Parameters:
  ///   - environment: further variables.
  ///   - input: a file for standard input; nothing when nil.
  public func run(
    _ arguments: [String], environment: [String: String] = [:], input: String? = nil
  ) throws -> Answer {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, complaints) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = complaints
    let fed = input.flatMap { FileHandle(forReadingAtPath: $0) }
    process.standardInput = fed ?? FileHandle.nullDevice
    try process.run()
    // Standard error stays below a pipe's buffer, so it can wait.
    let data = output.fileHandleForReading.readDataToEndOfFile()
    let words = complaints.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, output: data,
      complaints: String(decoding: words, as: UTF8.self))
  }

  /// Starts it and kills it with SIGKILL after some time; false when it had ended by itself.
  public func runAndKill(_ arguments: [String], after seconds: Double) throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    Thread.sleep(forTimeInterval: seconds)
    let wasRunning = process.isRunning
    if wasRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return wasRunning
  }
}
