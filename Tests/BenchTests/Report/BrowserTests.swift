import Foundation
import TestSupport
import Testing

@testable import Sim

/// A headless Chromium: what a reader of the report sees.
enum Browser {
  static let isThere = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs Chromium on a page; standard output and everything it complained about.
  static func run(_ page: String, _ arguments: [String]) throws -> (out: String, log: String) {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [
        "timeout", "120", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
        "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=\(folder.path("profile"))",
      ] + arguments + ["file://\(page)"]
    let (out, log) = (folder.path("out"), folder.path("log"))
    for path in [out, log] { try Data().write(to: URL(filePath: path)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: out))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    try process.run()
    process.waitUntilExit()
    return (
      try String(contentsOfFile: out, encoding: .utf8),
      String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
    )
  }
}

@Suite(
  "The report in a browser", .serialized,
  .enabled(if: Browser.isThere && HTMLReport.canDraw, "wants chromium and gnuplot"))
struct BrowserTests {
  static func page() throws -> String {
    let areas = (0..<40).map { index -> JSONValue in
      [
        "module": .string("m\(index)"), "section": index % 2 == 0 ? "text" : "data",
        "address": .string(hex(0xffff_ffff_c000_0000 + UInt64(index) * 0x9000)), "size": 0x8000,
        "pageSize": 4096,
      ]
    }
    let layout: JSONValue = [
      "kind": "layout", "schemaVersion": 1, "arms": [["name": "modular", "areas": .array(areas)]],
    ]
    let cost: JSONValue = [
      "kind": "attribute", "schemaVersion": 1,
      "modules": [
        ["module": "<script>boom()</script>", "misses": 9], ["module": "ext4", "misses": 120],
        ["module": "xfs", "misses": 30],
      ],
    ]
    var compare = try ResultFile.file(dataPath("report/compare.json"))
    compare.json["ladderAveraged"] = compare.json["ladder"]
    let others = [layout, cost, timeline, replay, curve, attribute]
    return try HTMLReport.page(
      [compare] + others.map { ResultFile(path: "x", kind: $0["kind"]?.string ?? "", json: $0) })
  }

  /// The charts of `page`, by their titles.
  static let titles = [
    "Miss rates", "'modular' against 'monolithic', metric by metric",
    "Where the difference comes from", "The same causes in any order",
    "'modular': addresses from", "'modular': page sizes from", "walks.pki over time",
    "translationCycles.pki over time", "Page walks over time", "Modules and flushes over time",
    "Miss ratio over entries", "Miss ratio over ways", "Page walks added by object and cause",
  ]

  private static func series(_ metric: String) -> JSONValue {
    [
      "arm": "modular", "metric": .string(metric),
      "values": .array((0..<40).map { JSONValue(Double($0 % 7)) }),
    ]
  }

  static let timeline: JSONValue = [
    "kind": "timeline", "schemaVersion": 1,
    "windows": .array((1...40).map { JSONValue($0 * 100_000) }),
    "events": [["instructions": 1_000_000, "what": "reload 1 <b>'`\\n"]],
    "series": [series("walks.pki"), series("translationCycles.pki")],
  ]

  static let replay: JSONValue = [
    "kind": "replay", "schemaVersion": 1,
    "events": [
      ["line": 1, "time": 0.5, "verb": "run"],
      ["line": 2, "time": 1, "outcome": "loaded", "module": "xfs", "flushes": 3],
      ["line": 3, "time": 1, "outcome": "loaded", "module": "dm", "flushes": 3],
      ["line": 4, "time": 2, "verb": "run"],
      ["line": 5, "time": 3, "outcome": "unloaded", "module": "xfs", "flushes": 1],
    ],
    "runs": [
      ["line": 1, "metrics": ["walks.pki": 4.5]], ["line": 4, "metrics": ["walks.pki": 6]],
    ],
  ]

  static let curve: JSONValue = [
    "kind": "curve", "schemaVersion": 1,
    "points": .array(
      [1, 2, 4, 8].flatMap { sets in
        [1, 2, 4].map { ways in
          [
            "sets": JSONValue(sets), "ways": JSONValue(ways), "lookups": 1000,
            "misses": JSONValue(900 / (sets * ways)),
          ]
        }
      }),
  ]

  static let attribute: JSONValue = {
    func arm(_ walks: Int) -> JSONValue {
      [
        "walks": JSONValue(walks), "firstLevelMisses": 5,
        "walkCauses": ["compulsory": 1, "capacity": JSONValue(walks - 1), "flush": 0],
      ]
    }
    let object: JSONValue = [
      "object": "ext4", "addedWalks": 4, "arms": ["monolithic": arm(3), "modular": arm(7)],
    ]
    return [
      "kind": "attribute", "schemaVersion": 1, "instructions": 1000,
      "arms": ["monolithic", "modular"], "objects": [object], "sections": [object],
    ]
  }()

