import Foundation
import Testing

@Suite("The source keeps the style CONTRIBUTING.md states")
struct StyleTests {
  /// Lines a file may have before it is worth mentioning, and at all.
  static let longFile = 250
  static let fileLimit = 500
  static let functionLimit = 70
  static let columnLimit = 100

  @Test("there is source to look at")
  func finds() {
    #expect(Repository.sources.count > 100)
    #expect(Repository.sources.contains { $0.path == "Sources/Sim/Layout/Layout.swift" })
  }

  @Test("no line is longer than 100 columns")
  func lines() {
    for file in Repository.sources {
      for (number, line) in file.lines.enumerated() where line.count > Self.columnLimit {
        // What a multi-line literal holds is data.
        if file.isInsideLiteral(number) { continue }
        Issue.record("\(file.path):\(number + 1): \(line.count) columns")
      }
    }
  }

  @Test("no file is longer than 500 lines, none of the engine than 250")
  func files() {
    var long: [String] = []
    for file in Repository.sources {
      let count = file.lines.count - 1
      if count > Self.longFile { long.append("\(file.path): \(count)") }
      let limit = file.path.hasPrefix("Sources/Sim/Replay/") ? Self.longFile : Self.fileLimit
      #expect(count <= limit, "\(file.path): \(count) lines")
    }
    if !long.isEmpty { print("over \(Self.longFile) lines: \(long.joined(separator: ", "))") }
  }

  @Test("no function is longer than 70 lines")
  func functions() {
    var seen = 0
    for file in Repository.sources {
      for body in file.bodies() {
        seen += 1
        if body.length > Self.functionLimit {
          Issue.record("\(file.path):\(body.line): '\(body.name)' has \(body.length) lines")
        }
      }
    }
    #expect(seen > 1000)
  }

  @Test("no marker of unfinished work is left in the source")
  func markers() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    for file in Repository.sources {
      for (number, line) in file.lines.enumerated() {
        let found = line.split { !($0.isLetter || $0 == "_") }.first { words.contains(String($0)) }
        if let found { Issue.record("\(file.path):\(number + 1): \(found)") }
      }
    }
  }

  /// What the sources may not call, and why.
  static let banned: [(String, String)] = [
    ("SystemRandomNumberGenerator", "draw from a labelled Seed stream"),
    (".random(", "draw from a labelled Seed stream"), (".shuffled(", "draw from a Seed stream"),
    (".shuffle()", "draw from a Seed stream"), (".randomElement(", "draw from a Seed stream"),
    ("fatalError(", "throw, or state a precondition"), ("try!", "throw"), ("as!", "use as?"),
    ("unowned(unsafe)", "own it"),
  ]

  @Test("sources draw no unseeded randomness and do not crash on purpose")
  func calls() {
    for file in Repository.sources where file.path.hasPrefix("Sources/") {
      for (number, line) in file.code.enumerated() {
        let text = String(decoding: line, as: UTF8.self)
        for (call, why) in Self.banned where text.contains(call) {
          Issue.record("\(file.path):\(number + 1): \(call) is out of bounds: \(why)")
        }
      }
    }
  }

  @Test("the library prints nothing")
  func prints() {
    for file in Repository.sources where file.folder != nil {
      for word in file.identifiers() where word.name == "print" || word.name == "debugPrint" {
        Issue.record("\(file.path):\(word.line): \(word.name)")
      }
    }
  }

  @Test("nothing names a place of somebody's own machine")
  func paths() {
    let homes = ["home", "root", "Users", "work", "mnt"].map { "/\($0)/" }
    let endings = [
      ".swift", ".md", ".yaml", ".yml", ".txt", ".csv", ".py", ".sh", ".c", ".h", ".cff", ".json",
    ]
    var places = Repository.files(
      ["Plugins", "Sources", "Tests", "Scenarios", "Results", "docs", ".ci"], endings)
    places += ["Makefile", "README.md", "CONTRIBUTING.md", "CITATION.cff", "Package.swift"]
    for path in places {
      for (number, line) in Repository.text(path).split(
        separator: "\n", omittingEmptySubsequences: false
      ).enumerated() {
        for home in homes {
          guard let at = line.range(of: home) else { continue }
          let before = line[..<at.lowerBound].last ?? " "
          if before.isLetter || before.isNumber || "./_-)}*".contains(before) { continue }
          Issue.record("\(path):\(number + 1): \(home)")
        }
      }
    }
  }
}
