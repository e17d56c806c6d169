import Foundation
import Testing

@Suite("Every unsafe region says why it is right")
struct SafetyTests {
  /// Top-level declarations of a file, each with the comments and attributes above it.
  static func regions(_ file: SourceText) -> [Range<Int>] {
    var regions: [Range<Int>] = []
    var index = 0
    while index < file.lines.count {
      let line = file.lines[index]
      guard let first = line.first, first.isLetter || first == "@",
        !line.hasPrefix("import "), !line.contains(" import "), !isAttribute(line)
      else {
        index += 1
        continue
      }
      var start = index
      while start > 0, file.lines[start - 1].hasPrefix("//") || isAttribute(file.lines[start - 1]) {
        start -= 1
      }
      if !line.hasSuffix("}") {
        while index + 1 < file.lines.count, !file.lines[index].hasPrefix("}") { index += 1 }
      }
      index += 1
      regions.append(start..<index)
    }
    return regions
  }

  private static func isAttribute(_ line: Substring) -> Bool {
    line.hasPrefix("@") && !line.contains(" ")
  }

  /// Whether the code of a line says `unsafe`, or claims safety for what holds pointers.
  static func isUnsafe(_ code: [UInt8]) -> Bool {
    let words = code.split(whereSeparator: { !SourceText.isWord($0) })
    return words.contains { $0.elementsEqual("unsafe".utf8) || $0.elementsEqual("safe".utf8) }
  }

  @Test("declarations that do unsafe things hold a comment that begins with 'Safe:'")
  func reasons() {
    var count = 0
    for file in Repository.sources where Self.isMarked(file.path) {
      for region in Self.regions(file)
      where region.contains(where: { Self.isUnsafe(file.code[$0]) }) {
        count += 1
        let says = file.lines[region].contains { line in
          line.drop { $0 == " " }.hasPrefix("// Safe: ")
        }
        #expect(says, "\(file.path):\(region.lowerBound + 1) does not say why it is safe")
      }
    }
    #expect(count > 120)
  }

  /// Test suites alone are compiled without strict memory safety.
  private static func isMarked(_ path: String) -> Bool {
    ["Sources/", "Tests/Fuzz/", "Tests/Simulation/", "Tests/Soak/", "Tests/Performance/"]
      .contains { path.hasPrefix($0) } || path.hasPrefix("Tests/TestSupport/")
  }

  @Test("all but the test suites are compiled with strict memory safety")
  func setting() throws {
    let package = Repository.text("Package.swift")
    #expect(package.contains("let safe = strict + [.strictMemorySafety()]"))
    let kinds = [".target(", ".executableTarget(", ".testTarget("]
    var lines: [Substring] = []
    for line in package.split(separator: "\n") {
      if kinds.contains(where: { line.contains($0) }) { lines.append("") }
      if !lines.isEmpty { lines[lines.count - 1] += line }
    }
    // C is the only other language.
    let targets = lines.filter { $0.contains("swiftSettings:") }
    #expect(targets.count == lines.count - 2 && targets.count >= 13)
    for target in targets {
      #expect(
        target.contains(".testTarget(") != target.contains("swiftSettings: safe"), "\(target)")
    }
  }
}
