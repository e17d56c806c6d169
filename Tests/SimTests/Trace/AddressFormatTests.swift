import Sim
import TestSupport
import Testing

@Suite struct AddressFormatTests {
  /// What every format says for a few hand-written lines or bytes, by its own documentation.
  struct Sample: Sendable {
    let format: TraceFormat
    let text: String
    let accesses: [RawAccess]
  }

  static let samples = [
    Sample(
      format: .din, text: "2 401ab73\n0 0x1fff000d0a extra\n1 7\n4 8\n5 9\n3 c\n",
      accesses: [
        RawAccess(.fetch, 0x401_ab70, size: 4), RawAccess(.load, 0x1f_ff00_0d08, size: 4),
        RawAccess(.store, 4, size: 4), RawAccess(.load, 0xc, size: 4),
      ]),
    Sample(
      format: .xdin, text: "i 401ab70 3\nR 0x1ffe 10 rest\nw ffffffff81000000 8\nc 1 1\nv 2 1\n",
      accesses: [
        RawAccess(.fetch, 0x401_ab70, size: 3), RawAccess(.load, 0x1ffe, size: 16),
        RawAccess(.store, 0xffff_ffff_8100_0000, size: 8),
      ]),
    Sample(
      format: .lackey,
      text: "==1== Lackey\nI  0401ab70,3\n S 1fff000d08,8\n L 04222cac,4\n M 0421c7cc,4\n SB x\n",
      accesses: [
        RawAccess(.fetch, 0x401_ab70, size: 3), RawAccess(.store, 0x1f_ff00_0d08, size: 8),
        RawAccess(.load, 0x422_2cac, size: 4), RawAccess(.load, 0x421_c7cc, size: 4),
        RawAccess(.store, 0x421_c7cc, size: 4),
      ]),
    Sample(
      format: .drmemtraceText,
      text: """
        Output format:
        <--record#-> <--instr#->: <---tid---> <record details>
        ------------------------------------------------------------
                   1           0:   W0.T3256418 <marker: version 4>
                  10           1:   W0.T3256418 ifetch       3 byte(s) @ 0x00007f6fdd3ec360 48 89 e7  mov %rsp -> %rdi
                  11           1:   W0.T3256418 write        8 byte(s) @ 0x00007ffc2b2de1d8 by PC 0x00007f6fdd3ec363
                  12           2:   W0.T3256418 read         4 byte(s) @ 0x00007f6fdd41d068 by PC 0x00007f6fdd3ecd17
                  13           2:   W0.T3256418 non-fetched  2 byte(s) @ 0x00007f6fdd3ecd20 f3 a4

        """,
      accesses: [
        RawAccess(.fetch, 0x7f6f_dd3e_c360, size: 3), RawAccess(.store, 0x7ffc_2b2d_e1d8, size: 8),
        RawAccess(.load, 0x7f6f_dd41_d068, size: 4),
      ]),
    Sample(
      format: .perfScript,
      text: """
        # captured on x
                 swapper     0 [000]  1234.567890:  cpu/mem-loads,ldlat=30/P:  ffff88810036a2c0 ffffffff81a45f10 memcpy+0x10 ([kernel.kallsyms])
          kworker/u8:1   212 [001]  1234.567991:        cpu/mem-stores/P:       7ffd0010 ffffffffc06c3010 ext4_x+0x0 ([ext4])
              my prog    77 [003]  1235.000001: instructions:  5581a2 main+0x2 (/bin/prog)

        """,
      accesses: [
        RawAccess(.fetch, 0xffff_ffff_81a4_5f10, size: 1),
        RawAccess(.load, 0xffff_8881_0036_a2c0, size: 1),
        RawAccess(.fetch, 0xffff_ffff_c06c_3010, size: 1), RawAccess(.store, 0x7ffd_0010, size: 1),
        RawAccess(.fetch, 0x55_81a2, size: 1),
      ]),
    Sample(
      format: .perfMem,
      text: """
        # PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL
         1024  1024 0xffffffff8109651e 0xffff88021e80f4a8  7 0x26a100142 [kernel.kallsyms]:x
        1024;1025;0xffffffff81096520;0xffff88021e80f4b0;9;0x68100144;[kernel.kallsyms]:y

        """,
      accesses: [
        RawAccess(.fetch, 0xffff_ffff_8109_651e, size: 1),
        RawAccess(.load, 0xffff_8802_1e80_f4a8, size: 1),
        RawAccess(.fetch, 0xffff_ffff_8109_6520, size: 1),
        RawAccess(.store, 0xffff_8802_1e80_f4b0, size: 1),
      ]),
  ]

