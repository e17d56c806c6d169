import Foundation

/// Build tool: `EmbedData FOLDER NAME OUT.swift` writes every `.yaml` of FOLDER as
/// `enum EmbeddedNAME { static let files: [(name: String, text: String)] }`, sorted by name.
@main
enum EmbedData {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      FileHandle.standardError.write(Data("usage: EmbedData FOLDER NAME OUT.swift\n".utf8))
      exit(64)
    }
    let folder = URL(filePath: arguments[1])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
      .filter { $0.hasSuffix(".yaml") }.sorted()
    var out = "// Made by EmbedData from the YAML files of \(arguments[2])/Data.\n"
    out += "enum Embedded\(arguments[2]) {\n"
    out += "  static let files: [(name: String, text: String)] = [\n"
    for name in names {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      out += "    (\n      \"\(name.dropLast(5))\",\n      ###\"\"\"\n"
      out += lines.map { $0.isEmpty ? "" : "      \($0)" }.joined(separator: "\n")
      out += "\n      \"\"\"###\n    ),\n"
    }
    out += "  ]\n}\n"
    // A file written again, if only with the same text, has all of Sim compiled again.
    guard (try? String(contentsOfFile: arguments[3], encoding: .utf8)) != out else { return }
    try out.write(toFile: arguments[3], atomically: true, encoding: .utf8)
  }
}
