import Foundation
import TestSupport
import Testing

@testable import Sim

@Suite("HTML report: complete, self-contained, and no input becomes markup")
struct HTMLReportTests {
  static let hostile = "<script>alert('x')</script>\"'&`id`$(id)\u{1}"

  static func compare() throws -> ResultFile {
    try ResultFile.file(dataPath("report/compare.json"))
  }

  static func results() throws -> [ResultFile] {
    let layout: JSONValue = [
      "kind": "layout", "schemaVersion": 1,
      "arms": [
        [
          "name": .string(hostile),
          "sections": [
            [
              "module": .string(hostile), "section": "text", "address": "0xffffffffc0000000",
              "size": 8192, "pageSize": 4096,
            ],
            [
              "module": "ext4", "section": .string(hostile), "address": "0xffffffffc0004000",
              "size": 2_097_152, "pageSize": 2_097_152,
            ],
          ],
          "frames": [["owner": .string(hostile), "address": "0x100000", "size": 4096]],
        ]
      ],
    ]
    let curve: JSONValue = [
      "kind": "curve", "schemaVersion": 1,
      "points": [
        ["sets": 1, "ways": 4, "lookups": 1000, "misses": 500],
        ["sets": 2, "ways": 4, "lookups": 1000, "misses": 200],
        ["sets": 4, "ways": 2, "lookups": 1000, "misses": 220],
      ],
    ]
    let attribute: JSONValue = [
      "kind": "attribute", "schemaVersion": 1,
      "modules": [
        ["module": .string(hostile), "misses": 7], ["module": "ext4", "misses": 12],
      ],
      "manifest": ["command": [.string(hostile)], "digest": "0"],
    ]
    return [try compare()]
      + [layout, curve, attribute].map {
        ResultFile(path: "\(hostile).json", kind: $0["kind"]?.string ?? "", json: $0)
      }
  }

  @Test("tags nest, one script of ours is the only one, and nothing is fetched")
  func selfContained() throws {
    let page = try HTMLReport.page(Self.results(), title: Self.hostile, charts: false)
    #expect(XMLScan.firstProblem(page) == nil)
    #expect(page.ranges(of: "<script").count == 1)
    #expect(!page.contains("alert('x')</script>") && !page.contains("\u{1}"))
    #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
    for word in ["src=", "url(", "@import", "<link", "<iframe"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("script-src 'sha256-") || page.contains("script-src &#39;sha256-"))
  }

