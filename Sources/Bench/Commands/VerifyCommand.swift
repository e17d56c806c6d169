import ArgumentParser
import Foundation
import Sim

/// `kfrag verify RESULT`: makes the result again and compares digests.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Reruns what a result says it was made by, and compares digests.",
    discussion: """
      Run it where the result was made: paths in the manifest are relative to that folder.
      Ends with 0 when the rerun has the same digest, 65 when it or an input differs.
      """)

  @Argument(help: "A JSON result with a manifest; - is standard input.")
  var result: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let old = try JSONValue(parsing: InputFile.contents(result), file: result)
    guard let members = old.object, let manifest = members["manifest"],
      let command = manifest["command"]?.array?.compactMap(\.string), !command.isEmpty,
      let digest = manifest["digest"]?.string
    else { throw InputError(file: result, "no result with a manifest, command and digest") }
    var problems: [String] = []
    if Manifest.digest(of: members) != digest {
      problems.append("the result was changed after it was made: its digest is not its content's")
    }
    for input in manifest["inputs"]?.array ?? [] {
      guard let path = input["path"]?.string, let hash = input["sha256"]?.string else { continue }
      if try SHA256Digest.file(path).hex != hash { problems.append("input \(path) has changed") }
    }
    let again = try rerun(command)
    let now = again["manifest"]?["digest"]?.string ?? ""
    if now != digest { problems.append("the rerun differs: digest \(now), not \(digest)") }
    if let version = manifest["version"]?.string, version != Version.number {
      problems.append("made by kfrag \(version), this is \(Version.number)")
    }
    try output.emit(document(digest, now, problems))
    guard now == digest, problems.isEmpty else { throw ExitCode(InputError.Kind.badData.rawValue) }
  }

  private func document(_ old: String, _ new: String, _ problems: [String]) -> ReportDocument {
    let text =
      problems.isEmpty
      ? "\(result): the same digest, \(new)\n"
      : problems.map { "\(result): \($0)\n" }.joined()
    return ReportDocument(
      kind: "verify",
      members: [
        "result": .string(result), "same": .bool(problems.isEmpty), "digest": .string(new),
        "expected": .string(old), "problems": .array(problems.map { .string($0) }),
      ]
    ) { _ in text }
  }

  /// Runs this executable with the manifest's command and reads its JSON.
  private func rerun(_ command: [String]) throws -> JSONValue {
    guard command[0] != "verify", !command[0].hasPrefix("-") else {
      throw InputError(file: result, "cannot rerun '\(command[0])'")
    }
    let process = Process()
    process.executableURL = URL(filePath: Executable.path)
    // On a terminal the rerun shows its own progress.
    process.arguments = command + ["--json"] + (output.showsProgress ? [] : ["--no-progress"])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    // A comparison that found a regression still answers.
    guard [0, ExitMapping.regression].contains(process.terminationStatus) else {
      throw InputError(
        file: result,
        "'kfrag \(command.joined(separator: " "))' ended with \(process.terminationStatus)")
    }
    return try JSONValue(parsing: bytes, file: "kfrag \(command.joined(separator: " "))")
  }
}

/// This program's own file.
enum Executable {
  static let path: String =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    ?? CommandLine.arguments[0]
}
