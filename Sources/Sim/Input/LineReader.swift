private import Glibc

/// The lines of a text file of any length, one at a time, without copying them out.
public final class LineReader {
  public let file: InputFile
  /// 1-based number of the line `next` gave last.
  public private(set) var number = 0
  /// Byte offset, in the decompressed text, of the line `next` gave last.
  public private(set) var offset: UInt64 = 0

  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var start = 0
  private var end = 0
  private var base: UInt64 = 0
  private var reachedEnd = false

  /// Longest line taken, bytes.
  public static let lineLimit = 1 << 24

  public init(_ file: InputFile) { self.file = file }

  deinit { buffer.deallocate() }

  /// The next line without its line feed and carriage return; nil at the end. The bytes stay valid
  /// until the next call.
  public func next() throws(InputError) -> UnsafeBufferPointer<UInt8>? {
    var searched = start
    while true {
      if let from = buffer.baseAddress, searched < end,
        let feed = memchr(from + searched, 10, end - searched)
      {
        return take(upTo: from.distance(to: feed), skip: 1)
      }
      searched = end
      if reachedEnd { return start == end ? nil : take(upTo: end, skip: 0) }
      searched -= start
      try refill()
    }
  }

  /// An error at the line `next` gave last.
  public func error(_ message: String, column: Int = 0) -> InputError {
    InputError(file: file.name, line: number, column: column, message)
  }

  private func take(upTo stop: Int, skip: Int) -> UnsafeBufferPointer<UInt8> {
    number += 1
    offset = base + UInt64(start)
    var line = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<stop])
    if line.last == 13 { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
    start = stop + skip
    return line.assumingMemoryBound(to: UInt8.self)
  }

  private func refill() throws(InputError) {
    guard let from = buffer.baseAddress else { return }
    let kept = end - start
    if kept > buffer.count / 2 {
      guard buffer.count < LineReader.lineLimit else {
        throw InputError(file: file.name, line: number + 1, "the line is longer than 16 MiB")
      }
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: buffer.count * 2, alignment: 16)
      larger.baseAddress?.copyMemory(from: from + start, byteCount: kept)
      buffer.deallocate()
      buffer = larger
    } else {
      memmove(from, from + start, kept)
    }
    base += UInt64(start)
    start = 0
    end = kept
    let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    end += count
    reachedEnd = count == 0
  }
}
