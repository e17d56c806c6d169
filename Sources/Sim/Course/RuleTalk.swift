private import Foundation

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#else
  private import Darwin
#endif

/// Lines to and from a student's program, with a deadline for all of it.
struct RuleTalk {
  // Safe: poll, write and read are given arrays together with their own lengths.
  /// Why there is no next line, in words for the student.
  struct Failure: Error {
    var message: String
    /// The program closed its output: how it ended is worth telling.
    var hasEnded = false
  }

  /// Most bytes of one answer.
  static let lineLimit = 64
  /// Most bytes kept of what the program says on standard error, the last ones.
  static let errorLimit = 2048

  let writeEnd: Int32
  let readEnd: Int32
  let errorEnd: Int32
  let deadline: ContinuousClock.Instant
  /// Lines the program has answered.
  private(set) var answers = 0
  private var pending: [UInt8] = []
  private var errors: [UInt8] = []
  private var errorsEnded = false

  init(writeEnd: Int32, readEnd: Int32, errorEnd: Int32, deadline: ContinuousClock.Instant) {
    self.writeEnd = writeEnd
    self.readEnd = readEnd
    self.errorEnd = errorEnd
    self.deadline = deadline
  }

  mutating func say(_ text: String) throws(Failure) {
    try wait(writeEnd, Int16(POLLOUT))
    let bytes = Array(text.utf8)
    // Shorter than a pipe's atomic write, so all or nothing.
    guard unsafe write(writeEnd, bytes, bytes.count) == bytes.count else { throw ended }
  }

  mutating func line() throws(Failure) -> String {
    while true {
      if let end = pending.firstIndex(of: 0x0a) {
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        answers += 1
        return text.trimmingCharacters(in: .whitespaces)
      }
      guard pending.count < RuleTalk.lineLimit else {
        throw Failure(message: "answer \(answers + 1) of the program does not end")
      }
      try wait(readEnd, Int16(POLLIN))
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = unsafe read(readEnd, &buffer, buffer.count)
      guard count > 0 else { throw ended }
      pending += buffer.prefix(count)
    }
  }

  /// The last line the program said on standard error; empty when it said nothing. Waits for more
  /// until `limit`.
  mutating func lastWords(until limit: ContinuousClock.Instant) -> String {
    while !errorsEnded, ContinuousClock.now < limit {
      var entry = pollfd(fd: errorEnd, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&entry, 1, 50) > 0 { hear() }
    }
    let lines = String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline)
    let last = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? ""
    return String(last.prefix(200))
  }

  private var ended: Failure {
    Failure(message: "the program ended after \(answers) answers", hasEnded: true)
  }

  private var late: Failure {
    Failure(
      message: answers == 0
        ? "the program took too long and was stopped; none of its answers arrived: does it flush "
          + "standard output after every line, and read line by line?"
        : "the program took too long and was stopped after \(answers) answers")
  }

  /// Until `descriptor` is ready; what the program says on standard error is taken meanwhile, so
  /// that it never waits to be heard.
  private mutating func wait(_ descriptor: Int32, _ events: Int16) throws(Failure) {
    while true {
      let left = (deadline - ContinuousClock.now) / .milliseconds(1)
      guard left > 0 else { throw late }
      var entries = [
        pollfd(fd: descriptor, events: events, revents: 0),
        pollfd(fd: errorsEnded ? -1 : errorEnd, events: Int16(POLLIN), revents: 0),
      ]
      let ready = unsafe poll(&entries, 2, Int32(min(left.rounded(.up), 1_000_000)))
      if ready < 0 && errno != EINTR {
        throw Failure(message: "the program cannot be reached")
      }
      guard ready > 0 else { continue }
      if entries[1].revents != 0 { hear() }
      if entries[0].revents != 0 { return }
    }
  }

  private mutating func hear() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(errorEnd, &buffer, buffer.count)
    if count <= 0 {
      errorsEnded = true
    } else {
      errors = (errors + buffer.prefix(count)).suffix(RuleTalk.errorLimit)
    }
  }
}
