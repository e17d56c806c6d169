/// What is wrong with one line, and where in it.
struct LineProblem: Error {
  let column: Int
  let message: String

  init(_ scanner: ByteScanner, _ message: String) {
    column = scanner.column
    self.message = message
  }

  init(_ message: String) {
    column = 0
    self.message = message
  }
}

/// Where a parser puts the accesses it finds; never more than `reserve` for one line or record.
@safe struct AccessSink {
  // Safe: a parser puts at most `reserve` accesses after `hasRoom` said there is room for them; the
  // block is the caller's for the length of `read`.
  static let reserve = 16
  let block: UnsafeMutableBufferPointer<RawAccess>
  private(set) var count = 0

  init(_ block: UnsafeMutableBufferPointer<RawAccess>) { unsafe self.block = unsafe block }

  var hasRoom: Bool { unsafe block.count - count >= AccessSink.reserve }

  @inline(__always)
  mutating func put(_ kind: AccessKind, _ address: UInt64, size: UInt32 = 1) {
    unsafe block[count] = RawAccess(kind, address, size: size)
    count += 1
  }
}

/// A text format with a line for an access or for nothing.
protocol AddressLineParser {
  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem)
}

/// Reads any text format.
struct AddressTextReader<Parser: AddressLineParser>: AddressReader {
  // Safe: a line is parsed before the next is read; the sink lives no longer than the block.
  private let lines: LineReader
  private var parser: Parser

  init(_ file: InputFile, _ parser: Parser) {
    lines = LineReader(file)
    self.parser = parser
  }

  mutating func read(into block: UnsafeMutableBufferPointer<RawAccess>) throws -> Int {
    precondition(block.count >= AccessSink.reserve, "a block holds one line's accesses at least")
    var sink = unsafe AccessSink(block)
    while sink.hasRoom, let line = try unsafe lines.next() {
      do throws(LineProblem) { try unsafe parser.parse(line, into: &sink) } catch {
        throw lines.error(error.message, column: error.column)
      }
    }
    if lines.number == 0 { throw InputError.emptyTrace(lines.file.name) }
    return sink.count
  }
}

/// A binary format of records of one size.
protocol AddressRecordParser {
  static var recordSize: Int { get }
  /// - Throws: why the record cannot be.
  func parse(_ record: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(LineProblem)
}

/// Reads any binary format of fixed records.
struct AddressRecordReader<Parser: AddressRecordParser>: AddressReader {
  // Safe: records are cut from the bytes read, whole ones only.
  private let file: InputFile
  private let parser: Parser
  private let buffer: RecordBuffer

  init(_ file: InputFile, _ parser: Parser) {
    self.file = file
    self.parser = parser
    buffer = RecordBuffer(byteCount: Parser.recordSize * 1024)
  }

  mutating func read(into block: UnsafeMutableBufferPointer<RawAccess>) throws -> Int {
    precondition(block.count >= AccessSink.reserve, "a block holds one record's accesses at least")
    let size = Parser.recordSize
    var sink = unsafe AccessSink(block)
    while sink.hasRoom {
      if buffer.at == buffer.end {
        let count = try unsafe file.readTrace(into: buffer.bytes)
        guard count % size == 0 else {
          throw InputError(
            file: file.name, byte: file.position - UInt64(count % size),
            "the file ends within a record: \(count % size) bytes of \(size)")
        }
        if count == 0 { break }
        buffer.at = 0
        buffer.end = count
      }
      let record = unsafe UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(buffer.bytes)[buffer.at..<buffer.at + size])
      do throws(LineProblem) { try unsafe parser.parse(record, into: &sink) } catch {
        throw InputError(
          file: file.name, byte: file.position - UInt64(buffer.end - buffer.at), error.message)
      }
      buffer.at += size
    }
    return sink.count
  }
}

@safe private final class RecordBuffer {
  // Safe: the bytes live from `init` to `deinit`, and their user keeps this object.
  let bytes: UnsafeMutableRawBufferPointer
  var at = 0
  var end = 0

  init(byteCount: Int) { unsafe bytes = .allocate(byteCount: byteCount, alignment: 16) }

  deinit { unsafe bytes.deallocate() }
}

extension UnsafeRawBufferPointer {
  // Safe: callers ask for offsets inside a record, whose size the format fixes.
  /// A little-endian number at `offset`.
  @inline(__always)
  func little<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
    unsafe T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}

extension ByteScanner {
  /// A size in bytes, 1 to 2^20.
  mutating func size(_ value: UInt64?) throws(LineProblem) -> UInt32 {
    guard let value, (1...1 << 20).contains(value) else {
      throw LineProblem(self, "want a size of 1 to 1048576 bytes")
    }
    return UInt32(value)
  }
}
