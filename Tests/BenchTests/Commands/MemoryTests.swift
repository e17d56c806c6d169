import Foundation
import Sim
import TestSupport
import Testing

/// What a command's memory depends on. Long traces here are a short one over 5,000 pages again and
/// again.
@Suite("Memory does not grow with the trace", .serialized)
struct MemoryTests {
  /// Runs `kfrag` and returns the most memory it was seen to have resident, in KiB.
  static func peak(_ arguments: [String]) throws -> Int {
    let program = try #require(Program())
    let process = Process()
    process.executableURL = URL(filePath: program.path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var peak = 0
    while process.isRunning {
      let status = "/proc/\(process.processIdentifier)/status"
      let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }) ?? []
      if words.count > 1, let kibibytes = Int(words[1]) { peak = max(peak, kibibytes) }
      usleep(2000)
    }
    #expect(process.terminationStatus == 0, "\(arguments)")
    return peak
  }

  /// A million addresses on 5,000 pages, fifty in a row on each.
  static let million: Data = {
    var random = Xoshiro(seed: 2)
    var addresses: [UInt64] = []
    for _ in 0..<20_000 {
      let page = 0x7f3a_0000_0000 + UInt64(random.below(5000)) << 12
      addresses += repeatElement(page.littleEndian, count: 50)
    }
    return addresses.withUnsafeBytes { Data($0) }
  }()

  static let commands = [
    ["tlb", "TRACE", "--l1d", "64x4", "--l2", "1536x12"],
    ["tlb", "TRACE", "--l1d", "64x4:fifo", "--l2", "1536x12:srrip"],
    ["tlb", "TRACE", "--l1d", "64x4", "--l2", "1536x12", "--jobs", "2"],
    ["tlb", "TRACE", "--l1d", "64x4:lru", "--l2", "1536x12", "--jobs", "3", "--portable"],
    ["tlb", "TRACE", "--machine", "intel-skylake"], ["curve", "TRACE", "--portable"],
    ["curve", "TRACE"], ["curve", "TRACE", "--sets", "1", "--ways", "1..64"],
  ]

  @Test("Ten times the addresses take the same memory", arguments: commands)
  func longTrace(command: [String]) throws {
    let folder = try TemporaryFolder()
    let peaks = try [3, 30].map { millions in
      let path = folder.path("\(millions).u64")
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let file = try #require(FileHandle(forWritingAtPath: path))
      for _ in 0..<millions { try file.write(contentsOf: Self.million) }
      try file.close()
      defer { unlink(path) }
      return try Self.peak(command.map { $0 == "TRACE" ? path : $0 } + ["--format", "u64"])
    }
    try #require(peaks[0] > 0)
    #expect(Double(peaks[1]) < Double(peaks[0]) * 1.05, "\(peaks) KiB")
  }

  @Test("A machine of 1 TiB is simulated in less than 512 MiB")
  func largeMachine() throws {
    let peak = try Self.peak(["age", "--memory", "1TiB", "--age", "day"])
    #expect(peak > 1024 && peak < 512 * 1024, "\(peak) KiB")
  }
}
