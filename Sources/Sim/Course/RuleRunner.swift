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
  // Safe: poll, write and read are given arrays together with their own lengths.
  var timeLimit: Double

  /// Most bytes of one answer.
  static let lineLimit = 64

  /// Misses of the rule at `path` on the task's trace.
  /// - Throws: in words for the student, when the program fails, hangs or answers nonsense.
  func misses(of path: String, _ task: ProblemMaker.RuleTask) throws(InputError) -> Int {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw InputError(file: path, "the file is not executable (chmod +x, first line #!…)")
    }
    let process = Process()
    let seconds = String(Int(timeLimit.rounded(.up)) + 1)
    process.executableURL = URL(filePath: "/usr/bin/env")
    // timeout(1) ends the whole process group, prlimit(1) bounds what each process may take.
    process.arguments = [
      "timeout", "-s", "KILL", seconds, "prlimit", "--cpu=\(seconds)", "--as=\(2 << 30)",
      "--fsize=\(1 << 20)", "--core=0", "--", absolute(path),
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    // A program that ends early must not take the grader with it.
    signal(SIGPIPE, SIG_IGN)
    do { try process.run() } catch {
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
    var talk = Talk(
      writeEnd: input.fileHandleForWriting.fileDescriptor,
      readEnd: output.fileHandleForReading.fileDescriptor,
      deadline: ContinuousClock.now + .seconds(timeLimit))
    return try play(task, &talk)
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private func play(
    _ task: ProblemMaker.RuleTask, _ talk: inout Talk
  ) throws(InputError) -> Int {
    var held = [UInt32?](repeating: nil, count: task.ways)
    var misses = 0
    try talk.say("ways \(task.ways)\n")
    for (index, page) in task.pages.enumerated() {
      try talk.say("\(page)\n")
      let answer = try talk.line()
      guard let way = Int(answer), held.indices.contains(way) else {
        throw InputError(
          file: "rule",
          "reference \(index + 1): '\(answer.prefix(20))' is no way; it wants 0 to "
            + "\(task.ways - 1)")
      }
      if let holder = held.firstIndex(of: page) {
        guard holder == way else {
          throw InputError(
            file: "rule",
            "reference \(index + 1): page \(page) lies in way \(holder), not \(way)")
        }
      } else {
        misses += 1
        held[way] = page
      }
    }
    return misses
  }

  /// Lines to and from a program, with a deadline for all of it.
  struct Talk {
    let writeEnd: Int32
    let readEnd: Int32
    let deadline: ContinuousClock.Instant
    private var pending: [UInt8] = []

    init(writeEnd: Int32, readEnd: Int32, deadline: ContinuousClock.Instant) {
      self.writeEnd = writeEnd
      self.readEnd = readEnd
      self.deadline = deadline
    }

    private func wait(_ descriptor: Int32, _ events: Int16) throws(InputError) {
      while true {
        let left = (deadline - ContinuousClock.now) / .milliseconds(1)
        guard left > 0 else {
          throw InputError(file: "rule", "the program took too long and was stopped")
        }
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let ready = unsafe poll(&entry, 1, Int32(min(left.rounded(.up), 1_000_000)))
        if ready > 0 { return }
        if ready < 0 && errno != EINTR {
          throw InputError(file: "rule", "the program cannot be reached")
        }
      }
    }

    mutating func say(_ text: String) throws(InputError) {
      try wait(writeEnd, Int16(POLLOUT))
      let bytes = Array(text.utf8)
      // Shorter than a pipe's atomic write, so all or nothing.
      guard unsafe write(writeEnd, bytes, bytes.count) == bytes.count else {
        throw InputError(file: "rule", "the program ended before the trace did")
      }
    }

    mutating func line() throws(InputError) -> String {
      while true {
        if let end = pending.firstIndex(of: 0x0a) {
          let text = String(decoding: pending[..<end], as: UTF8.self)
          pending.removeSubrange(...end)
          return text.trimmingCharacters(in: .whitespaces)
        }
        guard pending.count < RuleRunner.lineLimit else {
          throw InputError(file: "rule", "an answer of the program does not end")
        }
        try wait(readEnd, Int16(POLLIN))
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe read(readEnd, &buffer, buffer.count)
        guard count > 0 else {
          throw InputError(file: "rule", "the program ended before the trace did")
        }
        pending += buffer.prefix(count)
      }
    }
  }
}