  @Test("it loads without a word on the console, charts have size, tables sort, maps zoom")
  func works() throws {
    let folder = try TemporaryFolder()
    // The page's policy lets only its own script run, so the probe replaces the policy's tag.
    let page = try Self.page()
    let start = try #require(page.firstRange(of: "<meta http-equiv"))
    let end = try #require(page[start.lowerBound...].firstIndex(of: ">"))
    var open = page
    open.removeSubrange(start.lowerBound...end)
    let probe = """
      <script>
      const say = (name, value) => document.body.setAttribute("data-" + name, value);
      const charts = [...document.querySelectorAll("figure.chart")];
      say("charts", charts.length);
      say("titles", charts.map((f) => f.querySelector("strong").textContent).join("|"));
      say("drawn", charts.filter((f) => {
        const svg = f.querySelector("svg");
        return svg && svg.getBoundingClientRect().height > 80 && svg.querySelector("path");
      }).length);
      const table = [...document.querySelectorAll("table")].find((t) =>
        t.caption.textContent.startsWith("Modules by cost"));
      const heads = [...table.tHead.rows[0].cells];
      const column = heads.findIndex((h) => h.textContent === "misses");
      const first = () => table.tBodies[0].rows[0].cells[0].textContent;
      heads[column].querySelector("button").click();
      say("descending", first());
      say("sorted", heads[column].getAttribute("aria-sort"));
      heads[column].querySelector("button").click();
      say("ascending", first());
      const map = document.querySelector("figure.zoomable");
      const width = () => map.querySelector("svg").viewBox.baseVal.width;
      const before = width();
      map.querySelector(".zoombar button").click();
      say("zoomed", width() < before);
      map.querySelector(".plot").dispatchEvent(new KeyboardEvent("keydown", { key: "0" }));
      say("restored", width() === before);
      say("ids", new Set([...document.querySelectorAll("[id]")].map((e) => e.id)).size
        === document.querySelectorAll("[id]").length);
      say("names", [...document.querySelectorAll("button,a,[role=img]")].every((e) =>
        e.textContent.trim() || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")));
      </script></body>
      """
    open = open.replacingOccurrences(of: "</body>", with: probe)
    let path = try folder.write("probe.html", open)
    let (dom, log) = try Browser.run(path, ["--dump-dom"])
    #expect(!log.contains("CONSOLE"), "\(log)")
    let body = try #require(dom.firstRange(of: "<body "))
    let tag = dom[body.lowerBound...].prefix { $0 != ">" }
    let count = Self.titles.count
    #expect(
      tag.contains("data-charts=\"\(count)\"") && tag.contains("data-drawn=\"\(count)\""),
      "\(tag)")
    for title in Self.titles { #expect(tag.contains(title), "\(title)") }
    #expect(tag.contains("data-descending=\"ext4\"") && tag.contains("data-sorted=\"descending\""))
    #expect(tag.contains("data-ascending=\"&lt;script"), "\(tag)")
    for word in ["zoomed", "restored", "ids", "names"] {
      #expect(tag.contains("data-\(word)=\"true\""), "\(word): \(tag)")
    }
  }

  @Test("its policy refuses any script but its own, and its own runs")
  func policy() throws {
    let folder = try TemporaryFolder()
    let page = try Self.page().replacingOccurrences(
      of: "</body>", with: "<script>document.title = 'taken'</script></body>")
    let path = try folder.write("page.html", page)
    let (dom, log) = try Browser.run(path, ["--dump-dom"])
    #expect(dom.contains("class=\"zoombar\""))
    #expect(!dom.contains("<title>taken") && log.contains("Content Security Policy"))
  }

  @Test("light, dark and printed, it is not blank", arguments: ["light", "dark", "print"])
  func pictures(look: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("page.html", try Self.page())
    let isPrint = look == "print"
    let out = folder.path(isPrint ? "page.pdf" : "page.png")
    var arguments = isPrint ? ["--print-to-pdf=\(out)"] : ["--screenshot=\(out)"]
    arguments.append("--window-size=1100,4000")
    if look == "dark" { arguments.append("--blink-settings=preferredColorScheme=0") }
    _ = try Browser.run(path, arguments)
    let data = try Data(contentsOf: URL(filePath: out))
    #expect(data.count > 20_000)
    Attachment.record(Array(data), named: "report-\(look).\(isPrint ? "pdf" : "png")")
  }
}