  func read(_ format: TraceFormat, _ path: String) throws -> [RawAccess] {
    try allAccesses(format.addressReader(InputFile(path)))
  }

  @Test(arguments: samples) func textIsReadAsItsToolWritesIt(_ sample: Sample) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("trace", sample.text)
    #expect(try read(sample.format, path) == sample.accesses)
    #expect(try TraceFormat.sniffed(path) == sample.format)
  }

  @Test(arguments: samples) func aSpoiledLineIsNamedWithItsNumber(_ sample: Sample) throws {
    let folder = try TemporaryFolder()
    let bad =
      sample.format == .drmemtraceText ? "  9 9: W0.T1 read x byte(s) @ 0x1\n" : "0 zz,q @\n"
    let path = try folder.write("trace", sample.text + bad)
    let line = sample.text.split(separator: "\n", omittingEmptySubsequences: false).count
    let error = #expect(throws: InputError.self) { try read(sample.format, path) }
    #expect(error?.diagnostics.first?.line == line)
    #expect(error?.kind == .badData)
  }

  static let junk: [(TraceFormat, String, column: Int)] = [
    (.din, "0 12zz", 3), (.din, "0g 12", 1), (.xdin, "r 12zz 4", 3), (.xdin, "r 12 4zz", 6),
    (.lackey, " L 12zz,4", 6), (.lackey, " L 12,4zz", 8),
    (.drmemtraceText, "  9 9: W0.T1 read 4 byte(s) @ 0x12zz", 31),
    (.perfScript, "cat 1 1.5: cycles: 12zz", 20), (.perfMem, "1 1 0x12zz 0x10 7 0x1 x", 0),
  ]

  @Test(arguments: junk) func aNumberWithMoreBehindItIsNoNumber(
    _ format: TraceFormat, _ line: String, column: Int
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("trace", line + "\n")
    let error = #expect(throws: InputError.self) { try read(format, path) }
    #expect(error?.diagnostics.first?.line == 1)
    #expect(error?.diagnostics.first?.column == column)
  }

  @Test func aSymbolOfHexadecimalLettersIsNoAddress() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("trace", "cat 1 1.5: cycles: 1f add_timer (x)\n")
    #expect(try read(.perfScript, path) == [RawAccess(.fetch, 0x1f, size: 1)])
  }

  @Test func binaryRecordsAreReadAtTheirOffsets() throws {
    let folder = try TemporaryFolder()
    func little(_ value: UInt64, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
    let dinb =
      little(0x8049_1234, 4) + little(6, 2) + [2, 0] + little(0x10, 4) + little(1, 2) + [1, 0]
    #expect(
      try read(.dinb, folder.write("b", dinb)) == [
        RawAccess(.fetch, 0x8049_1234, size: 6), RawAccess(.store, 0x10, size: 1),
      ])
    let head = little(0x401000, 8) + [1, 0, 0, 0, 0, 0, 0, 0]
    let champsim =
      head + little(0x2000, 8) + little(0, 8) + little(0x3000, 8) + little(0x3008, 8)
      + little(0, 16)
    let expected = [
      RawAccess(.fetch, 0x401000, size: 1), RawAccess(.load, 0x3000, size: 1),
      RawAccess(.load, 0x3008, size: 1), RawAccess(.store, 0x2000, size: 1),
    ]
    #expect(try read(.champsim, folder.write("c", champsim)) == expected)
    let cloudsuite =
      head + little(0, 8) + little(0x2000, 8) + little(0, 24) + little(0x3000, 8)
      + little(0x3008, 8) + little(0, 16) + little(0, 8)
    #expect(cloudsuite.count == 96)
    #expect(try read(.champsimCloudsuite, folder.write("d", cloudsuite)) == expected)
    let oracle =
      little(7, 4) + little(0xffff_ffff_8100_0, 8) + little(4096, 4) + little(UInt64.max, 8)
    #expect(
      try read(.oracleGeneral, folder.write("e", oracle)) == [
        RawAccess(.load, 0xffff_ffff_8100_0000, size: 1)
      ])
  }

  @Test(arguments: [
    (TraceFormat.champsim, 64), (.champsimCloudsuite, 96), (.dinb, 8), (.oracleGeneral, 24),
    (.u64, 8),
  ])
  func aBinaryFileOfOddLengthIsAnErrorAtTheCutRecord(_ format: TraceFormat, _ size: Int) throws {
    let folder = try TemporaryFolder()
    var record = [UInt8](repeating: 0, count: size)
    if format == .dinb { record[4] = 1 }
    let bytes = Array(repeatElement(record, count: 5).joined()) + [0, 0, 0]
    let error = #expect(throws: InputError.self) {
      try read(format, folder.write("odd", bytes))
    }
    #expect(error?.description.contains("byte \(5 * size)") == true)
  }

  /// Accesses a format can state exactly.
  static func canonical(_ format: TraceFormat, seed: UInt64) -> [RawAccess] {
    var random = Xoshiro(seed: seed)
    return (0..<3000).map { _ in
      let kind = AccessKind.allCases[Int(random.next() % 3)]
      let address = random.next() >> (random.next() % 40)
      let size = UInt32(1 + random.next() % 64)
      switch format {
      case .din: return RawAccess(kind, address & ~3, size: 4)
      case .xdin, .lackey: return RawAccess(kind, address, size: size)
      case .champsim: return RawAccess(kind, max(1, address), size: 1)
      case .oracleGeneral: return RawAccess(.load, address & ~0xfff, size: 1)
      default: return RawAccess(.load, address, size: 1)
      }
    }
  }

  @Test(arguments: AddressWriter.formats, [UInt64(1), 2, 3])
  func whatIsWrittenReadsBackTheSame(_ format: TraceFormat, seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("trace")
    let accesses = Self.canonical(format, seed: seed)
    var writer = try AddressWriter(path, format: format)
    for access in accesses { try writer.write(access) }
    try writer.finish()
    #expect(try read(format, path) == accesses)
  }

  @Test func oracleGeneralStatesTheTrueNextAccess() throws {
    let folder = try TemporaryFolder()
    var writer = try AddressWriter(folder.path("o"), format: .oracleGeneral)
    let pages: [UInt64] = [5, 6, 5, 5, 7, 6]
    for page in pages { try writer.write(RawAccess(.load, page << 12, size: 1)) }
    try writer.finish()
    let bytes = try InputFile.contents(folder.path("o"))
    let next = pages.indices.map { index in
      bytes[(index * 24 + 16)..<(index * 24 + 24)].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
    }
    #expect(next.map { Int64(bitPattern: $0) } == [2, 5, 3, -1, -1, -1])
  }

  @Test func everyFormatHasASummaryAndAddressFormatsHaveAReader() throws {
    for format in TraceFormat.allCases {
      #expect(!format.summary.isEmpty)
      let reader = format.addressReader(InputFile(bytes: [0], name: "x"))
      #expect((reader != nil) == format.isAddressTrace)
    }
  }
}
