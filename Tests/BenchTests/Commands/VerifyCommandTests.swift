import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag verify", .serialized)
struct VerifyCommandTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  @Test("an untouched result verifies; a changed number, input or scenario does not")
  func verify() throws {
    let data = URL(filePath: dataPath("sweep")).path(percentEncoded: false)
    for name in ["tiny.yaml", "tiny-base.csv", "tiny-modules.csv"] {
      try folder.write(name, try InputFile.text("\(data)/\(name)"))
    }
    let result = folder.path("r.json")
    let made = try program.run(
      ["compare", folder.path("tiny.yaml"), "--jobs", "2", "--json", "-o", result])
    #expect(made.status == 0, "\(made.complaints)")
    #expect(try program.run(["verify", result]).status == 0)

    let text = try InputFile.text(result)
    let changed = try folder.write(
      "c.json", text.replacing("\"difference\": 0", with: "\"difference\": 7"))
    let answer = try program.run(["verify", changed])
    #expect(answer.status == 65 && answer.text.contains("changed after it was made"))

    let modules = try InputFile.text(folder.path("tiny-modules.csv"))
    try folder.write("tiny-modules.csv", modules.replacing("alpha,20000", with: "alpha,90000"))
    let other = try program.run(["verify", result])
    #expect(other.status == 65)
    #expect(other.text.contains("tiny-modules.csv has changed"))
    #expect(other.text.contains("the rerun differs"))

    let none = try folder.write("none.json", "{}")
    #expect(try program.run(["verify", none]).status == 65)
    #expect(try program.run(["verify", folder.path("missing")]).status == 66)
  }

  @Test("the same JSON for any number of jobs, apart from host and time")
  func jobs() throws {
    func json(_ jobs: String) throws -> JSONValue {
      let answer = try program.run(
        ["compare", dataPath("sweep/tiny.yaml"), "--json", "--jobs", jobs])
      var json = try JSONValue(parsing: answer.output, file: "out")
      #expect(json["manifest"]?["host"] != nil && json["manifest"]?["time"] != nil)
      json["manifest"]?["host"] = nil
      json["manifest"]?["time"] = nil
      return json
    }
    #expect(try json("1").prettyText == json("4").prettyText)
  }
}
