import Sim
import TestSupport
import Testing

@Suite struct InputFileTests {
  static let tools = [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst")]

  static func sample(_ count: Int) -> [UInt8] {
    var state: UInt32 = 7
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 28)
    }
  }

  @Test(arguments: tools) func everyCompressionReadsBackWhatTheToolPacked(
    tool: String, suffix: String
  ) throws {
    let folder = try TemporaryFolder()
    let bytes = Self.sample(700_001)
    let plain = try folder.write("a", bytes)
    // The name says nothing; the content does.
    let packed = try folder.write("b", run(tool, ["-q", "-c", plain]))
    #expect(try InputFile.contents(packed) == bytes)
    let twice = try folder.write("c", InputFile.contents(plain) + [])
    #expect(try InputFile.contents(twice) == bytes)
    let joined = try folder.write(
      "d", run(tool, ["-q", "-c", plain]) + run(tool, ["-q", "-c", plain]))
    #expect(try InputFile.contents(joined) == bytes + bytes)
  }

  @Test(arguments: tools) func aTruncatedOrDamagedFileIsAnErrorWithAByte(
    tool: String, suffix: String
  ) throws {
    let folder = try TemporaryFolder()
    let packed = Array(try run(tool, ["-q", "-c", folder.write("a", Self.sample(300_000))]))
    for cut in [packed.count - 1, packed.count / 2, 20] {
      let path = try folder.write("cut", packed.prefix(cut))
      let error = #expect(throws: InputError.self) { try InputFile.contents(path) }
      #expect(error?.kind == .badData)
      #expect(error?.description.contains("byte ") == true)
    }
    var damaged = packed
    for i in 0..<64 { damaged[packed.count / 2 + i] ^= 0x5a }
    let path = try folder.write("damaged", damaged)
    #expect(throws: InputError.self) { try InputFile.contents(path) }
  }

  @Test func aMissingFileAndAFolderAreToldApart() throws {
    let folder = try TemporaryFolder()
    #expect(throws: InputError.self) { try InputFile(folder.path("")) }
    let error = #expect(throws: InputError.self) { try InputFile(folder.path("nothing")) }
    #expect(error?.kind == .missing)
  }

  @Test func aLimitIsKept() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a", Self.sample(5000))
    #expect(throws: InputError.self) { try InputFile.contents(path, limit: 4999) }
    #expect(try InputFile.contents(path, limit: 5000).count == 5000)
  }

  @Test func linesOfAnyLengthComeOutAsSplitDoes() throws {
    let folder = try TemporaryFolder()
    var text = "first\r\n\n" + String(repeating: "x", count: 600_000) + "\n"
    for i in 0..<50_000 { text += "line \(i)\n" }
    text += "no feed at the end"
    let reader = try LineReader(InputFile(folder.write("a", text)))
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    let expected = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == reader.number)
    #expect(
      lines
        == text.replacing("\r\n", with: "\n").split(
          separator: "\n", omittingEmptySubsequences: false
        ).map { String($0) })
    #expect(expected.count > 50_000)
  }

  @Test func aMappedFileIsOnlyMadeOfPlainBytes() throws {
    let folder = try TemporaryFolder()
    let plain = try folder.write("a", Self.sample(9000))
    #expect(try MappedFile(plain).map { Array($0.bytes) } == Self.sample(9000))
    let packed = try folder.write("b", run("zstd", ["-q", "-c", plain]))
    #expect(try MappedFile(packed) == nil)
    #expect(try MappedFile("-") == nil)
  }

  @Test func anUncommittedOutputLeavesNothingBehind() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try OutputFile(folder.path("out"))
      try file.write("half")
    }
    #expect(try run("ls", ["-A", folder.path("")]).isEmpty)
    let file = try OutputFile(folder.path("out"))
    try file.write("0123456789")
    try file.rewrite([65, 66], at: 4)
    try file.commit()
    #expect(try InputFile.text(folder.path("out")) == "0123AB6789")
    let error = #expect(throws: InputError.self) { try OutputFile(folder.path("no/such/out")) }
    #expect(error?.kind == .cannotCreate)
  }
}
