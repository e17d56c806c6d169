import Foundation
import TestSupport
import Testing

@testable import Sim

@Suite("The scenario schema and the strict reader agree")
struct SchemaTests {
  static let folder = dataPath("../../Scenarios")

  static func schema() throws -> SchemaScan {
    let path = folder + "/schema/scenario.schema.json"
    return SchemaScan(try JSONValue(parsing: InputFile.contents(path), file: path))
  }

  static func scenarios() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".yaml") }
  }

  /// YAML as an editor reads it: plain words that are numbers or truth values are so.
  static func json(_ value: YAMLValue) -> JSONValue {
    if value.isMapping {
      let pairs = value.pairs().map { ($0.key, json($0.value)) }
      return .object(Dictionary(pairs, uniquingKeysWith: { $1 }))
    }
    if value.isSequence { return .array(value.list().map(json)) }
    let text = value.string() ?? ""
    if text == "true" || text == "false" { return .bool(text == "true") }
    if let number = Int64(text) { return .integer(number) }
    return Double(text).map { .number($0) } ?? .string(text)
  }

  static func json(_ text: String) throws -> JSONValue {
    json(try StrictYAML(text: text, file: "s.yaml").root)
  }

  /// Whether the strict reader takes the file's own text; what it names is read too.
  static func isAccepted(_ text: String) -> Bool {
    (try? ScenarioReader.read(text: text, file: folder + "/s.yaml")) != nil
  }

  @Test("the schema uses only words the check understands")
  func words() throws { #expect(try Self.schema().unknownWords() == []) }

  @Test("choices are those of the code")
  func choices() throws {
    let top = try Self.schema().root["properties"]
    func words(_ value: JSONValue?) -> [String] {
      (value?["enum"]?.array ?? []).compactMap(\.string)
    }
    #expect(words(top?["memory"]?["properties"]?["age"]) == MemoryAge.allCases.map(\.rawValue))
    #expect(words(top?["vary"]?["items"]) == VaryingFactor.allCases.map(\.rawValue))
    #expect(words(top?["arms"]?["items"]?["anyOf"]?[0]) == ArmKind.allCases.map(\.rawValue))
  }

  @Test("every shipped scenario satisfies both and points its editor to the schema")
  func shipped() throws {
    let names = try Self.scenarios()
    #expect(names.contains("debian12-host.yaml"))
    for name in names {
      let text = try InputFile.text(Self.folder + "/" + name)
      #expect(try Self.schema().problems(Self.json(text)) == [], "\(name)")
      #expect(Self.isAccepted(text), "\(name)")
      #expect(
        text.hasPrefix("# yaml-language-server: $schema=schema/scenario.schema.json\n"), "\(name)")
    }
  }

  @Test("a misspelt key, a missing key and a value out of range are refused by both")
  func spoiled() throws {
    let text = try InputFile.text(Self.folder + "/debian12-host.yaml")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var tried = 0
    for (index, line) in lines.enumerated() {
      let words = line.trimmingCharacters(in: .whitespaces)
      guard let colon = words.firstIndex(of: ":"), !words.hasPrefix("#") else { continue }
      var copy = lines
      let key = words[..<colon]
      copy[index] = line.replacingOccurrences(of: "\(key):", with: "x\(key)q:")
      let spoiled = copy.joined(separator: "\n")
      #expect(try !Self.schema().problems(Self.json(spoiled)).isEmpty, "\(key)")
      #expect(!Self.isAccepted(spoiled), "\(key)")
      tried += 1
    }
    #expect(tried >= 20)
    for (old, new) in [
      ("replicates: 30", "replicates: 0"), ("warmup: 0.2", "warmup: 2"), ("size: 4GiB", "size: 1"),
      ("age: day", "age: decade"), ("arms: [monolithic, modular]", "arms: [modular]"),
      ("confidence: 0.95", "confidence: 0.1"), ("[bootRandom,", "[bootrandom,"),
    ] {
      let spoiled = text.replacingOccurrences(of: old, with: new)
      #expect(spoiled != text, "\(old)")
      #expect(try !Self.schema().problems(Self.json(spoiled)).isEmpty, "\(new)")
      #expect(!Self.isAccepted(spoiled), "\(new)")
    }
  }

  @Test("every assignment of the course satisfies its schema and the reader; misspelt, neither")
  func assignments() throws {
    let path = Self.folder + "/schema/assignment.schema.json"
    let schema = SchemaScan(try JSONValue(parsing: InputFile.contents(path), file: path))
    #expect(schema.unknownWords() == [])
    let kinds = schema.root["properties"]?["problems"]?["items"]?["properties"]?["kind"]?["enum"]
    #expect(kinds?.array?.compactMap(\.string) == ProblemKind.allCases.map(\.rawValue))
    let course = Self.folder + "/course"
    let names = try FileManager.default.contentsOfDirectory(atPath: course)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(names.count == 6)
    for name in names {
      let text = try InputFile.text("\(course)/\(name)")
      #expect(text.hasPrefix("# yaml-language-server: $schema=../schema/assignment.schema.json\n"))
      #expect(try schema.problems(Self.json(text)) == [], "\(name)")
      #expect((try? Assignment.read(text: text, file: name)) != nil, "\(name)")
      let spoiled = text.replacingOccurrences(of: "    points:", with: "    pionts:")
      #expect(try !schema.problems(Self.json(spoiled)).isEmpty, "\(name)")
      #expect((try? Assignment.read(text: spoiled, file: name)) == nil, "\(name)")
    }
  }
}
