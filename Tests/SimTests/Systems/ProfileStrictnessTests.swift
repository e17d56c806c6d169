import Sim
import TestSupport
import Testing

/// What is wrong with a profile is said with its place, all of it at once.
@Suite struct ProfileStrictnessTests {
  static let good = """
    id: mine
    name: A system of my own
    family: freebsd
    arch: x86-64
    released: 2026
    page:
      base: 4KiB
      large: 2MiB
      evidence: assumed
    image:
      pageSize: 2MiB
      start: 0xffffffff80000000
      mapping: wholePages
      evidence: assumed
    arenas:
      - name: modules
        rule: firstFit
        lower: 0xffffffffa0000000
        upper: 0xffffffffb0000000
        evidence: assumed
    pieces:
      - name: all
        arena: modules
        kinds: [text, rodata, data]
        frames: single
        pages: base
        evidence: assumed
    unload: vetoed
    facts:
      locked: "no"
      evidence: assumed
    admit:
      - when: "locked == yes"
        code: EPERM
        evidence: assumed
    names:
      load: [mload]
      unload: [munload]
      evidence: assumed
    sources: [my own]
    """

  @Test func aSystemOfTheUsersOwnIsRead() throws {
    let profile = try ProfileReader.read(Self.good, file: "mine.yaml")
    #expect(profile.lifecycle.names.load == ["mload"])
    #expect(profile.evidenceSummary.contains("assumed"))
  }

  /// What is replaced, by what, a piece of the line that is to blame, a word of the message.
  static let faults: [(String, String, String, String)] = [
    ("rule: firstFit", "rule: firstFitt", "rule: firstFitt", "firstFit"),
    ("frames: single", "frames: singel", "frames: singel", "single"),
    ("pages: base\n    evidence: assumed", "pages: base", "name: all", "evidence label"),
    ("locked == yes", "lokced == yes", "lokced == yes", "lokced"),
    ("locked == yes", "locked = yes", "locked = yes", "comparison"),
    ("code: EPERM\n    evidence: assumed", "code: EPERM", "- when", "evidence label"),
    ("arena: modules", "arena: moduls", "name: all", "modules"),
    ("large: 2MiB", "large: 4KiB", "id: mine", "no larger"),
    ("pages: base", "pages: contiguousHint", "name: all", "contiguousHintPages"),
    ("kinds: [text, rodata, data]", "kinds: [text, rodata]", "name: all", "holds 'data'"),
    ("lower: 0xffffffffa0000000", "lower: 0xffffffff7f000000", "name: modules", "base image"),
    ("upper: 0xffffffffb0000000", "upper: 0xffffffff90000000", "name: modules", "ends before"),
    ("unload: vetoed", "unload: vetoed\ncolour: blue", "colour: blue", "colour"),
    ("base: 4KiB", "base: 5KiB", "base: 5KiB", "page size"),
    ("pageSize: 2MiB", "pageSize: 32MiB", "pageSize: 32MiB", "no 32MiB pages"),
    (
      "mapping: wholePages", "pageSizes: {text: 1GiB}", "pageSizes: {text", "4KiB and 2MiB"
    ),
  ]

  @Test(arguments: faults)
  func eachFaultIsNamedAtItsPlace(
    good: String, bad: String, place: String, word: String
  ) throws {
    let text = Self.good.replacing(good, with: bad)
    #expect(text != Self.good)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.contains(place) }) + 1
    do {
      _ = try ProfileReader.read(text, file: "mine.yaml")
      Issue.record("'\(bad)' was accepted")
    } catch {
      let found = error.diagnostics.first { $0.message.contains(word) }
      #expect(found?.line == line, "\(error)")
    }
  }

  @Test func overlappingWindowsAreRefused() throws {
    let second = """
          evidence: assumed
        - name: more
          rule: firstFit
          lower: 0xffffffffa8000000
          upper: 0xffffffffb8000000
          evidence: assumed
      pieces:
      """
    let text = Self.good.replacing("    evidence: assumed\npieces:", with: second)
    do {
      _ = try ProfileReader.read(text, file: "mine.yaml")
      Issue.record("accepted")
    } catch {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let line = try #require(lines.firstIndex { $0.contains("name: more") }) + 1
      #expect(error.diagnostics.map(\.line) == [line])
      #expect("\(error)".contains("'modules' and 'more' overlap"))
    }
  }

  @Test func kindsAProfileLeavesOutLieWithTheirNearest() throws {
    let profile = try ProfileReader.read(Self.good, file: "mine.yaml")
    #expect(
      profile.pieces.map(\.kinds) == [
        [.text, .initText, .initData, .initRodata, .rodata, .data, .roAfterInit]
      ])
    for name in ProfileCatalog.names where name != "minix-3" {
      let pieces = try ProfileCatalog.profile(name).pieces
      let held = Set(pieces.flatMap(\.kinds))
      #expect(held.isSuperset(of: [.text, .rodata, .roAfterInit, .data, .initText]), "\(name)")
    }
  }

  @Test func everyShippedSystemReadsAndSaysOnWhatItRests() throws {
    let families = Set(try ProfileCatalog.names.map { try ProfileCatalog.profile($0).family })
    #expect(families == Set(SystemFamily.allCases))
    for name in ProfileCatalog.names {
      let profile = try ProfileCatalog.profile(name)
      #expect(profile.id == name)
      #expect(!profile.evidence.isEmpty && !profile.sources.isEmpty, "\(name)")
    }
  }

  @Test func conditionsBindAndTighterThanOr() throws {
    var problem = ""
    let condition = try #require(
      Condition("a == 1 and b == 2 or c in x|y", problem: &problem))
    func holds(_ a: String, _ b: String, _ c: String) -> Bool {
      condition.holds { ["a": a, "b": b, "c": c][$0] ?? "" }
    }
    #expect(holds("1", "2", "z") && holds("0", "0", "y"))
    #expect(!holds("1", "3", "z") && !holds("0", "2", "z"))
    let mode = try #require(Condition("mode has 022", problem: &problem))
    #expect(mode.holds { _ in "0775" } && !mode.holds { _ in "0755" })
  }
}
