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
@safe final class GzipDecompressor: Decompressor {
  // Safe: the stream is allocated and set up in `init`, torn down in `deinit`; zlib sees a caller's
  // buffers with their own counts, and only during a step.
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var atFrameEnd = false

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    if unsafe input.isEmpty { return DecompressorStep(consumed: 0, produced: 0) }
    if atFrameEnd {
      unsafe inflateReset(stream)
      atFrameEnd = false
    }
    let taken = min(input.count, 1 << 30)
    let room = min(output.count, 1 << 30)
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(taken)
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(room)
    let status = unsafe inflate(stream, Z_NO_FLUSH)
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      let reason =
        unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib status \(status)"
      throw DecompressionFailure(reason: reason)
    }
    atFrameEnd = status == Z_STREAM_END
    return unsafe DecompressorStep(
      consumed: taken - Int(stream.pointee.avail_in), produced: room - Int(stream.pointee.avail_out)
    )
  }
}

/// xz, one or several streams.
@safe final class XZDecompressor: Decompressor {
  // Safe: the stream is allocated and set up in `init`, torn down in `deinit`; liblzma sees a
  // caller's buffers with their own counts, and only during a step.
  private let stream: UnsafeMutablePointer<lzma_stream>
  private let ready: Bool
  private(set) var atFrameEnd = false

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    let concatenated: UInt32 = 0x08  // LZMA_CONCATENATED, a macro Swift does not see
    ready = unsafe lzma_stream_decoder(stream, 256 << 20, concatenated) == LZMA_OK
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    guard ready else { throw DecompressionFailure(reason: "liblzma did not start") }
    unsafe stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_in = input.count
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = output.count
    let status = unsafe lzma_code(stream, atEnd ? LZMA_FINISH : LZMA_RUN)
    switch status {
    case LZMA_OK, LZMA_BUF_ERROR: break
    case LZMA_STREAM_END: atFrameEnd = true
    case LZMA_MEMLIMIT_ERROR:
      throw DecompressionFailure(reason: "its dictionary is larger than 256 MiB")
    default: throw DecompressionFailure(reason: "liblzma status \(status.rawValue)")
    }
    return unsafe DecompressorStep(
      consumed: input.count - stream.pointee.avail_in,
      produced: output.count - stream.pointee.avail_out)
  }
}

/// zstd, one or several frames. A frame that needs a window over 128 MiB is refused.
@safe final class ZstdDecompressor: Decompressor {
  // Safe: the stream lives from `init` to `deinit`; zstd sees a caller's buffers with their own
  // counts, and only during a step.
  private let stream: OpaquePointer?
  private(set) var atFrameEnd = false

  init() { unsafe stream = unsafe ZSTD_createDStream() }

  deinit { unsafe ZSTD_freeDStream(stream) }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, atEnd: Bool
  ) throws(DecompressionFailure) -> DecompressorStep {
    if unsafe input.isEmpty && atFrameEnd { return DecompressorStep(consumed: 0, produced: 0) }
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let status = unsafe ZSTD_decompressStream(stream, &target, &source)
    guard ZSTD_isError(status) == 0 else {
      throw unsafe DecompressionFailure(reason: String(cString: ZSTD_getErrorName(status)))
    }
    atFrameEnd = status == 0
    return unsafe DecompressorStep(consumed: source.pos, produced: target.pos)
  }
}
