import Foundation
import TestSupport
import Testing

/// Runs kfrag with `Tests/Faults/fault.c` preloaded.
struct FaultyProgram {
  let program: Program
  let library: String
  let folder: TemporaryFolder

  init() throws {
    program = try #require(Program())
    folder = try TemporaryFolder()
    library = folder.path("fault.so")
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Faults/fault.c").path(percentEncoded: false)
    _ = try TestSupport.run("clang", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
  }

  struct Answer {
    let status: Int32
    let wasKilled: Bool
    let complaints: String
    /// Calls that change files, in all.
    let calls: Int
  }

  /// - Parameters:
  ///   - fault: what goes wrong, and at which call.
  ///   - environment: further variables.
  func run(
    _ arguments: [String], fault: String = "none:0", environment: [String: String] = [:]
  ) throws -> Answer {
    let process = Process()
    let (complaints, count) = (folder.path("complaints"), folder.path("count"))
    try Data().write(to: URL(filePath: complaints))
    process.executableURL = URL(filePath: program.path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LD_PRELOAD": library, "KFRAG_FAULT": fault, "KFRAG_FAULT_COUNT": count,
    ]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: complaints)
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOfFile: count, encoding: .utf8)
    return Answer(
      status: process.terminationStatus,
      wasKilled: process.terminationReason == .uncaughtSignal,
      complaints: try String(contentsOfFile: complaints, encoding: .utf8),
      calls: Int(text) ?? 0)
  }

  /// Every file below `path`, or the file itself, by name.
  func files(_ path: String) -> [String: Data] {
    var found: [String: Data] = [:]
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
    for name in names {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue {
        found[name] = FileManager.default.contents(atPath: "\(path)/\(name)")
      }
    }
    return found
  }
}
