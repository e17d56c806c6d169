private import Foundation

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#else
  private import Darwin
#endif

/// Runs a student's replacement rule: a program that answers each page with a way. Bounded in
/// time, memory and output; run it in the autograder's container all the same, for it is a program.
struct RuleRunner {
  // Safe: signal sets are passed by reference for the call alone, strsignal's text is copied.
  var timeLimit: Double

  /// Misses of the rule at `path` on the task's trace.
  /// - Throws: in words for the student, when the program fails, hangs or answers nonsense.
  func misses(of path: String, _ task: ProblemMaker.RuleTask) throws(InputError) -> Int {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw InputError(file: path, "the file is not executable (chmod +x, first line #!…)")
    }
    try RuleRunner.checkInterpreter(path)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments(path)
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    // A program that ends early must not take the grader with it.
    signal(SIGPIPE, SIG_IGN)
    do { try RuleRunner.start(process) } catch {
      throw InputError(file: path, "the program cannot be started")
    }
    defer {
      try? input.fileHandleForWriting.close()
      // timeout(1) leads a group of its own: all of it goes at once.
      kill(-process.processIdentifier, SIGKILL)
      process.terminate()
      process.waitUntilExit()
    }
    try? output.fileHandleForWriting.close()
    try? errors.fileHandleForWriting.close()
    var talk = RuleTalk(
      writeEnd: input.fileHandleForWriting.fileDescriptor,
      readEnd: output.fileHandleForReading.fileDescriptor,
      errorEnd: errors.fileHandleForReading.fileDescriptor,
      deadline: ContinuousClock.now + .seconds(timeLimit))
    do { return try play(task, &talk) } catch {
      let end = error.hasEnded ? RuleRunner.end(of: process, &talk) : ""
      throw InputError(file: path, error.message + end)
    }
  }

  /// Starts it with no signal blocked: threads of the pool block all they can, a program inherits
  /// that, and timeout(1) would never hear that the grader is gone.
  private static func start(_ process: Process) throws {
    var (none, before) = (sigset_t(), sigset_t())
    _ = unsafe sigemptyset(&none)
    _ = unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  /// setpriv(1) has the kernel stop timeout(1) and the program when the grader is killed,
  /// timeout(1) ends the whole process group, prlimit(1) bounds what each process may take.
  private func arguments(_ path: String) -> [String] {
    let seconds = String(Int(timeLimit.rounded(.up)) + 1)
    let whole =
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    return [
      "setpriv", "--pdeathsig", "TERM", "timeout", "-s", "KILL", "-k", "1", seconds,
      "setpriv", "--pdeathsig", "KILL", "prlimit", "--cpu=\(seconds)", "--as=\(2 << 30)",
      "--fsize=\(1 << 20)", "--core=0", "--", whole,
    ]
  }

  /// - Throws: when the file's first line names an interpreter this computer has not got.
  private static func checkInterpreter(_ path: String) throws(InputError) {
    guard let file = FileHandle(forReadingAtPath: path),
      let head = try? file.read(upToCount: 256), head.starts(with: Array("#!".utf8))
    else { return }
    let line = head.dropFirst(2).prefix { $0 != 0x0a }
    if line.last == 0x0d {
      throw InputError(
        file: path, "the first line ends as on Windows (CR LF), so its interpreter is not found")
    }
    let name = String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init)
    guard let name, FileManager.default.isExecutableFile(atPath: name) else {
      throw InputError(
        file: path, "the interpreter in the first line, '\(name ?? "")', is not on this computer")
    }
  }

  /// How a program ended that closed its output, and what it said last.
  private static func end(of process: Process, _ talk: inout RuleTalk) -> String {
    let limit = ContinuousClock.now + .seconds(1)
    let words = talk.lastWords(until: limit)
    while process.isRunning, ContinuousClock.now < limit { Thread.sleep(forTimeInterval: 0.01) }
    var out = ", before the trace did"
    if !process.isRunning {
      let status = process.terminationStatus
      let name = unsafe strsignal(status).map { unsafe String(cString: $0) } ?? ""
      let isSignal = process.terminationReason == .uncaughtSignal
      out += isSignal ? ": signal \(status) (\(name))" : ": exit status \(status)"
    }
    if !words.isEmpty { out += "; it said: \(words)" }
    return out + " (it may take 2 GiB of memory)"
  }

  private func play(
    _ task: ProblemMaker.RuleTask, _ talk: inout RuleTalk
  ) throws(RuleTalk.Failure) -> Int {
    var held = [UInt32?](repeating: nil, count: task.ways)
    var misses = 0
    try talk.say("ways \(task.ways)\n")
    for (index, page) in task.pages.enumerated() {
      try talk.say("\(page)\n")
      let answer = try talk.line()
      guard let way = Int(answer), held.indices.contains(way) else {
        throw RuleTalk.Failure(
          message: "reference \(index + 1): '\(answer.prefix(20))' is no way; it wants 0 to "
            + "\(task.ways - 1)")
      }
      if let holder = held.firstIndex(of: page) {
        guard holder == way else {
          throw RuleTalk.Failure(
            message: "reference \(index + 1): page \(page) lies in way \(holder), not \(way)")
        }
      } else {
        misses += 1
        held[way] = page
      }
    }
    return misses
  }
}
