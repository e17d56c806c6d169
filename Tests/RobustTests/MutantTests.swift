import Foundation
import Testing

@Suite("The mutation check breaks what is there")
struct MutantTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false)

  struct Mutant {
    var file = ""
    var old = ""
    var new = ""
    var test = ""
    var why = ""
  }

  static func list() throws -> [Mutant] {
    let text = try String(contentsOfFile: root + "/Tests/Mutation/mutants.txt", encoding: .utf8)
    var mutants: [Mutant] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { continue }
      switch words[0] {
      case "file": mutants.append(Mutant(file: words[1]))
      case "old": mutants[mutants.count - 1].old = words[1]
      case "new": mutants[mutants.count - 1].new = words[1]
      case "test": mutants[mutants.count - 1].test = words[1]
      case "why": mutants[mutants.count - 1].why = words[1]
      default: break
      }
    }
    return mutants
  }

  @Test("60 mutants, each of a line that stands in its file exactly once")
  func lines() throws {
    let mutants = try Self.list()
    #expect(mutants.count == 60)
    for mutant in mutants {
      let path = "\(Self.root)/Sources/Sim/\(mutant.file)"
      let source = try String(contentsOfFile: path, encoding: .utf8)
      let times = source.ranges(of: mutant.old).count
      #expect(times == 1, "\(mutant.file): '\(mutant.old)' stands \(times) times")
      #expect(mutant.new != mutant.old && !mutant.test.isEmpty && !mutant.why.isEmpty)
    }
  }
}
