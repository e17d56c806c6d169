private import Glibc

/// The lines of a text file of any length, one at a time, without copying them out.
@safe public final class LineReader {
  // Safe: 0 <= start <= searched <= end <= buffer.count throughout, and the buffer is ours until
  // `deinit`. A line returned is valid until the next call, which every reader keeps to.
  public let file: InputFile
  /// 1-based number of the line `next` gave last.
  public private(set) var number = 0
  /// Byte offset, in the decompressed text, of the line `next` gave last.
  public private(set) var offset: UInt64 = 0

  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var base: UInt64 = 0
  private var reachedEnd = false

  /// Longest line taken, bytes.
  public static let lineLimit = 1 << 24

  public init(_ file: InputFile) {
    self.file = file
    unsafe buffer = .allocate(byteCount: file.room, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  /// The next line without its line feed and carriage return; nil at the end. The bytes stay valid
  /// until the next call.
  public func next() throws(InputError) -> UnsafeBufferPointer<UInt8>? {
    var searched = start
    while true {
      if let from = unsafe buffer.baseAddress, searched < end,
        let feed = unsafe memchr(from + searched, 10, end - searched)
      {
        return unsafe take(upTo: from.distance(to: feed), skip: 1)
      }
      searched = end
      if reachedEnd { return unsafe start == end ? nil : take(upTo: end, skip: 0) }
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
    var line = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<stop])
    if unsafe line.last == 13 {
      unsafe line = unsafe UnsafeRawBufferPointer(rebasing: line.dropLast())
    }
    start = stop + skip
    return unsafe line.assumingMemoryBound(to: UInt8.self)
  }

  private func refill() throws(InputError) {
    guard let from = unsafe buffer.baseAddress else { return }
    let kept = end - start
    if unsafe kept > buffer.count / 2 {
      guard unsafe buffer.count < LineReader.lineLimit else {
        throw InputError(file: file.name, line: number + 1, "the line is longer than 16 MiB")
      }
      let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
        byteCount: buffer.count * 2, alignment: 16)
      unsafe larger.baseAddress?.copyMemory(from: from + start, byteCount: kept)
      unsafe buffer.deallocate()
      unsafe buffer = larger
    } else {
      unsafe memmove(from, from + start, kept)
    }
    base += UInt64(start)
    start = 0
    end = kept
    let count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    end += count
    reachedEnd = count == 0
  }
}
