import Foundation
import Testing

@Suite("Folders depend one way, as CONTRIBUTING.md orders them")
struct DependencyTests {
  /// Left to right; a folder may use the folders left of it, never right. Folders of one rank may
  /// use each other.
  static let ranks = [
    ["Address", "Random", "Input"], ["TLB", "PageTable", "Allocator", "Layout"],
    ["Hardware", "Profiles"], ["Kernel", "Trace"], ["Replay"], ["Metrics", "Scenario"],
    ["Experiment"], ["Report"], ["Course"], ["Course"],
  ]

  static func rank(_ folder: String) -> Int? { ranks.firstIndex { $0.contains(folder) } }

  @Test("every folder of Sources/Sim has its place, in the order CONTRIBUTING.md prints")
  func places() {
    for file in Repository.sources {
      guard let folder = file.folder else { continue }
      #expect(Self.rank(folder) != nil, "\(file.path): folder '\(folder)' has no place")
    }
    let text = Repository.text("CONTRIBUTING.md").replacing("\n", with: " ")
    let printed = Self.ranks.map { $0.joined(separator: ", ") }
    #expect(text.contains(printed[0] + " → " + printed[1] + " → " + printed[2]))
  }

  @Test("no file mentions a type of a folder to its right")
  func direction() {
    var homes: [String: String] = [:]
    for file in Repository.sources {
      guard let folder = file.folder else { continue }
      for name in file.declaredTypes().top { homes[name] = folder }
    }
    #expect(homes.count > 150)
    for file in Repository.sources {
      guard let folder = file.folder, let own = Self.rank(folder) else { continue }
      let nested = Set(file.declaredTypes().nested)
      var told: Set<String> = []
      for word in file.identifiers() {
        guard let home = homes[word.name], let rank = Self.rank(home), rank > own,
          !nested.contains(word.name), told.insert(word.name).inserted
        else { continue }
        Issue.record("\(file.path):\(word.line): \(folder) uses \(word.name) of \(home)")
      }
    }
  }

  @Test("the library knows nothing of the command line, and C libraries stay where they belong")
  func imports() {
    let homes: [(module: String, folders: [String])] = [
      ("Yams", ["Input"]), ("CGSL", ["Metrics"]),
      ("CSQLite", ["Report", "Experiment"]),
      ("CElf", ["Kernel"]), ("CZstd", ["Input", "Trace"]), ("CLzma", ["Input"]),
      ("CZlib", ["Input"]), ("ArgumentParser", []),
    ]
    for file in Repository.sources {
      guard let folder = file.folder else { continue }
      for module in file.imports {
        guard let home = homes.first(where: { $0.module == module }) else { continue }
        #expect(home.folders.contains(folder), "\(file.path) imports \(module)")
      }
    }
  }

  @Test("Foundation stays out of the hot folders")
  func foundation() {
    let hot = ["Address", "Random", "TLB", "PageTable", "Allocator", "Layout", "Replay"]
    for file in Repository.sources where hot.contains(file.folder ?? "") {
      #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path)")
    }
  }

  @Test("every sub-command of Bench/Commands is wired")
  func commands() {
    let wired = Repository.text("Sources/Bench/Kfrag.swift")
    for file in Repository.sources where file.path.hasPrefix("Sources/Bench/Commands/") {
      for name in file.declaredTypes().top where name.hasSuffix("Command") {
        let others = Repository.sources.contains {
          $0.path.hasPrefix("Sources/Bench/") && $0.path != file.path
            && $0.text.contains("\(name).self")
        }
        #expect(wired.contains("\(name).self") || others, "\(file.path): \(name) is not wired")
      }
    }
  }
}
