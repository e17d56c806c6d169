import Foundation
import TestSupport
import Testing

/// What a command's memory depends on. Long traces here are sparse files: nothing but page 0.
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

  static let commands = [
    ["tlb", "TRACE", "--l1d", "64x4", "--l2", "1536x12"],
    ["tlb", "TRACE", "--l1d", "64x4:fifo", "--l2", "1536x12:srrip"],
    ["tlb", "TRACE", "--l1d", "64x4", "--l2", "1536x12", "--jobs", "2"],
    ["curve", "TRACE"], ["curve", "TRACE", "--sets", "1", "--ways", "1..64"],
  ]

  @Test("Ten times the addresses take the same memory", arguments: commands)
  func longTrace(command: [String]) throws {
    let folder = try TemporaryFolder()
    let peaks = try [4, 40].map { millions in
      let path = folder.path("\(millions).u64")
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.truncate(atOffset: UInt64(millions) * 8_000_000)
      try file.close()
      return try Self.peak(command.map { $0 == "TRACE" ? path : $0 } + ["--format", "u64"])
    }
    #expect(Double(peaks[1]) < Double(peaks[0]) * 1.05, "\(peaks) KiB")
  }

  @Test("A machine of 1 TiB is simulated in less than 512 MiB")
  func largeMachine() throws {
    let peak = try Self.peak(["age", "--memory", "1TiB", "--age", "day"])
    #expect(peak > 1024 && peak < 512 * 1024, "\(peak) KiB")
  }
}
