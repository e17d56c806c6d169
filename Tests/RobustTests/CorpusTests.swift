import Foundation
import FuzzReaders
import Testing

// Serialised: readers that want a path share scratch files.
@Suite("No input breaks a reader", .serialized)
struct CorpusTests {
  static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/Corpus").path(percentEncoded: false)

  static func files(_ reader: FuzzReader) -> [String] {
    let folder = corpus + "/" + reader.rawValue
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { "\(folder)/\($0)" }
  }

  @Test("every file of the corpus is read or refused", arguments: FuzzReader.allCases)
  func corpus(_ reader: FuzzReader) throws {
    let files = Self.files(reader)
    #expect(!files.isEmpty, "no corpus for \(reader)")
    for file in files {
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
      #expect(throws: Never.self, "\(file)") { try reader.read(bytes) }
    }
  }
}
