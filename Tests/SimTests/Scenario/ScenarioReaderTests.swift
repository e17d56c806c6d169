import Sim
import TestSupport
import Testing

@Suite("Scenarios are read strictly: every fault at its place, with the nearest right thing")
struct ScenarioReaderTests {
  /// Messages for the small scenario with pieces of its text swapped; paths cut to file names.
  private func problems(
    _ replacing: [(String, String)], catalog: String = SmallScenario.catalog
  ) throws -> [String] {
    let folder = try TemporaryFolder()
    let path = try SmallScenario.write(to: folder, replacing, catalog: catalog)
    return diagnostics { _ = try ScenarioReader.read(path) }.map {
      $0.replacing(folder.path(""), with: "")
    }
  }

  private func expect(
    _ replacing: [(String, String)], catalog: String = SmallScenario.catalog, _ lines: [String],
    at place: SourceLocation = #_sourceLocation
  ) throws {
    let found = try problems(replacing, catalog: catalog)
    #expect(found == lines, sourceLocation: place)
  }

  @Test("what the file says is what the scenario holds, dependencies first")
  func reads() throws {
    let scenario = try SmallScenario.read()
    #expect(scenario.name == "small")
    #expect(scenario.machine.id == "intel-skylake")
    #expect(scenario.arms.map(\.kind) == [.monolithic, .modular])
    #expect(scenario.arms.map(\.profile.id) == ["linux-6.1", "linux-6.1"])
    #expect(scenario.modules.map(\.name) == ["alpha", "beta", "gamma", "delta"])
    #expect(scenario.memory.bytes == 64 << 20 && scenario.memory.age == .fresh)
    #expect(scenario.replicates == 3 && scenario.seed == Seed(7) && scenario.confidence == 0.95)
    #expect(scenario.history.transientModules == 1 && scenario.history.initBurst == 2)
    guard case .synthetic(let workload) = scenario.workload else {
      Issue.record("not synthetic")
      return
    }
    #expect(workload.references == 20_000 && workload.reloads == 2 && workload.warmup == 0.2)
    #expect(workload.baseVisits == WorkloadParameters().baseVisits, "defaults stay")
    #expect(scenario.ladder?.baseline == 0 && scenario.ladder?.treatment == 1)
  }

  @Test("the main scenario holds the host's 105 modules, the last of the listing first")
  func main() throws {
    let scenario = try Debian12.scenario()
    let listing = try Debian12.loaded("lsmod-debian12-6.1-host").modules.map(\.name)
    #expect(scenario.modules.count == 105)
    #expect(Set(scenario.modules.map(\.name)) == Set(listing))
    #expect(scenario.missing.isEmpty)
    let first = try Debian12.catalog().loadOrder(of: try #require(listing.last))
    #expect(scenario.modules.prefix(first.count).map(\.name) == first.map(\.name))
  }

  @Test("unknown keys, with the nearest known one")
  func unknownKeys() throws {
    try expect(
      [("machine: intel", "machin: intel")],
      [
        "small.yaml:1:1: error: missing key 'machine'",
        "small.yaml:3:1: error: unknown key 'machin'; did you mean 'machine'?",
      ])
    try expect(
      [("moduleShare: 0.5", "moduleShar: 0.5")],
      ["small.yaml:20:5: error: unknown key 'moduleShar'; did you mean 'moduleShare'?"])
    try expect(
      [("seed: 7", "seed: 7\nseed: 8")],
      ["small.yaml:28:1: error: given twice in one mapping: 'seed'"])
  }

  @Test("wrong types")
  func wrongTypes() throws {
    try expect(
      [("replicates: 3", "replicates: many")],
      ["small.yaml:26:13: error: 'many' is not a whole number (replicates)"])
    try expect(
      [("references: 20_000", "references: [1]")],
      [
        "small.yaml:18:17: error: 'workload.synthetic.references' wants a word, found a list"
      ])
    try expect(
      [("names: [delta, gamma]", "names: delta")],
      ["small.yaml:9:10: error: 'modules.names' wants a list, found a word"])
    try expect(
      [("warmup: 0.2", "warmup: 1.5")],
      ["small.yaml:19:13: error: 1.5 is outside 0.0…0.95 (workload.synthetic.warmup)"])
    try expect(
      [("age: fresh", "age: dya")],
      ["small.yaml:12:8: error: 'dya' is unknown (memory.age); did you mean 'day'?"])
  }

  @Test("impossible memory sizes")
  func memory() throws {
    for size in ["1MiB", "2TiB", "0"] {
      try expect(
        [("size: 64MiB", "size: \(size)")],
        ["small.yaml:11:9: error: memory size must lie in 64MiB…1TiB"])
    }
    try expect(
      [("size: 64MiB", "size: lots")],
      ["small.yaml:11:9: error: 'lots' is not a size such as 4KiB or 2MiB (memory.size)"])
  }

  @Test("all of a file's faults at once, in the file's order")
  func several() throws {
    let lines = try problems([
      ("seed: 7", "seed: x"), ("age: fresh", "age: old"), ("confidence: 0.95", "confidence: 2"),
      ("arms: [monolithic, modular]", "arms: [modulr]"),
    ])
    #expect(
      lines.map { $0.prefix { $0 != " " } } == [
        "small.yaml:12:8:", "small.yaml:25:7:", "small.yaml:25:8:", "small.yaml:27:13:",
        "small.yaml:28:7:",
      ])
  }

