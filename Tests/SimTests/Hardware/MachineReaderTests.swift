import Sim
import Testing

@Suite struct MachineReaderTests {
  /// A machine small enough to spoil one value at a time; `$X` marks are replaced by tests.
  static let sound = """
    id: test
    name: Test
    family: teaching
    isa: toy
    pageSizes: [4KiB, 2MiB]
    addressSpaces: {tagBits: 12, globalBit: true, evidence: vendor}
    walk:
      kind: hardware
      table: radix4
      walkers: {count: 1, evidence: assumed}
    arrays:
      - name: L1
        level: 1
        side: unified
        pages: [4KiB, 2MiB]
        entries: 64
        ways: 4
        policy: lru
        index: linear
        evidence: vendor
    costs:
      walk: {cycles: 20, evidence: assumed}
    sources:
      BOOK: a book
    """

  /// The problems of the sound machine with `old` replaced by `new`.
  static func problems(_ old: String, _ new: String) -> [String] {
    precondition(sound.contains(old), "the sound machine does not hold '\(old)'")
    let text = sound.replacing(old, with: new)
    do {
      _ = try MachineReader.read(text, file: "m.yaml")
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }

  @Test func soundMachineReads() throws {
    let machine = try MachineReader.read(MachineReaderTests.sound, file: "m.yaml").machine
    #expect(machine.arrays[0].geometry.sets == 16)
    #expect(machine.arrays[0].evidence == .vendor)
    #expect(machine.asidBits == 12)
    #expect(machine.costs.walk == 20)
  }

  @Test(arguments: [
    ("entries: 64", "entries: 63", "17:11: error: 63 entries do not divide into sets of 4 ways"),
    ("policy: lru", "policy: lruu", "18:13: error: 'lruu' is unknown (arrays[0].policy); did you"),
    (
      "index: linear", "index: xor7",
      "19:12: error: index xor7 wants 128 sets, the array has 16"
    ),
    ("index: linear", "index: xor9", "19:12: error: unknown index 'xor9'"),
    ("ways: 4", "ways: full", "19:12: error: a fully associative array has no index"),
    (
      "pages: [4KiB, 2MiB]\n    entries", "pages: [4KiB]\n    entries",
      "no array holds 2MiB"
    ),
    (
      "pages: [4KiB, 2MiB]\n    entries", "pages: [4KiB, 1GiB]\n    entries",
      "no 1GiB pages"
    ),
    ("pageSizes: [4KiB, 2MiB]", "pageSizes: [4KiB, 3MiB]", "'3MiB' is not a page size"),
    ("    evidence: vendor\n", "", "missing key 'evidence' in 'arrays[0]'"),
    ("cycles: 20, evidence: assumed", "cycles: 20", "missing key 'evidence' in 'costs.walk'"),
    ("walkers: {count: 1, evidence: assumed}", "walker: 1", "unknown key 'walker'; did you mean"),
    ("entries: 64", "entries: -64", "'-64' is not a whole number"),
    ("entries: 64", "entries: 99999999999", "outside 1…1048576"),
    ("kind: hardware", "kind: software", "no walkers; drop the key"),
    ("name: L1", "name: L1\n    wired: 64", "all 64 entries of 'L1' are wired"),
    ("name: L1", "name: L1\n    wayShares: {4KiB: 2, 2MiB: 1}", "add up to 3 ways"),
    (
      "name: L1", "name: L1\n    coalesce: {pages: 6, evidence: vendor}", "6 is no power of two"
    ),
    ("sources:", "knees: [{array: L2, stride: 1, fits: 4}]\nsources:", "no array is called 'L2'"),
    ("policy: lru", "policy: tplru\n    side: data", "side"),
    (
      "entries: 64\n    ways: 4\n    policy: lru",
      "entries: 48\n    ways: 3\n    policy: tplru",
      "tree-PLRU wants a power of two"
    ),
  ])
  func spoiledValueIsRefusedAtItsPlace(old: String, new: String, message: String) {
    let found = MachineReaderTests.problems(old, new)
    #expect(found.contains { $0.contains(message) }, "\(found)")
    #expect(found.allSatisfy { $0.hasPrefix("m.yaml:") })
  }

  @Test func allProblemsOfAFileAreReportedAtOnce() {
    let text = MachineReaderTests.sound.replacing("ways: 4", with: "ways: 5")
      .replacing("isa: toy", with: "isaa: toy").replacing("cycles: 20", with: "cycles: many")
    #expect(throws: InputError.self) { try MachineReader.read(text, file: "m.yaml") }
    do {
      _ = try MachineReader.read(text, file: "m.yaml")
    } catch {
      #expect(error.diagnostics.count == 4)
      #expect(error.diagnostics.map(\.line) == error.diagnostics.map(\.line).sorted())
    }
  }

  @Test func machineInheritsByNameAndOverridesOneArray() throws {
    let text = """
      id: mine
      inherits: intel-skylake
      name: Mine
      arrays:
        - name: STLB
          entries: 3072
          index: linear
      """
    let mine = try MachineReader.read(text, file: "mine.yaml").machine
    let parent = try MachineCatalog.machine("intel-skylake")
    #expect(mine.arrays.count == parent.arrays.count)
    let stlb = try #require(mine.arrays.first { $0.name == "STLB" })
    #expect(stlb.geometry.entries == 3072 && stlb.geometry.ways == 12)
    #expect(stlb.geometry.policy == .mru3plru4 && stlb.geometry.index == .linear)
    #expect(mine.arrays.filter { $0.name != "STLB" } == parent.arrays.filter { $0.name != "STLB" })
    #expect(mine.costs == parent.costs)
  }

  @Test func problemOfAnInheritingMachineIsPlacedInItsOwnFile() {
    let text = "id: mine\ninherits: intel-skylake\narrays:\n  - {name: STLB, ways: 5}\n"
    do {
      _ = try MachineReader.read(text, file: "mine.yaml")
      Issue.record("read")
    } catch {
      #expect(error.diagnostics.first?.description.hasPrefix("mine.yaml:4:24: error: 1536") == true)
    }
  }

  @Test func unknownParentAndCircleAreRefused() {
    let orphan = MachineReaderTests.sound.replacing("id: test", with: "inherits: intel-skylak")
    #expect(throws: InputError.self) { try MachineReader.read(orphan, file: "m.yaml") }
    let circle = "id: a\ninherits: a\n"
    #expect(throws: InputError.self) {
      try MachineReader.read(circle, file: "m.yaml") { _ throws(InputError) in circle }
    }
  }

  @Test func resolvedTextOfAnInheritingMachineReadsBackEqual() throws {
    let resolved = try MachineCatalog.resolve("hp-pa8600")
    let again = try MachineReader.read(resolved.yaml, file: "again.yaml")
    #expect(again.machine.arrays == resolved.machine.arrays)
    #expect(again.machine.knees == resolved.machine.knees)
    #expect(again.machine.costs == resolved.machine.costs)
    #expect(!resolved.yaml.contains("inherits"))
  }

  @Test func everyTruncationOfAMachineIsAnswered() {
    let whole = Array(MachineReaderTests.sound.utf8)
    for length in stride(from: 0, to: whole.count, by: 7) {
      let text = String(decoding: whole.prefix(length), as: UTF8.self)
      do {
        _ = try MachineReader.read(text, file: "m.yaml")
      } catch {
        #expect(!error.diagnostics.isEmpty)
      }
    }
  }
}
