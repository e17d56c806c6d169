private import CLzma
private import CZlib
private import CZstd

/// What one step of a decompressor took and gave.
struct DecompressorStep {
  let consumed: Int
  let produced: Int
}

/// Why a decompressor gave up.
struct DecompressionFailure: Error { let reason: String }

/// One compressed stream being unpacked, a buffer at a time.
protocol Decompressor: AnyObject {
  /// Whether the stream may end here: before the first frame's end it may not.
  var atFrameEnd: Bool { get }
  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep
}

/// gzip, one or several members.
final class GzipDecompressor: Decompressor {
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var atFrameEnd = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    if input.isEmpty { return DecompressorStep(consumed: 0, produced: 0) }
    if atFrameEnd {
      inflateReset(stream)
      atFrameEnd = false
    }
    let taken = min(input.count, 1 << 30)
    let room = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(taken)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    let status = inflate(stream, Z_NO_FLUSH)
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
      throw DecompressionFailure(reason: reason)
    }
    atFrameEnd = status == Z_STREAM_END
    return DecompressorStep(
      consumed: taken - Int(stream.pointee.avail_in), produced: room - Int(stream.pointee.avail_out)
    )
  }
}

/// xz, one or several streams.
final class XZDecompressor: Decompressor {
  private let stream: UnsafeMutablePointer<lzma_stream>
  private let ready: Bool
  private(set) var atFrameEnd = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: lzma_stream())
    let concatenated: UInt32 = 0x08  // LZMA_CONCATENATED, a macro Swift does not see
    ready = lzma_stream_decoder(stream, 256 << 20, concatenated) == LZMA_OK
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    guard ready else { throw DecompressionFailure(reason: "liblzma did not start") }
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = output.count
    let status = lzma_code(stream, atEnd ? LZMA_FINISH : LZMA_RUN)
    switch status {
    case LZMA_OK, LZMA_BUF_ERROR: break
    case LZMA_STREAM_END: atFrameEnd = true
    case LZMA_MEMLIMIT_ERROR:
      throw DecompressionFailure(reason: "its dictionary is larger than 256 MiB")
    default: throw DecompressionFailure(reason: "liblzma status \(status.rawValue)")
    }
    return DecompressorStep(
      consumed: input.count - stream.pointee.avail_in,
      produced: output.count - stream.pointee.avail_out)
  }
}

/// zstd, one or several frames. A frame that needs a window over 128 MiB is refused.
final class ZstdDecompressor: Decompressor {
  private let stream: OpaquePointer?
  private(set) var atFrameEnd = false

  init() { stream = ZSTD_createDStream() }

  deinit { ZSTD_freeDStream(stream) }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    if input.isEmpty && atFrameEnd { return DecompressorStep(consumed: 0, produced: 0) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let status = ZSTD_decompressStream(stream, &target, &source)
    guard ZSTD_isError(status) == 0 else {
      throw DecompressionFailure(reason: String(cString: ZSTD_getErrorName(status)))
    }
    atFrameEnd = status == 0
    return DecompressorStep(consumed: source.pos, produced: target.pos)
  }
}
