import Foundation
import Sim
import Synchronization
import TestSupport
import Testing

@Suite("Sweeps")
struct SweepRunnerTests {
  let folder: TemporaryFolder
  let plan: SweepPlan

  init() throws {
    folder = try TemporaryFolder()
    let scenario = dataPath("sweep/tiny.yaml")
    plan = try SweepPlanReader.read(
      folder.write(
        "plan.yaml",
        "scenario: \(scenario)\naxes: {seed: [1, 2, 3, 4, 5, 6], machine: [teach-tiny, bogus]}\n"))
  }

  private func runner(
    _ name: String, isWhole: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
  ) throws -> SweepRunner {
    SweepRunner(
      plan: plan, store: try SweepStore(folder: folder.path(name)), salt: "t", isWhole: isWhole)
  }

  /// A result as small as can be: what the point is.
  @Sendable private static func body(_ point: SweepPoint, _ scenario: Scenario) -> [UInt8] {
    let arm: JSONValue = [
      "name": "a", "metrics": ["m": ["mean": JSONValue(scenario.seed.value), "n": 1]],
    ]
    return JSONValue.object(["arms": [arm]]).prettyBytes
  }

  private func files(_ name: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let root = folder.path(name)
    for file in try FileManager.default.subpathsOfDirectory(atPath: root) {
      found[file] = FileManager.default.contents(atPath: "\(root)/\(file)")
    }
    return found
  }

  @Test("failed points are listed and the others finish; a second run repeats only the failed")
  func failures() async throws {
    let runner = try runner("out")
    let outcome = try await runner.run(
      plan.points, jobs: 3, body: { Self.body($0, $1) })
    #expect(outcome.finished == 6 && outcome.reused == 0)
    #expect(outcome.failures.map(\.index) == [2, 4, 6, 8, 10, 12])
    #expect(outcome.failures.allSatisfy { $0.exit == 65 && $0.message.contains("unknown machine") })
    let again = try await runner.run(
      plan.points, jobs: 2, body: { Self.body($0, $1) })
    #expect(again.finished == 0 && again.reused == 6 && again.failures.count == 6)
    #expect(try runner.isComplete())
  }

  @Test("an error that is no input's ends as 70 and stops nothing")
  func internalError() async throws {
    struct Odd: Error {}
    let outcome = try await runner("odd").run(
      Array(plan.points.prefix(3)), jobs: 1
    ) { point, scenario in
      if point.index == 1 { throw Odd() }
      return Self.body(point, scenario)
    }
    #expect(outcome.failures.map(\.exit) == [70, 65] && outcome.finished == 1)
  }

  @Test("shards, any number of threads and a torn result end with the same bytes")
  func sameBytes() async throws {
    let whole: @Sendable ([UInt8]) -> Bool = { (try? JSONValue(parsing: $0, file: "p")) != nil }
    let first = try runner("first", isWhole: whole)
    _ = try await first.run(plan.points, jobs: 1, body: { Self.body($0, $1) })
    try SweepTables(first).write(into: first.store.folder)
    let second = try runner("second", isWhole: whole)
    for part in ["2/3", "1/3", "3/3"] {
      let shard = try #require(SweepShard(part))
      #expect(try !second.isComplete())
      _ = try await second.run(
        plan.points.filter(shard.contains), jobs: 4, body: { Self.body($0, $1) })
    }
    // A machine that lost power may leave a torn file; it does not count as a result.
    let key = try second.key(plan.points[0])
    try AtomicFile.write(Array("{\"arms\":[".utf8), to: second.store.resultPath(key))
    let outcome = try await second.run(
      plan.points, jobs: 2, body: { Self.body($0, $1) })
    #expect(outcome.finished == 1)
    try SweepTables(second).write(into: second.store.folder)
    let (a, b) = (try files("first"), try files("second"))
    #expect(a.count == 12 + 5)
    #expect(a == b)
  }

  @Test("a stale result is no result: not to the plan's completeness, the tables or a failed rerun")
  func stale() async throws {
    let isFresh = Mutex(true)
    let runner = try runner("stale") { _ in isFresh.withLock { $0 } }
    let run: @Sendable (SweepPoint, Scenario) throws -> [UInt8] = { point, scenario in
      if !(isFresh.withLock { $0 }) { throw InputError(file: "s", "broken") }
      return Self.body(point, scenario)
    }
    _ = try await runner.run(plan.points, jobs: 2, body: run)
    #expect(try runner.isComplete() && SweepTables(runner).finished == 6)
    // The inputs change: the other shard's results are of the old ones.
    isFresh.withLock { $0 = false }
    let shard = try #require(SweepShard("1/4"))
    let mine = plan.points.filter(shard.contains)
    let outcome = try await runner.run(mine, jobs: 1, body: run)
    #expect(outcome.reused == 0 && outcome.finished == 0 && outcome.failures.count == mine.count)
    #expect(try !runner.isComplete())
    #expect(try SweepTables(runner).finished == 0)
    // A point that fails now keeps no old answer, whoever looks.
    for point in mine { #expect(!runner.store.hasResult(try runner.key(point))) }
  }

  @Test("the tidy table has a row for every finished point, in the plan's order")
  func tables() async throws {
    let runner = try runner("tables")
    _ = try await runner.run(
      plan.points, jobs: 2, body: { Self.body($0, $1) })
    let tables = try SweepTables(runner)
    let results = try #require(tables.tables.first { $0.name == "results" })
    #expect(
      results.columns == ["point", "seed", "machine", "arm", "metric", "mean", "low", "high", "n"])
    #expect(results.rows.map { $0[1] } == [1, 2, 3, 4, 5, 6])
    #expect(tables.failures.count == 6 && tables.finished == 6)
  }

  @Test("a folder that cannot be made is exit 73, and a full disk ends the sweep with what is safe")
  func unwritable() async throws {
    let file = try folder.write("file", "x")
    let error = try #require(throws: InputError.self) { try SweepStore(folder: file + "/out") }
    #expect(error.kind == .cannotCreate)
    let runner = try runner("full")
    let done = Mutex(0)
    let thrown = await #expect(throws: InputError.self) {
      try await runner.run(plan.points, jobs: 1) { point, scenario in
        if point.index == 3 {
          throw InputError(file: "p", kind: .cannotWrite, "cannot write: no space left")
        }
        done.withLock { $0 += 1 }
        return Self.body(point, scenario)
      }
    }
    #expect(thrown?.kind == .cannotWrite)
    #expect(runner.store.hasResult(try runner.key(plan.points[0])))
  }
}