  @Test("unknown systems and machines, with the nearest")
  func presets() throws {
    try expect(
      [("system: linux-6.1", "system: linux-6.11")],
      ["small.yaml:2:9: error: unknown system; did you mean 'linux-6.1'?"])
    try expect(
      [("machine: intel-skylake", "machine: intel-skylak")],
      ["small.yaml:3:10: error: unknown machine; did you mean 'intel-skylake'?"])
    #expect(
      try problems([("image: 6.1.0-56-amd64", "image: 6.1.0-57-amd64")]).map {
        $0.split(separator: ": ").dropFirst(2).joined(separator: ": ")
      } == ["no kernel '6.1.0-57-amd64'; did you mean '6.1.0-56-amd64'?"])
  }

  @Test("missing modules, in the scenario and in a listing, with the nearest")
  func missingModules() throws {
    try expect(
      [("[delta, gamma]", "[delta, gama]")],
      [
        "small.yaml:9:18: error: module 'gama' is not in catalog.csv; did you mean 'gamma'?"
      ])
    let folder = try TemporaryFolder()
    let path = try SmallScenario.write(
      to: folder, [("names: [delta, gamma]", "loaded: lsmod.txt")])
    try folder.write("lsmod.txt", "Module Size Used by\ndelta 4096 0\nbeat 4096 0\n")
    let lines = diagnostics { _ = try ScenarioReader.read(path) }
    #expect(
      lines.map { $0.replacing(folder.path(""), with: "") }
        == ["lsmod.txt:3:1: error: module 'beat' is not in catalog.csv; did you mean 'beta'?"])
    // Allowed when the scenario says so.
    let lenient = try SmallScenario.write(
      to: folder, [("names: [delta, gamma]", "loaded: lsmod.txt\n  skipMissing: true")])
    let scenario = try ScenarioReader.read(lenient)
    #expect(scenario.missing == ["beat"])
    #expect(scenario.modules.map(\.name) == ["alpha", "beta", "gamma", "delta"])
  }

  @Test("faults inside the catalog keep their own place; a cycle or a gap is named")
  func catalogs() throws {
    try expect(
      [], catalog: "", ["catalog.csv:1: error: the catalog is empty; it wants a header line"])
    let cut = String(SmallScenario.catalog.prefix(150))
    let lines = try problems([], catalog: cut)
    #expect(lines.count == 1 && lines[0].hasPrefix("catalog.csv:3: error: "), "\(lines)")
    let cycle = SmallScenario.catalog.replacing("6000,\n", with: "6000,delta\n")
    try expect(
      [], catalog: cycle, ["catalog.csv: error: dependency cycle: delta → beta → alpha → delta"])
    let gap = SmallScenario.catalog.replacing("beta gamma", with: "beta ghost")
    try expect(
      [], catalog: gap,
      ["catalog.csv: error: module 'ghost' is not in the catalog, needed by 'delta'"])
    let folder = try TemporaryFolder()
    let path = try SmallScenario.write(
      to: folder, catalog: SmallScenario.catalog.replacing("\n", with: "\r\n"))
    let same = try SmallScenario.read()
    #expect(try ScenarioReader.read(path).modules == same.modules, "CR LF")
  }

  @Test("what an arm links in brings its dependencies; what it packs comes alone")
  func partlyLinked() throws {
    let folder = try TemporaryFolder()
    let arm = "{name: some, layout: modular, linked: [beta], packed: [delta]}"
    let path = try SmallScenario.write(
      to: folder, [("arms: [monolithic, modular]", "arms: [monolithic, \(arm)]")])
    let scenario = try ScenarioReader.read(path)
    #expect(scenario.arms[1].linked == ["alpha", "beta"])
    #expect(scenario.arms[1].packed == ["delta"])
    let again = try ScenarioReader.read(text: scenario.expandedYAML, file: path)
    #expect(again.arms.map(\.linked) == scenario.arms.map(\.linked), "as expanded")
  }

  @Test("arms link and pack modules of the scenario, and only where some are loaded")
  func foreignModules() throws {
    let arms = "arms: [monolithic, modular]"
    try expect(
      [(arms, "arms: [monolithic, {layout: modular, linked: [betta]}]")],
      ["small.yaml:25:47: error: 'betta' is none of the scenario's modules; did you mean 'beta'?"])
    try expect(
      [(arms, "arms: [modular, {layout: monolithic, packed: [beta]}]")],
      ["small.yaml:25:46: error: 'packed' is of arms with 'layout: modular'"])
  }

  @Test("a setting replaces what stands at its path, lists and mappings whole")
  func settings() throws {
    let folder = try TemporaryFolder()
    let arms = "[{name: a, layout: modular}, {name: b, layout: monolithic}]"
    let path = try SmallScenario.write(to: folder, [("[monolithic, modular]", arms)])
    let other = "arms=[{name: c, layout: modular}, {name: d, layout: everything}]"
    let settings = [other, "memory={size: 128MiB}", "memory.age=worn"]
    let scenario = try ScenarioOverrides.read(
      path, settings.map { try #require(ScenarioOverrides.Setting($0)) })
    #expect(scenario.arms.map(\.name) == ["c", "d"])
    #expect(scenario.memory.bytes == 128 << 20 && scenario.memory.age == .worn)
    #expect(scenario.seed == Seed(7), "the rest stays")
  }

  @Test("arms: one is no comparison, names differ, systems exist")
  func arms() throws {
    let arms = "arms: [monolithic, modular]"
    try expect(
      [(arms, "arms: [modular]")], ["small.yaml:25:7: error: a comparison wants at least two arms"])
    try expect(
      [(arms, "arms: [modular, modular]")], ["small.yaml:25:7: error: two arms have the same name"])
    try expect(
      [(arms, "arms: [monolithic, {name: x, layout: modular, system: linux-6.1x}]")],
      ["small.yaml:25:20: error: unknown system; did you mean 'linux-6.1'?"])
  }

  @Test("broken YAML, an empty file, a file that is not there")
  func broken() throws {
    #expect(
      diagnostics { _ = try ScenarioReader.read(text: "", file: "s.yaml") }
        == ["s.yaml:1: error: the document is empty"])
    let lines = diagnostics { _ = try ScenarioReader.read(text: "a: [1, 2\nb: 3\n", file: "s") }
    #expect(lines.count == 1 && lines[0].hasPrefix("s:2:"), "\(lines)")
    do {
      _ = try ScenarioReader.read("no/such/file.yaml")
      Issue.record("read a file that is not there")
    } catch {
      #expect(error.kind == .missing)
    }
  }
}