  @Test("the answer stands on top, with the interval of the result")
  func answer() throws {
    let result = try Self.compare()
    let page = try HTMLReport.page([result], charts: false)
    let sentences = CompareAnswer.sentences(result.json)
    #expect(sentences.count == 2 && sentences[0].contains("page walks"))
    let sentence = try #require(sentences.last)
    #expect(sentence.contains("'modular' instead of 'monolithic'"))
    let item = try #require(
      result.json["comparisons"]?.array?.first {
        $0["metric"]?.string == "translationCycles.pki"
      })
    let relative = try #require(item["relative"]?.double)
    #expect(sentence.contains("\(significant(abs(relative) * 100, 3)) %"))
    let top = try #require(page.firstRange(of: "The answer"))
    let rates = try #require(page.firstRange(of: "<h2 id=\"s2-h\">Miss rates"))
    #expect(top.lowerBound < rates.lowerBound)
    #expect(page.contains("rest on assumptions"))
  }

  @Test("an interval that holds zero is called no difference")
  func noDifference() {
    let json: JSONValue = [
      "comparisons": [
        [
          "metric": "walks.pki", "baseline": "a", "treatment": "b", "difference": 0.5,
          "low": -0.5, "high": 1.5, "relative": 0.01, "confidence": 0.9, "replicates": 4,
        ]
      ]
    ]
    let sentence = CompareAnswer.sentences(json).first ?? ""
    #expect(sentence.contains("shows no difference") && sentence.contains("90 % interval"))
  }

  /// A comparison of three arms whose second treatment differs by `relative`.
  private static func three(_ relative: JSONValue, paired: Bool = true) -> JSONValue {
    func item(_ treatment: String, _ relative: JSONValue) -> JSONValue {
      [
        "metric": "walks.pki", "baseline": "a", "treatment": .string(treatment), "difference": 1,
        "low": 0.5, "high": 1.5, "relative": relative, "confidence": 0.95, "replicates": 4,
        "pValue": 1e-9, "pValueHolm": 0.02,
      ]
    }
    return [
      "kind": "compare", "schemaVersion": 1, "inference": ["paired": .bool(paired)],
      "arms": [["name": "a"], ["name": "b"], ["name": "c"]],
      "comparisons": [item("b", 0), item("c", relative)],
    ]
  }

  @Test("a difference of any size is tinted, none is not")
  func tint() {
    for (relative, word) in [(JSONValue(1e300), "worse heat5"), (-0.0001, "better heat0")] {
      var out = HTMLWriter()
      HTMLTables.heatMap([("r", Self.three(relative))], into: &out)
      #expect(out.html.contains("class=\"\(word)\""), "\(out.html)")
      #expect(out.html.ranges(of: " heat").count == 2, "the table's own, and one cell's")
    }
  }

  @Test("the table says how replicates were taken, Holm's p, and no p of 0")
  func judged() {
    for (paired, word) in [(true, ">Paired "), (false, ">Unpaired ")] {
      var out = HTMLWriter()
      HTMLTables.differences(Self.three(0.1, paired: paired), into: &out)
      #expect(out.html.contains(word) && out.html.contains("p, Holm"))
      #expect(out.html.contains("&lt;0.0001") && out.html.contains(">0.020<"))
    }
  }

  @Test("one replicate still has an answer, without an interval")
  func oneReplicate() {
    let json: JSONValue = [
      "comparisons": [
        [
          "metric": "walks.pki", "baseline": "a", "treatment": "b", "difference": 0.5,
          "low": .null, "high": .null, "relative": 0.1, "confidence": 0.95, "replicates": 1,
        ]
      ]
    ]
    let sentence = CompareAnswer.sentences(json).first ?? ""
    #expect(sentence.contains("raises") && sentence.contains("one replicate gives no interval"))
  }

  @Test("the interval runs in the direction of the verb")
  func direction() {
    func sentence(_ sign: Double) -> String {
      let ends = [sign * 8.7, sign * 34.7].sorted()
      return CompareTable.sentence(
        what: "walks", treatment: "b", baseline: "a", difference: sign * 21.7,
        relative: sign * 0.217, low: ends[0], high: ends[1], confidence: 0.95)
    }
    #expect(sentence(1).hasSuffix("raises walks by 21.7 % (95 % interval 8.70 % to 34.7 %)"))
    #expect(sentence(-1).hasSuffix("lowers walks by 21.7 % (95 % interval 8.70 % to 34.7 %)"))
  }

  @Test("the waterfall names the arms of the ladder, which need not be the first")
  func waterfall() {
    var json = Self.three(0.1)
    json["ladder"] = [
      ["cause": "basePages", "metric": "walks.pki", "contribution": 1, "low": 0, "high": 2]
    ]
    json["ladderArms"] = ["baseline": "b", "treatment": "c"]
    #expect(CompareChart(json: json).waterfall()?.caption.contains("from 'b' to 'c'") == true)
    json["ladderArms"] = nil
    #expect(CompareChart(json: json).waterfall()?.caption.contains("'a'") == false)
  }

  @Test("numbers that no longer agree with the digest are called altered")
  func altered() throws {
    var result = try Self.compare()
    #expect(result.agreesWithDigest == true)
    #expect(try !HTMLReport.page([result], charts: false).contains("Altered since"))
    result.json["scenario"] = "another"
    #expect(result.agreesWithDigest == false)
    #expect(try HTMLReport.page([result], charts: false).contains("Altered since"))
  }

  @Test("truncated, newer, foreign, empty and missing results are refused")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(filePath: dataPath("report/compare.json")))
    let cases: [(String, Data, String)] = [
      ("cut.json", whole.prefix(whole.count / 2), "not a whole result"),
      ("new.json", Data(#"{"kind":"compare","schemaVersion":99}"#.utf8), "newer kfrag"),
      ("other.json", Data(#"{"a":1}"#.utf8), "not a result of kfrag"),
      ("empty.json", Data(), "empty"),
    ]
    for (name, bytes, words) in cases {
      let path = try folder.write(name, bytes)
      let error = try #require(throws: InputError.self) { try ResultFile.read([path]) }
      #expect(error.description.contains(words), "\(name): \(error)")
      #expect(error.kind == .badData)
    }
    let none = try #require(throws: InputError.self) { try ResultFile.read([folder.path("no")]) }
    #expect(none.kind == .missing)
  }

  @Test("of many comparisons the report says how many it shows in full")
  func many() throws {
    let one = try Self.compare()
    func page(_ count: Int) throws -> String {
      try HTMLReport.page(Array(repeating: one, count: count), charts: false)
    }
    #expect(try page(8).contains("The first 6 of 8 comparisons in full"))
    #expect(try !page(6).contains("comparisons in full"))
  }

  /// A comparison of walks as JSON, made with these settings.
  private static func walks(_ path: String, _ settings: [String], low: Double) -> ResultFile {
    let command = ["compare", "s.yaml"] + settings.flatMap { ["--set", $0] }
    return ResultFile(
      path: path, kind: "compare",
      json: [
        "scenario": "s", "manifest": ["command": .array(command.map { .string($0) })],
        "comparisons": [
          [
            "metric": "walks.pki", "baseline": "linked", "treatment": "loaded",
            "difference": JSONValue(low + 1), "relative": JSONValue((low + 1) / 10),
            "low": JSONValue(low), "high": JSONValue(low + 2), "replicates": 4,
          ]
        ],
      ])
  }

  @Test("many comparisons are answered in one table, named by what differs between them")
  func answers() throws {
    let results = [
      Self.walks("a", ["w.x.model=hot", "age=day"], low: 1),
      Self.walks("b", ["w.x.model=hot", "age=old"], low: -1),
      Self.walks("c", ["w.x.model=hot", "age=worn"], low: -4),
      Self.walks("d", ["w.x.model=hot", "age=[\(String(repeating: "x", count: 50))]"], low: 0.5),
    ]
    let page = try HTMLReport.page(results, charts: false)
    #expect(page.contains("higher in 2 of 4 comparisons, lower in 1, undecided or equal in 1."))
    #expect(page.contains("age=day: loaded") && page.contains("age=…: loaded"))
    #expect(!page.contains("model=hot, age"))
    #expect(page.contains("+20.0 % (10.0 to 30.0)"))
    #expect(XMLScan.firstProblem(page) == nil)
    let few = try HTMLReport.page(Array(results.prefix(2)), charts: false)
    #expect(few.contains("&#39;loaded&#39; instead of &#39;linked&#39; raises page walks"))
  }

  @Test("a folder gives its results in order and passes over other JSON, but not broken files")
  func folder() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: URL(filePath: dataPath("report/compare.json")))
    try folder.write("b.json", bytes)
    try folder.write("a.json", bytes)
    try folder.write("state.json", #"{"done":3}"#)
    let found = try ResultFile.read([folder.url.path()])
    #expect(found.map { $0.path.split(separator: "/").last } == ["a.json", "b.json"])
    try folder.write("c.json", bytes.prefix(100))
    #expect(throws: InputError.self) { try ResultFile.read([folder.url.path()]) }
  }

  @Test(
    "every chart is drawn, twice the same, and its words are escaped",
    .enabled(if: HTMLReport.canDraw, "gnuplot is not installed"))
  func charts() throws {
    let page = try HTMLReport.page(Self.results())
    #expect(XMLScan.firstProblem(page) == nil)
    // Rates, relative differences, ladder; curve; two regions' maps by kind and page size; frames.
    #expect(page.ranges(of: "<svg").count == page.ranges(of: "<figure").count)
    #expect(page.ranges(of: "<svg").count >= 7)
    #expect(page.ranges(of: "<script").count == 1)
    #expect(try HTMLReport.page(Self.results()) == page)
  }

  @Test("areas at both ends of the address space and of any size are drawn or left out, no more")
  func addressSpaceEnds() {
    let sections: [JSONValue] = [
      ["object": "a", "section": "text", "address": "0x0", "size": 4096],
      ["object": "b", "section": "data", "address": "0xfffffffffffff000", "size": 4095],
      [
        "object": "c", "section": "data", "address": "0x1000", "size": .unsigned(UInt64.max - 8192),
      ],
      ["object": "d", "section": "data", "address": "0xffffffffffffffff", "size": 4096],
      ["object": "e", "section": "text", "address": "-1", "size": 4096],
    ]
    let arm: JSONValue = ["name": "x", "sections": .array(sections), "mappings": .array(sections)]
    let figures = LayoutMaps.figures(["arms": [arm]])
    #expect(!figures.isEmpty)
    #expect(figures.allSatisfy { $0.plot.height < 2000 })
  }
}
