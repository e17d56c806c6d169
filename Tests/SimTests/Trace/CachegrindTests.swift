import Foundation
import Sim
import TestSupport
import Testing

/// `ls-full.lackey.txt.zst`: `valgrind --tool=lackey --trace-mem=yes /bin/ls -l /etc`, Valgrind
/// 3.19; the numbers below are what cachegrind of the same release printed for the same run, with
/// 4,096-byte lines, each first level and a unified last level of these entries and ways.
@Suite struct CachegrindTests {
  struct Oracle: Sendable {
    let i1: (Int, Int)
    let d1: (Int, Int)
    let ll: (Int, Int)
    /// I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw.
    let misses: [UInt64]
  }

  static let oracles = [
    Oracle(
      i1: (64, 4), d1: (64, 4), ll: (1536, 12),
      misses: [1230, 155, 447_376, 630, 100, 253_575, 57, 39]),
    Oracle(
      i1: (16, 16), d1: (16, 16), ll: (1024, 8),
      misses: [12130, 155, 447_376, 13684, 100, 253_575, 884, 39]),
    Oracle(
      i1: (64, 8), d1: (48, 48), ll: (1024, 8),
      misses: [353, 155, 447_376, 454, 100, 253_575, 58, 39]),
    Oracle(
      i1: (128, 8), d1: (64, 4), ll: (1536, 12),
      misses: [165, 155, 447_376, 630, 100, 253_575, 57, 39]),
    Oracle(
      i1: (32, 32), d1: (8, 8), ll: (512, 4),
      misses: [4223, 163, 447_376, 43459, 106, 253_575, 3909, 39]),
    Oracle(
      i1: (4, 4), d1: (4, 4), ll: (64, 8),
      misses: [49366, 4450, 447_376, 82053, 2689, 253_575, 9402, 221]),
  ]

  static let accesses = Result<[RawAccess], any Error> {
    var options = AddressReaderOptions()
    options.modifyIsOneLoad = true
    let file = try InputFile(testData("ls-full.lackey.txt.zst"))
    return try allAccesses(TraceFormat.lackey.addressReader(file, options))
  }

  @Test(arguments: oracles) func lackeyReferencesMissAsCachegrindSays(_ oracle: Oracle) throws {
    var model = NaiveHierarchy(
      code: .init(oracle.i1.0, oracle.i1.1), data: .init(oracle.d1.0, oracle.d1.1),
      second: .init(oracle.ll.0, oracle.ll.1))
    var counts: [UInt64] = [0, 0, 0]
    for access in try Self.accesses.get() {
      counts[Int(access.kind.rawValue)] += 1
      let pages =
        access.address >> 12 == access.last >> 12
        ? [access.address >> 12] : [access.address >> 12, access.last >> 12]
      model.reference(isCode: access.kind == .fetch, pages: pages, shift: 12)
    }
    let m = oracle.misses
    #expect(counts == [1_810_981, m[2], m[5]])
    #expect(model.code.misses == m[0])
    #expect(model.data.misses == m[3] + m[6])
    #expect(model.second.lookups == m[0] + m[3] + m[6])
    #expect(model.second.misses == m[1] + m[4] + m[7])
  }

  @Test(arguments: oracles) func theEngineCountsAsCachegrindSays(_ oracle: Oracle) throws {
    func array(
      _ name: String, _ level: Int, _ side: ArraySide, _ shape: (Int, Int)
    ) throws -> TLBArray {
      TLBArray(
        name: name, level: level, side: side, pageSizes: [.base4K],
        geometry: try TLBGeometry(entries: shape.0, ways: shape.1), evidence: .assumed)
    }
    var machine = Machine(
      id: "cachegrind", name: "cachegrind",
      arrays: [
        try array("I1", 1, .instruction, oracle.i1), try array("D1", 1, .data, oracle.d1),
        try array("LL", 2, .unified, oracle.ll),
      ])
    machine.pageSizes = [.base4K]
    var replay = try AddressReplay(machine: machine, pageSize: .base4K, crossing: .one)
    try Self.accesses.get().withUnsafeBufferPointer { try replay.process($0) }
    try replay.finish()
    let counters = replay.engine.counters
    let m = oracle.misses
    #expect([counters.fetches, counters.loads, counters.stores] == [1_810_981, m[2], m[5]])
    #expect(
      counters.arrays.map(\.misses) == [m[0], m[3] + m[6], m[1] + m[4] + m[7]])
    #expect(counters.arrays[2].lookups == m[0] + m[3] + m[6])
  }
}

/// The path of a file in `Tests/SimTests/Data`.
func testData(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Data").appending(path: name).path()
}

/// Every access of a trace, in order.
func allAccesses(_ reader: (any AddressReader)?) throws -> [RawAccess] {
  var reader = try #require(reader)
  let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 4096)
  defer { block.deallocate() }
  var all: [RawAccess] = []
  while true {
    let count = try reader.read(into: block)
    if count == 0 { return all }
    all.append(contentsOf: block[..<count])
  }
}

/// Both tools run here and now, on one program with one environment and one address layout.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/valgrind")))
struct LiveValgrindTests {
  @Test func aLiveLackeyTraceMissesAsALiveCachegrindRunSays() throws {
    let folder = try TemporaryFolder()
    let lackey = folder.path("trace")
    let summary = folder.path("counts")
    func valgrind(_ options: [String]) throws {
      let clean = ["-i", "setarch", "x86_64", "-R", "/usr/bin/valgrind"]
      try run("env", clean + options + ["/bin/true"])
    }
    try valgrind(["--tool=lackey", "--trace-mem=yes", "--log-file=\(lackey)"])
    try valgrind([
      "--tool=cachegrind", "--cache-sim=yes", "--log-file=/dev/null", "--I1=65536,4,4096",
      "--D1=65536,4,4096", "--LL=524288,8,4096", "--cachegrind-out-file=\(summary)",
    ])
    let line = try #require(
      InputFile.text(summary).split(separator: "\n").last { $0.hasPrefix("summary:") })
    // Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw
    let m = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
    try #require(m.count == 9)
    var options = AddressReaderOptions()
    options.modifyIsOneLoad = true
    let all = try allAccesses(TraceFormat.lackey.addressReader(InputFile(lackey), options))
    var model = NaiveHierarchy(code: .init(16, 4), data: .init(16, 4), second: .init(128, 8))
    for access in all {
      let (first, last) = (access.address >> 12, access.last >> 12)
      let pages = first == last ? [first] : [first, last]
      model.reference(isCode: access.kind == .fetch, pages: pages, shift: 12)
    }
    #expect(all.count { $0.kind == .fetch } == Int(m[0]))
    #expect(all.count { $0.kind == .load } == Int(m[3]))
    #expect(model.code.misses == m[1])
    #expect(model.data.misses == m[4] + m[7])
    #expect(model.second.misses == m[2] + m[5] + m[8])
  }
}
