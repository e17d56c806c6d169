import Foundation
import Sim
import Testing

@Suite("SQLite results")
struct SQLiteTests {
  static let tables = [
    SQLiteFile.Table(
      name: "results", columns: ["point", "axis \"x\"", "mean"],
      rows: [[1, "a'b", 0.1], [2, nil, 2.5], [3, true, JSONValue(UInt64.max)]])
  ]

  @Test("equal rows make equal bytes, in SQLite's format")
  func deterministic() throws {
    let bytes = try SQLiteFile.bytes(Self.tables, name: "t")
    #expect(try SQLiteFile.bytes(Self.tables, name: "t") == bytes)
    #expect(bytes.starts(with: Array("SQLite format 3\0".utf8)))
  }

  static let shell = "/usr/bin/sqlite3"

  @Test(
    "SQLite's own shell reads the rows back",
    .enabled(if: FileManager.default.isExecutableFile(atPath: shell), "sqlite3 is not installed"))
  func readBack() throws {
    let path = NSTemporaryDirectory() + "kfrag-\(UUID().uuidString).sqlite"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SQLiteFile.write(Self.tables, to: path)
    let process = Process()
    process.executableURL = URL(filePath: Self.shell)
    process.arguments = [
      "-csv", path, "select point, \"axis \"\"x\"\"\", mean from results; pragma integrity_check;",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(
      text.replacingOccurrences(of: "\r", with: "")
        == "1,\"a'b\",0.1\n2,,2.5\n3,1,18446744073709551615\nok\n")
  }
}
