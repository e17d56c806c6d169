/// Replays files of raw little-endian 8-byte addresses through plain levels.
public enum RawReplay {
  // Safe: slices lie in the mapping, whole addresses only, and what is released lies behind them;
  // the block is freed where it was made.
  /// What a raw replay counted; `misses` one a level.
  public struct Counts: Hashable, Sendable {
    public var references: UInt64 = 0
    public var misses: [UInt64]
  }

  /// Addresses between two times memory is given back.
  private static let slice = 1 << 20

  /// Runs a whole file, plain files straight from their pages in memory.
  ///
  /// - Precondition: `AddressPipeline.fits(levels)`.
  /// - Throws: kind `missing`; `badData` for a file that ends within an address.
  public static func run(
    _ path: String, levels: [TLBGeometry], pageSize: PageSize, portable: Bool = false,
    jobs: Int = 1, seed: UInt64 = 1, arrays: [Int] = [0, 1]
  ) throws -> Counts {
    if let file = try MappedFile(path) {
      if jobs > 1, LRUPipeline.fits(levels) {
        let chunked = ChunkedReplay(
          levels: levels, shift: UInt32(pageSize.shift), portable: portable, jobs: jobs)
        if let counts = unsafe chunked.run(
          try addresses(file), done: { file.release(upTo: $0 * 8) })
        {
          return counts
        }
        file.rewind()
      }
      var pipeline = AddressPipeline(
        levels, pageSize: pageSize, portable: portable, seed: seed, arrays: arrays)
      try unsafe slices(file) { unsafe pipeline.process($0) }
      return pipeline.counts
    }
    var pipeline = AddressPipeline(
      levels, pageSize: pageSize, portable: portable, seed: seed, arrays: arrays)
    let file = try InputFile(path)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe file.readTrace(into: block)
      if count == 0 { return pipeline.counts }
      guard count % 8 == 0 else {
        throw truncated(file.name, file.position - UInt64(count % 8), count % 8)
      }
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<count])
      unsafe pipeline.process(bytes.assumingMemoryBound(to: UInt64.self))
    }
  }

  /// The addresses of a plain file piece by piece, the memory of each given back after it.
  /// - Throws: `badData` when the file ends within an address; what `body` throws.
  public static func slices(
    _ file: MappedFile, _ body: (UnsafeBufferPointer<UInt64>) throws -> Void
  ) throws {
    let addresses = try unsafe addresses(file)
    var start = 0
    while start < addresses.count {
      let end = min(addresses.count, start + slice)
      try unsafe body(UnsafeBufferPointer(rebasing: addresses[start..<end]))
      file.release(upTo: end * 8)
      start = end
    }
  }

  /// The addresses of a plain file. - Throws: `badData` when it is empty or ends within one.
  public static func addresses(
    _ file: MappedFile
  ) throws(InputError) -> UnsafeBufferPointer<UInt64> {
    if unsafe file.bytes.isEmpty { throw InputError.emptyTrace(file.name) }
    let rest = unsafe file.bytes.count % 8
    guard rest == 0 else {
      throw unsafe truncated(file.name, UInt64(file.bytes.count - rest), rest)
    }
    return unsafe file.bytes.assumingMemoryBound(to: UInt64.self)
  }

  private static func truncated(_ name: String, _ byte: UInt64, _ rest: Int) -> InputError {
    InputError(file: name, byte: byte, "the file ends within a record: \(rest) bytes of 8")
  }
}
