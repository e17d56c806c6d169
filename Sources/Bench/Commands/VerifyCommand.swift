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

  @OptionGroup var output: PlainOutputOptions

  func run() throws {
    let record = RunRecord()
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
      if try SHA256Digest.path(path).hex != hash { problems.append("input \(path) has changed") }
    }
    let again = try rerun(command)
    let now = again["manifest"]?["digest"]?.string ?? ""
    if now != digest { problems.append("the rerun differs: digest \(now), not \(digest)") }
    if let version = manifest["version"]?.string, version != Version.number {
      problems.append("made by kfrag \(version), this is \(Version.number)")
    }
    try output.emit(document(digest, now, problems), of: Sources(files: [result]), record)
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
    let command = Manifest.canonical(command)
    if let problem = Rerun.problem(command) { throw InputError(file: result, problem) }
    let process = Process()
    process.executableURL = URL(filePath: Executable.path)
    // On a terminal the rerun shows its own progress.
    // What an import writes beside its answer goes away again.
    let scratch = try command[0] == "import" ? TemporaryPath() : nil
    let place = scratch.map { ["-o", $0.path] } ?? []
    defer { scratch?.remove() }
    process.arguments =
      command + place + ["--json"] + (output.showsProgress ? [] : ["--no-progress"])
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

/// A file of this process's own, gone when it says so.
struct TemporaryPath {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory
    path = folder.appending(path: "kfrag-verify-\(UUID().uuidString)").path(percentEncoded: false)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Which commands a result may have made again: a manifest is input like any other, and must not
/// write files or run programs.
enum Rerun {
  /// Sub-commands that only answer.
  static let verbs: Set<String> = [
    "advise", "age", "attribute", "catalog", "check", "compare", "course", "curve", "expand",
    "fit", "import", "layout", "list", "power", "probe", "regress", "replay", "show", "timeline",
    "tlb", "variance", "verify-memory", "verify-placement",
  ]
  private static let writing = ["--output", "--html", "--svg", "--into", "--gradescope", "--junit"]

  /// Why `command` is not run; nil when it may be.
  static func problem(_ command: [String]) -> String? {
    guard let verb = command.first, verbs.contains(verb) else {
      return "cannot rerun '\(command.first ?? "")': it does more than answer"
    }
    if verb == "course", command.contains("grade") {
      return "cannot rerun 'course grade': it runs a student's program"
    }
    for word in command.dropFirst() {
      let name = word.prefix { $0 != "=" }
      // `-o`, alone or among other letters.
      let isShort = word.hasPrefix("-") && !word.hasPrefix("--") && name.contains("o")
      if isShort || writing.contains(String(name)) {
        return "cannot rerun 'kfrag \(verb)' with \(word): it writes files"
      }
    }
    return nil
  }
}

/// This program's own file.
enum Executable {
  static let path: String =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    ?? CommandLine.arguments[0]
}
