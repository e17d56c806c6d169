import ArgumentParser
import Sim
import Testing

@testable import Bench

@Suite("Terminal")
struct TerminalTests {
  @Test("colour needs a terminal that can and a user who has not said NO_COLOR")
  func colour() {
    #expect(Terminal.allowsColour(onTerminal: true) { _ in nil })
    #expect(!Terminal.allowsColour(onTerminal: false) { _ in nil })
    #expect(!Terminal.allowsColour(onTerminal: true) { $0 == "NO_COLOR" ? "1" : nil })
    #expect(Terminal.allowsColour(onTerminal: true) { $0 == "NO_COLOR" ? "" : nil })
    #expect(!Terminal.allowsColour(onTerminal: true) { $0 == "TERM" ? "dumb" : nil })
  }

  @Test("a progress line says how far, how fast and how long still")
  func progress() {
    let line = Progress.line(label: "sweep", done: 25, total: 100, unit: "points", seconds: 5)
    #expect(line == "sweep  █████░░░░░░░░░░░░░░░  25/100  25 %  5.00 points/s  0:15 left")
    #expect(Progress.clock(7_385) == "2:03:05")
    let open = Progress.line(label: "read", done: 3, total: 0, unit: "events", seconds: 2)
    #expect(open == "read  3  1.50 events/s")
  }

  @Test("usage errors end with 64, bad data with 65, missing input with 66, the rest with 70")
  func exitCodes() {
    struct Odd: Error {}
    #expect(ExitMapping.report(ValidationError("no"), Kfrag.self) == 64)
    #expect(ExitMapping.report(InputError(file: "f", "bad"), Kfrag.self) == 65)
    #expect(ExitMapping.report(InputError(file: "f", kind: .missing, "no"), Kfrag.self) == 66)
    #expect(ExitMapping.report(InputError(file: "f", kind: .cannotWrite, "x"), Kfrag.self) == 74)
    #expect(ExitMapping.report(ExitCode(2), Kfrag.self) == 2)
    #expect(ExitMapping.report(Odd(), Kfrag.self) == 70)
  }
}
