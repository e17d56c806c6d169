import Sim
import TestSupport
import Testing

/// A line of a kernel file that ends too early, as a full disk or a killed copy leaves it, is named
/// with the column it lacks; every other line is read as it stands.
@Suite struct CutLineTests {
  static func problems(_ read: () throws -> Void) -> [Diagnostic] {
    do {
      try read()
    } catch let error as InputError {
      return error.diagnostics
    } catch { Issue.record("\(error)") }
    return []
  }

  enum Reader: String, CaseIterable {
    case buddyinfo = "f90-end.buddyinfo"
    case pagetypeinfo = "f90-end.pagetypeinfo"
    case vmallocinfo = "seed-6.1.vmallocinfo"
    case ftrace = "ftrace-6.1-head.txt"
    case modules = "../../../Scenarios/data/proc-modules-debian-6.1-guest.txt"
    /// The same modules as lsmod lists them.
    case lsmod

    func text() throws -> String {
      guard self == .lsmod else { return try dataText("linux/\(rawValue)") }
      let rows = try Reader.modules.text().split(separator: "\n").map { line in
        let words = line.split(separator: " ")
        let users = words[3] == "-" ? "" : " " + words[3].dropLast()
        return "\(words[0]) \(words[1])  \(words[2])\(users)"
      }
      return "Module                  Size  Used by\n" + rows.joined(separator: "\n") + "\n"
    }

    func read(_ text: String) throws {
      switch self {
      case .buddyinfo: _ = try MemoryFileReader.buddyinfo(text, file: "f")
      case .pagetypeinfo: _ = try MemoryFileReader.pagetypeinfo(text, file: "f")
      case .vmallocinfo: _ = try VmallocInfoReader.read(text, file: "f")
      case .ftrace: _ = try FtraceReader.read(text, file: "f")
      case .modules, .lsmod: _ = try LoadedSet(text: text, file: "f")
      }
    }

    /// Whether a line can be cut and still be one: what it lacks then, nobody can see.
    func mayEnd(_ kept: Substring) -> Bool {
      let words = kept.split(whereSeparator: { $0 == " " || $0 == "\t" })
      switch self {
      // Cut in its last number.
      case .buddyinfo: return words.count == 15
      case .pagetypeinfo: return words.count >= 7 && !kept.contains("type") || words.count == 17
      case .vmallocinfo: return words.count > 2
      // An event's name or value that goes on; other events than a module's are not looked into.
      case .ftrace: return words.contains { $0.hasSuffix(":") && $0.contains("_") }
      case .modules: return words.count == 6 && words[5].count == 18
      case .lsmod: return words.count >= 3
      }
    }
  }

  @Test(arguments: Reader.allCases)
  func `each line, cut anywhere, is the only one named, at a place it still has`(
    _ reader: Reader
  ) throws {
    let text = try reader.text()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(Self.problems { try reader.read(text) }.isEmpty)
    var named = 0
    for (index, line) in lines.enumerated().prefix(40)
    where !line.isEmpty && !line.hasPrefix("#") && !line.hasPrefix("Module")
      && !line.hasPrefix("Page") && !line.hasPrefix("Free") && !line.hasPrefix("Number")
    {
      for share in 1..<8 {
        let kept = line.prefix(line.count * share / 8)
        guard kept.contains(where: { $0 != " " }) else { continue }
        var cut = lines
        cut[index] = kept
        let problems = Self.problems { try reader.read(cut.joined(separator: "\n")) }
        #expect(problems.allSatisfy { $0.line == index + 1 }, "\(problems)")
        #expect(problems.allSatisfy { (1...kept.utf8.count + 1).contains($0.column) })
        if problems.isEmpty { #expect(reader.mayEnd(kept), "line \(index + 1): '\(kept)'") }
        named += problems.count
      }
    }
    #expect(named > 4)
  }

  @Test func `two cut lines of one file are named in one go`() throws {
    let text = """
      ext4 983040 1 - Live 0xffffffffc03b1000
      jbd2 167936 1 ext4, Live 0xffffff
      mbcache 16384
      crc16 16384 1 ext4 Live 0xffffffffc03aa000
      """
    #expect(
      Self.problems { _ = try LoadedSet(text: text, file: "m") }.map(\.description) == [
        "m:2:26: error: address '0xffffff' is cut: others have 16 digits",
        "m:3:14: error: the line ends before its use count",
        "m:4:15: error: 'ext4' is no list of users; it ends with a comma",
      ])
  }

  @Test func `a file that ends before its second table is not taken for a whole one`() throws {
    let text = try dataText("linux/f90-end.pagetypeinfo")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let second = try #require(lines.firstIndex { $0.hasPrefix("Number of") })
    for (end, what) in [(second, "'Number of blocks type'"), (second + 2, "zone DMA32")] {
      let head = lines[..<end].joined(separator: "\n")
      let problems = Self.problems { _ = try MemoryFileReader.pagetypeinfo(head, file: "p") }
      #expect(problems.count == 1 && problems[0].message.hasSuffix(what), "\(problems)")
    }
  }

  @Test func `modules.dep names a circle of several modules once, beside what else is wrong`() {
    let text = """
      a.ko: b.ko c.ko
      b.ko: c.ko
      c.ko: a.ko
      d.ko: e
      f.ko: a.ko
      """
    #expect(
      Self.problems { _ = try ModulesDepReader.read(text, file: "d") }.map(\.description) == [
        "d:4:7: error: 'e' is no module file",
        "d:1:1: error: dependency cycle: a → b → c → a",
      ])
  }
}
