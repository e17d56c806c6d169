import Foundation

extension HTMLReport {
  /// The page around the sections: head, table of contents, footer.
  func document(title: String) -> String {
    var page = HTMLWriter()
    page.trusted("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n")
    page.open("meta", ["charset": "utf-8"])
    let script = HTMLAssets.script
    page.open(
      "meta",
      [
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
          + "script-src 'sha256-\(HTMLReport.base64Digest(script))'",
      ])
    page.open("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
    page.open("meta", ["name": "color-scheme", "content": "light dark"])
    page.open("meta", ["name": "generator", "content": "kfrag \(Version.number)"])
    page.element("title", text: "\(title) – kfrag report")
    page.trusted("\n<style>\(HTMLAssets.style)</style>\n</head>\n<body>\n")
    page.element("a", ["class": "skip", "href": "#main"], text: "Skip to the answer")
    page.element("header") { page in
      page.element("p", ["class": "kicker"], text: "kfrag report")
      page.element("h1", text: title)
      page.element("nav", ["aria-label": "Sections"]) { page in
        for section in sections {
          page.element("a", ["href": "#\(section.id)"], text: section.title)
        }
      }
    }
    page.element("main", ["id": "main"]) { $0.trusted(out.html) }
    page.element("footer") { page in
      page.element(
        "p",
        text: "Made by kfrag \(Version.number) from \(results.count) "
          + "result\(results.count == 1 ? "" : "s"). Rates are per 1000 kernel instructions, "
          + "after warm-up where there is one. Click or press Enter on a column title to sort by "
          + "it.")
    }
    page.trusted("\n<script>\(script)</script>\n</body>\n</html>\n")
    return page.html
  }

  private static func base64Digest(_ text: String) -> String {
    let hex = Array(SHA256Digest.hex(Array(text.utf8)))
    let bytes = stride(from: 0, to: hex.count - 1, by: 2).compactMap {
      UInt8(String(hex[$0...$0 + 1]), radix: 16)
    }
    return Data(bytes).base64EncodedString()
  }
}
