import CCrypto

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// SHA-256 by libcrypto.
@safe public struct SHA256Digest: ~Copyable {
  // Safe: the context is made in `init`, freed in `deinit` and copied nowhere; OpenSSL reads the
  // bytes a caller lends only during the call, and `digest` has the 32 bytes it fills.
  private let context: OpaquePointer?

  /// - Precondition: libcrypto has memory for a digest's state, and SHA-256.
  public init() {
    unsafe context = EVP_MD_CTX_new()
    let status = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(status == 1, "libcrypto offers no SHA-256")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of everything given so far, 64 hexadecimal digits.
  public consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    _ = unsafe EVP_DigestFinal_ex(context, &digest, &length)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest of some bytes.
  public static func hex(_ bytes: [UInt8]) -> String {
    let digest = SHA256Digest()
    unsafe bytes.withUnsafeBytes { unsafe digest.update($0) }
    return digest.finish()
  }

  public static func hex(_ text: String) -> String { hex(Array(text.utf8)) }

  /// The digest and size of a file, or of a folder: of a line for each file in it, `digest  path`,
  /// sorted, as sha256sum prints them.
  /// - Throws: as `file`.
  public static func path(_ path: String) throws(InputError) -> (hex: String, bytes: UInt64) {
    guard isFolder(path) else { return try file(path) }
    var (text, bytes) = ("", UInt64(0))
    for name in files(in: path).sorted() {
      let own = try file("\(path)/\(name)")
      text += "\(own.hex)  \(name)\n"
      bytes += own.bytes
    }
    return (hex(text), bytes)
  }

  /// What lies at `path` itself: links are not followed.
  private static func kind(_ path: String) -> mode_t {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Regular files in a folder and those below it, by their paths from there.
  private static func files(in folder: String) -> [String] {
    SweepStore.names(in: folder).flatMap { name -> [String] in
      switch name == "." || name == ".." ? 0 : kind("\(folder)/\(name)") {
      case S_IFDIR: files(in: "\(folder)/\(name)").map { "\(name)/\($0)" }
      case S_IFREG: [name]
      default: []
      }
    }
  }

  /// The digest and size of a file as it lies on disk, compressed or not.
  /// - Throws: `InputError` of kind `missing` when it cannot be opened, `badData` when not read.
  public static func file(_ path: String) throws(InputError) -> (hex: String, bytes: UInt64) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InputError(file: path, kind: .missing, "cannot open: \(errorText(errno))")
    }
    defer { close(descriptor) }
    let digest = SHA256Digest()
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { unsafe block.deallocate() }
    var size: UInt64 = 0
    while true {
      let count = unsafe read(descriptor, block.baseAddress, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw InputError(file: path, "cannot read: \(errorText(errno))") }
      if count == 0 { return (digest.finish(), size) }
      unsafe digest.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
      size += UInt64(count)
    }
  }
}
