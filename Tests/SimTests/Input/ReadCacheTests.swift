import TestSupport
import Testing

@testable import Sim

@Suite("Reading the same file again")
struct ReadCacheTests {
  @Test("a file is read once while it stays as it is, again when it changes, never when it fails")
  func file() throws {
    let folder = try TemporaryFolder()
    let cache = ReadCache<String>(limit: 2)
    var reads = 0
    func read(_ path: String, _ variant: String = "") throws -> String {
      try cache.value(file: path, variant: variant) { () throws(InputError) in
        reads += 1
        return try InputFile.text(path) + variant
      }
    }
    let path = try folder.write("a", "one")
    #expect(try read(path) == "one" && read(path) == "one" && reads == 1)
    #expect(try read(path, "!") == "one!" && reads == 2)
    try folder.write("a", "three")
    #expect(try read(path) == "three" && reads == 3)
    #expect(throws: InputError.self) { try read(folder.path("none")) }
    #expect(throws: InputError.self) { try read(folder.path("none")) }
    #expect(reads == 5)
  }
}
