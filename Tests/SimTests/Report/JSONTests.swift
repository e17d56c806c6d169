import Foundation
import Sim
import Testing

@Suite("JSON")
struct JSONTests {
  static let sample: JSONValue = [
    "b": [1, 2.5, nil, true, "é\"\\\n\u{1}"], "a": ["z": [:], "y": []], "n": -3,
    "big": JSONValue(UInt64.max), "tiny": JSONValue(5e-324), "third": JSONValue(1.0 / 3),
  ]

  @Test("what is written reads back equal, pretty and compact")
  func roundTrip() throws {
    for text in [Self.sample.prettyText, Self.sample.compactText] {
      #expect(try JSONValue(parsing: text, file: "t") == Self.sample)
    }
  }

  @Test("Foundation reads the same tree from our text")
  func foundationAgrees() throws {
    let bytes = Data(Self.sample.prettyBytes)
    let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    #expect(object.count == 6)
    let list = try #require(object["b"] as? [Any])
    #expect(list[4] as? String == "é\"\\\n\u{1}")
    #expect(object["third"] as? Double == 1.0 / 3)
  }

  @Test("keys are sorted and plain lists stay on one line")
  func layout() {
    let value: JSONValue = ["b": [1, 2], "a": [["k": 1]]]
    #expect(
      value.prettyText == "{\n  \"a\": [\n    {\n      \"k\": 1\n    }\n  ],\n  \"b\": [1, 2]\n}\n")
    #expect(value.compactText == "{\"a\":[{\"k\":1}],\"b\":[1,2]}")
  }

  @Test("every double survives the round trip; what is not finite is null")
  func doubles() throws {
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<2_000 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let value = Double(bitPattern: state)
      guard value.isFinite else { continue }
      let read = try JSONValue(parsing: JSONValue(value).compactText, file: "t").double
      #expect(read == value)
    }
    #expect(JSONValue(Double.nan) == .null)
    #expect(JSONValue(Double.infinity).compactText == "null")
    #expect(JSONValue(-0.0).compactText == "0.0")
  }

  @Test(
    "what RFC 8259 forbids is refused with its place",
    arguments: [
      ("", "1:1"), ("{\"a\":1,}", "1:8"), ("[1,]", "1:4"), ("01", "1:1"), ("1.", "1:3"),
      ("nul", "1:1"), ("\"a\nb\"", "1:3"), ("{\"a\":1,\n\"a\":2}", "2:1"), ("[1] 2", "1:5"),
      ("\"\\ud800\"", "1:8"), ("1e999", "1:1"), ("[1", "1:3"), ("{1:2}", "1:2"),
      ("+1", "1:1"), ("\"\\u+123\"", "1:4"), ("[1 2]", "1:4"),
    ])
  func refuses(text: String, place: String) throws {
    let error = try #require(throws: InputError.self) {
      try JSONValue(parsing: text, file: "f.json")
    }
    #expect(error.description.hasPrefix("f.json:\(place): error: "))
  }

  @Test("a document written piece by piece is the document written whole", arguments: [0, 1, 3000])
  func pieces(count: Int) throws {
    var document = ReportDocument(
      kind: "long", members: ["before": [1, 2], "z": ["a": 1]], table: { _ in "" })
    document.lists["list"] = JSONList(count: count) {
      ["number": JSONValue($0), "inside": [["text": "some text that takes room"]]]
    }
    var pieces: [[UInt8]] = []
    document.writeJSON { pieces.append($0) }
    #expect(pieces.joined().elementsEqual(document.json.prettyBytes))
    #expect((pieces.count > 1) == (count == 3000))
    #expect(document.json["list"]?.array?.count == count)
  }

  @Test("nesting is bounded, so no input overflows the stack")
  func depth() throws {
    let open = String(repeating: "[", count: 100_000)
    #expect(throws: InputError.self) { try JSONValue(parsing: open, file: "t") }
    let fine = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    _ = try JSONValue(parsing: fine, file: "t")
  }
}
