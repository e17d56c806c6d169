import Sim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The part of `kfrag bench` that takes a recorded stream: decoding, replay of the whole stream and
/// of the stripped one, and several layouts in one pass beside as many passes.
struct BenchStream {
  // Safe: a block is freed where it was made, after the loop; a reader fills `count` records of
  // it. Paths live for the call; the template ends in a zero, as mkstemp wants.
  let path: String
  let repeats: Int

  /// Sets of the filter that strips: as many as the smallest first level has.
  static let sets = 16

  func lines() throws -> [BenchLine] {
    let stripped = try strip()
    defer { unsafe unlink(stripped) }
    let decoded = try timed("decode", path) { source in try BenchStream.drain(&source) }
    let whole = try timed("replay", path) { try BenchStream.replayed(&$0, ["recorded"]) }
    let fewer = try timed("stripped", stripped) { try BenchStream.replayed(&$0, ["recorded"]) }
    let layouts = ["recorded", "base4k", "recorded", "base4k"]
    let shared = try timed("sharedPass", path) { try BenchStream.replayed(&$0, layouts) }
    let apart = try timed("separatePasses", path) { first in
      var misses = try BenchStream.replayed(&first, [layouts[0]])
      for layout in layouts.dropFirst() {
        var source = try KftSource(path)
        misses += try BenchStream.replayed(&source, [layout])
      }
      return misses
    }
    let base = whole.rate
    return [decoded, whole, fewer, shared, apart].map { $0.relative(to: base) }
  }

  /// A copy stripped for every first level of a multiple of `sets` sets.
  private func strip() throws -> String {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/kfrag-bench-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else {
      throw InputError(file: folder, "a temporary file cannot be made there")
    }
    close(descriptor)
    let copy = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      try strip(into: copy)
    } catch {
      unsafe unlink(copy)
      throw error
    }
    return copy
  }

  private func strip(into copy: String) throws {
    var source = try StrippedSource(
      KftSource(path), StripFilter(sets: BenchStream.sets, layout: .recorded))
    var writer = try KftWriter(copy)
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 16)
    unsafe block.initialize(repeating: ReferenceRecord(rawValue: 0))
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { break }
      try unsafe writer.append(UnsafeBufferPointer(rebasing: block[..<count]))
    }
    _ = try writer.finish(source.description)
  }

  /// The fastest of some runs over a stream. `work` returns references, then what it counted.
  private func timed(
    _ kernel: String, _ path: String, _ work: (inout KftSource) throws -> [UInt64]
  ) throws -> BenchLine {
    var best = Double.infinity
    var counts: [UInt64] = []
    for _ in 0..<repeats {
      let start = BenchCommand.seconds()
      var source = try KftSource(path)
      counts = try work(&source)
      best = min(best, BenchCommand.seconds() - start)
    }
    let references = Int(counts[0])
    return BenchLine(
      trace: self.path.split(separator: "/").last.map(String.init) ?? self.path, kernel: kernel,
      references: references, rate: Double(references) / max(best, 1e-9) / 1e6, ratio: nil,
      counts: Array(counts.dropFirst()))
  }

  /// References, and records.
  private static func drain(_ source: inout KftSource) throws -> [UInt64] {
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    unsafe block.initialize(repeating: ReferenceRecord(rawValue: 0))
    defer { unsafe block.deallocate() }
    var (references, records): (UInt64, UInt64) = (0, 0)
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { return [references, records] }
      records += UInt64(count)
      for index in 0..<count {
        let record = unsafe block[index]
        guard !record.isMarker else { continue }

        references += UInt64(record.count)
      }
    }
  }

  /// References, and the misses of every array by layout.
  private static func replayed(_ source: inout KftSource, _ layouts: [String]) throws -> [UInt64] {
    let arms = try layouts.map { layout in
      let binding = try StreamLayout(layout).binding(source.description)
      let sizes = Array(Set(binding.translations.map(\.size))).sorted()
      return try ReplayEngine(machine: machine(sizes), binding: binding)
    }
    try replay(&source, arms: arms)
    let counters = arms[0].counters
    let references = counters.fetches + counters.loads + counters.stores
    return [references] + arms.flatMap { $0.counters.arrays.map(\.misses) }
  }

  private static func machine(_ sizes: [PageSize]) throws -> Machine {
    func array(_ name: String, _ level: Int, _ side: ArraySide, _ shape: String) throws -> TLBArray
    {
      TLBArray(
        name: name, level: level, side: side, pageSizes: sizes, geometry: try TLBGeometry(shape),
        evidence: .assumed)
    }
    var machine = Machine(
      id: "bench", name: "bench",
      arrays: [
        try array("L1I", 1, .instruction, "128x8"), try array("L1D", 1, .data, "64x4"),
        try array("L2", 2, .unified, "1536x12"),
      ])
    machine.pageSizes = sizes
    return machine
  }
}
