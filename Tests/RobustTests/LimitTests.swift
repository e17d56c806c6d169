import Foundation
import Sim
import TestSupport
import Testing

@Suite("Every size an input decides is bounded, and the error names the bound", .serialized)
struct LimitTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  /// What a command had done after some seconds: ended with a code, or taken so much memory.
  private struct Reach {
    var status: Int32?
    var complaints = ""
    var peakKiB = 0
  }

  private func run(_ arguments: [String], seconds: Double = 4) throws -> Reach {
    let process = Process()
    let complaints = try folder.write("complaints", "")
    process.executableURL = URL(filePath: program.path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: complaints)
    try process.run()
    var reach = Reach()
    let end = ContinuousClock.now + .seconds(seconds)
    while process.isRunning, ContinuousClock.now < end {
      let status = try? String(
        contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      let peak = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let kilobytes = peak?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      reach.peakKiB = max(reach.peakKiB, kilobytes ?? 0)
      Thread.sleep(forTimeInterval: 0.01)
    }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) } else { reach.status = 0 }
    process.waitUntilExit()
    if reach.status != nil { reach.status = process.terminationStatus }
    reach.complaints = try String(contentsOfFile: complaints, encoding: .utf8)
    return reach
  }

  /// 100 GB that take no room on the disk.
  private func sparse(_ name: String) throws -> String {
    let path = try folder.write(name, "")
    #expect(truncate(path, 100_000_000_000) == 0)
    return path
  }

  @Test("a sparse trace of 100 GB is refused at once or read in constant memory")
  func sparseTrace() throws {
    let l1d = ["--l1d", "64x4"]
    let runs: [(arguments: [String], says: String?)] = [
      (["tlb", try sparse("a.u64"), "--format", "u64"] + l1d, nil),
      (["tlb", try sparse("a.champsim"), "--format", "champsim"] + l1d, nil),
      (["tlb", try sparse("a.din"), "--format", "din"] + l1d, "longer than 16 MiB"),
      (["tlb", try sparse("a.lackey"), "--format", "lackey"] + l1d, "longer than 16 MiB"),
      (["tlb", try sparse("a.kft"), "--format", "kft", "--layout", "recorded"] + l1d, "no .kft"),
      (["curve", try sparse("b.u64"), "--sets", "1..4", "--ways", "1..4"], nil),
      (["replay", try sparse("a.trace"), "--system", "linux-6.1"], "larger than the 1GiB"),
      (["check", try sparse("a.yaml")], "larger than the 256MiB"),
      (["compare", try sparse("b.yaml")], "larger than the 1MiB"),
      (["report", try sparse("a.json"), "--html", folder.path("o")], "larger than the 256MiB"),
    ]
    for (arguments, says) in runs {
      let reach = try run(arguments)
      #expect(reach.peakKiB < 300_000, "\(arguments): \(reach.peakKiB) KiB")
      guard let says else {
        #expect(reach.status == nil || reach.status == 0, "\(arguments): \(reach.complaints)")
        continue
      }
      #expect(reach.status == 65, "\(arguments): \(reach.status ?? -1)")
      #expect(reach.complaints.contains(says), "\(arguments): \(reach.complaints)")
    }
  }

  @Test("what is too many is refused by its number")
  func counts() throws {
    func says(_ limit: String, _ body: () throws -> Void) {
      let error = #expect(throws: InputError.self, performing: body)
      #expect(error?.description.contains(limit) == true, "\(error?.description ?? "")")
    }
    let listing = (0...LoadedSet.limit).map { "m\($0) 1 0\n" }.joined()
    says("100000 modules") { _ = try LoadedSet(text: listing, file: "f") }
    says("1073741824") {
      _ = try CatalogReader.read("module,text\na,1073741825\n", file: "f")
    }
    let axis = "[" + (0..<1001).map { "\($0)" }.joined(separator: ",") + "]"
    says("1000000 points") {
      _ = try SweepPlanReader.read(
        text: "scenario: s.yaml\naxes: {a: \(axis), b: \(axis)}\n", file: "f")
    }
    var pages = "id,vaddr,class,owner\n"
    for id in 0...RecordedPages.idLimit {
      pages += "\(id),\(String(UInt64(id) << 12, radix: 16)),x,\n"
    }
    says("262144 pages") {
      _ = try RecordedPages(InputFile(bytes: Array(pages.utf8), name: "f"))
    }
    says("1048576 bytes") {
      let line = InputFile(bytes: Array("I  1000,1048577\n".utf8), name: "f")
      var reader = try #require(TraceFormat.lackey.addressReader(line))
      let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 64)
      defer { block.deallocate() }
      _ = try reader.read(into: block)
    }
    let deep = String(repeating: "[", count: 100_000)
    says("nested") { _ = try JSONValue(parsing: deep, file: "f") }
    let blocks = String(repeating: "- ", count: 70) + "x"
    says("64 levels") { _ = try StrictYAML(text: blocks, file: "f") }
    let laughs = (1...9).map { level in
      let below = (1...6).map { _ in "*a\(level - 1)" }
      return "a\(level): &a\(level) [\(below.joined(separator: ", "))]"
    }
    says("2000000 values") {
      _ = try StrictYAML(text: (["a0: &a0 x"] + laughs).joined(separator: "\n"), file: "f")
    }
  }

  @Test("modules too large to be linked in are refused, not wrapped around the address space")
  func room() throws {
    let rows = (0..<9).map { "m\($0),1073741824\n" }.joined()
    try folder.write("large.csv", "module,text\n" + rows)
    let kernel = FaultTests.data + "kernel.csv"
    let scenario = """
      name: large
      system: linux-6.1
      machine: teach-tiny
      kernel: {image: small-kernel, sections: "\(kernel)"}
      modules: {catalog: large.csv, names: [m0, m1, m2, m3, m4, m5, m6, m7, m8]}
      memory: {size: 64MiB, age: fresh}
      workload: {synthetic: {references: 5000, warmup: 0.2}}
      arms: [monolithic, modular]
      replicates: 2

      """
    // Linked in are the modules named, or, by an arm of everything, the whole catalog.
    let everything = scenario.replacing("m0, m1, m2, m3, m4, m5, m6, m7, m8", with: "m0")
      .replacing("[monolithic, modular]", with: "[everything, modular]")
    for text in [scenario, everything] {
      let answer = try program.run(["compare", folder.write("large.yaml", text)])
      #expect(
        answer.status == 65 && answer.complaints.contains("do not fit"), "\(answer.complaints)")
    }
  }

  @Test("a recording of too few pages to draw references from is refused, not trapped on")
  func fewPages() throws {
    let answer = try program.run(
      ["fit", CorpusTests.corpus + "/kft/capture.kft", "--references", "1000"])
    #expect(answer.status == 65 && answer.complaints.contains("too few pages"))
  }

  @Test("a load/unload trace of 20,000 events and a catalog of 20,000 rows take megabytes")
  func moderate() throws {
    var trace = "0 boot\n"
    for event in 0..<20_000 {
      let verb = event % 2 == 0 ? "load m\(event / 2 % 50) text=20KiB" : "unload m\(event / 2 % 50)"
      trace += "\(event + 1) \(verb)\n"
    }
    let replayed = try run(
      ["replay", folder.write("long.trace", trace), "--system", "linux-6.1"], seconds: 60)
    #expect(replayed.status == 0, "\(replayed.complaints)")
    #expect(replayed.peakKiB < 400_000, "\(replayed.peakKiB) KiB")
    let rows = (0..<20_000).map { "m\($0),4096,m\($0 / 2 + 30_000)\n" }.joined()
    let checked = try run(
      ["check", folder.write("long.csv", "module,text,depends\n" + rows)], seconds: 60)
    #expect(checked.status == 0 && checked.peakKiB < 200_000, "\(checked.complaints)")
  }
}
