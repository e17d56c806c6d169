/// Replays files of raw little-endian 8-byte addresses through plain levels.
public enum RawReplay {
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
      let addresses = try addresses(file)
      let chunked = ChunkedReplay(
        levels: levels, shift: UInt32(pageSize.shift), portable: portable, jobs: jobs)
      if jobs > 1, LRUPipeline.fits(levels), let counts = chunked.run(addresses) { return counts }
      var pipeline = AddressPipeline(
        levels, pageSize: pageSize, portable: portable, seed: seed, arrays: arrays)
      var start = 0
      while start < addresses.count {
        let end = min(addresses.count, start + slice)
        pipeline.process(UnsafeBufferPointer(rebasing: addresses[start..<end]))
        file.release(upTo: end * 8)
        start = end
      }
      return pipeline.counts
    }
    var pipeline = AddressPipeline(
      levels, pageSize: pageSize, portable: portable, seed: seed, arrays: arrays)
    let file = try InputFile(path)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { block.deallocate() }
    while true {
      let count = try file.read(into: block)
      if count == 0 { return pipeline.counts }
      guard count % 8 == 0 else {
        throw truncated(file.name, file.position - UInt64(count % 8), count % 8)
      }
      let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<count])
      pipeline.process(bytes.assumingMemoryBound(to: UInt64.self))
    }
  }

  /// The addresses of a plain file. - Throws: `badData` when it ends within one.
  public static func addresses(
    _ file: MappedFile
  ) throws(InputError) -> UnsafeBufferPointer<UInt64> {
    let rest = file.bytes.count % 8
    guard rest == 0 else {
      throw truncated(file.name, UInt64(file.bytes.count - rest), rest)
    }
    return file.bytes.assumingMemoryBound(to: UInt64.self)
  }

  /// Hands the addresses of a plain file to `body` in pieces, giving back the memory of each.
  ///
  /// - Returns: false as soon as `body` does.
  public static func forEachSlice(
    _ file: MappedFile, _ body: (UnsafeBufferPointer<UInt64>) -> Bool
  ) throws(InputError) -> Bool {
    let addresses = try addresses(file)
    var start = 0
    while start < addresses.count {
      let end = min(addresses.count, start + slice)
      guard body(UnsafeBufferPointer(rebasing: addresses[start..<end])) else { return false }
      file.release(upTo: end * 8)
      start = end
    }
    return true
  }

  private static func truncated(_ name: String, _ byte: UInt64, _ rest: Int) -> InputError {
    InputError(file: name, byte: byte, "the file ends within a record: \(rest) bytes of 8")
  }
}
