import Foundation
import Sim
import TestSupport
import Testing

/// `Scenarios/article.md`: every command there runs and shows what its row says, every test it
/// names exists.
@Suite("the article's statements", .serialized)
struct ArticleTests {
  let program: Program
  let root: String
  let text: String

  init() throws {
    program = try #require(Program())
    root = Debian12.path("")
    text = try String(contentsOfFile: Debian12.path("Scenarios/article.md"), encoding: .utf8)
  }

  /// Command and what its output must hold.
  static let shown: [(command: String, words: [String])] = [
    (
      "kfrag replay Scenarios/intruder/freebsd-13-amd64.trace --system freebsd-13-amd64",
      ["kldload", "loaded", "refused", "EPERM: kldload: can't load"]
    ),
    ("kfrag list systems", ["linux-6.1", "netware-3", "vxworks-5-ppc", "hpux-11-parisc", "aix-7"]),
    ("kfrag show system netware-4", ["noun: \"NetWare loadable module\"", "LOAD", "UNLOAD"]),
    (
      "kfrag compare Scenarios/three-ways.yaml",
      ["everything", "monolithic", "modular", "memory.modules", "entries.text"]
    ),
    ("kfrag compare Scenarios/debian12-host.yaml", ["monolithic", "modular", "base pages"]),
    ("kfrag compare Scenarios/all-systems.yaml", ["freebsd", "macos", "netware"]),
    (
      "kfrag replay Scenarios/intruder/linux-6.1.trace --system linux-6.1 --listing",
      ["Module                  Size  Used by"]
    ),
    (
      "kfrag replay Scenarios/validation/boot-parameters.trace --system linux-6.1",
      ["EPERM: Module broken is blacklisted", "noisy is blacklisted: alias not followed"]
    ),
    ("kfrag show system macos-10.10", ["kextload", "/System/Library/Extensions", ".kext"]),
    ("kfrag show system illumos-sparc", ["/kernel", "/usr/kernel", "modload"]),
    (
      "kfrag replay Scenarios/intruder/linux-6.1.trace --system linux-6.1",
      ["insmod", "loaded", "refused", "EPERM: Operation not permitted"]
    ),
    (
      "kfrag replay Scenarios/intruder/macos-10.11.trace --system macos-10.11",
      ["kextload", "loaded", "refused", "0x1b"]
    ),
    (
      "kfrag replay Scenarios/intruder/solaris-11-sparc.trace --system solaris-11-sparc",
      ["modload", "loaded", "refused", "EPERM"]
    ),
  ]

  /// What stands between backticks.
  private var quoted: [String] {
    text.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
  }

  @Test("every command of the page is one that is checked here")
  func complete() {
    let commands = Set(quoted.filter { $0.hasPrefix("kfrag ") })
    #expect(commands == Set(Self.shown.map(\.command)))
  }

  @Test("every command runs and shows what is claimed", arguments: shown.indices)
  func runs(_ index: Int) throws {
    let (command, words) = Self.shown[index]
    var arguments = command.split(separator: " ").dropFirst().map { word in
      word.hasPrefix("Scenarios/") ? Debian12.path(String(word)) : String(word)
    }
    // The same comparison, short: a debug build shows its rows soon.
    if arguments[0] == "compare" {
      arguments += ["--replicates", "2", "--set", "workload.synthetic.references=20000"]
    }
    let answer = try program.run(arguments)
    #expect(answer.status == 0, "\(answer.complaints)")
    for word in words { #expect(answer.text.contains(word), "\(command): no '\(word)'") }
  }

  @Test("every test the page names exists")
  func tests() throws {
    var sources = ""
    let folder = Debian12.path("Tests")
    let walker = try #require(FileManager.default.enumerator(atPath: folder))
    for case let path as String in walker where path.hasSuffix(".swift") {
      sources += try String(contentsOfFile: folder + "/" + path, encoding: .utf8)
    }
    var named = 0
    for row in text.split(separator: "\n") {
      for part in row.components(separatedBy: "T: ").dropFirst() {
        let names = part.prefix { $0 != ";" && $0 != "|" }.split(separator: "`")
        for name in names where name.allSatisfy({ $0.isLetter || $0.isNumber }) {
          named += 1
          let isThere =
            sources.contains("func \(name)(") || sources.contains("struct \(name) ")
            || sources.contains("struct \(name):")
          #expect(isThere, "no test '\(name)'")
        }
      }
    }
    #expect(named >= 15)
  }
}
