import Foundation
import Sim
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "kfrag-atomic-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("a committed file holds the bytes and leaves no neighbour")
  func commits() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([1, 2, 3], to: folder + "/a")
    try AtomicFile.write([4], to: folder + "/a")
    #expect(FileManager.default.contents(atPath: folder + "/a") == Data([4]))
    #expect(try names() == ["a"])
  }

  @Test("a dropped file leaves the old content untouched")
  func drops() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([1], to: folder + "/a")
    do {
      var file = try AtomicFile(path: folder + "/a")
      try file.write([9, 9])
    }
    #expect(FileManager.default.contents(atPath: folder + "/a") == Data([1]))
    #expect(try names() == ["a"])
  }

  @Test("a symbolic link keeps pointing where it did")
  func links() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([1], to: folder + "/real")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link", withDestinationPath: folder + "/real")
    try AtomicFile.write([7], to: folder + "/link")
    #expect(FileManager.default.contents(atPath: folder + "/real") == Data([7]))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") != "")
  }

  @Test("a missing folder is exit 73, a full device exit 74, and a folder as target exit 73")
  func failures() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let missing = try #require(throws: InputError.self) {
      try AtomicFile.write([1], to: folder + "/no/such")
    }
    #expect(missing.kind == .cannotCreate)
    let directory = try #require(throws: InputError.self) {
      try AtomicFile.write([1], to: folder)
    }
    #expect(directory.kind == .cannotCreate)
    #if os(Linux)
      let full = try #require(throws: InputError.self) {
        try AtomicFile.write([1], to: "/dev/full")
      }
      #expect(full.kind == .cannotWrite)
      try AtomicFile.write([1], to: "/dev/null")
    #endif
  }
}
