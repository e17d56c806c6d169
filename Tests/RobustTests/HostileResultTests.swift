import Foundation
import Sim
import TestSupport
import Testing

@Suite("Words of a result file stay words", .serialized)
struct HostileResultTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Ends every kind of quotation, then asks gnuplot, a shell or a browser to make `mark`.
  private func hostile(_ mark: String) -> String {
    "x'\"\n!touch \(mark)\n`touch \(mark)`$(touch \(mark)) system('touch \(mark)')\\\n"
      + "</script></style></title>--><script>kf()</script><img src=x onerror=kf()>\u{1b}]0;k\u{7}"
  }

  /// `json` with the strings of those members replaced, arrays of strings too.
  private func poisoned(_ json: JSONValue, _ names: Set<String>, _ word: String) -> JSONValue {
    switch json {
    case .array(let items): return .array(items.map { poisoned($0, names, word) })
    case .object(let members):
      return .object(
        Dictionary(
          uniqueKeysWithValues: members.map { name, value in
            guard names.contains(name) else { return (name, poisoned(value, names, word)) }
            switch value {
            case .string: return (name, .string(word))
            case .array(let items):
              let all = items.map { item in
                if case .string = item { return JSONValue.string(word) }
                return poisoned(item, names, word)
              }
              return (name, .array(all))
            default: return (name, poisoned(value, names, word))
            }
          }))
    default: return json
    }
  }

  /// Names of the members that hold strings.
  private func stringMembers(_ json: JSONValue) -> Set<String> {
    switch json {
    case .array(let items): return items.reduce(into: []) { $0.formUnion(stringMembers($1)) }
    case .object(let members):
      return members.reduce(into: []) { names, member in
        switch member.value {
        case .string: names.insert(member.key)
        case .array(let items):
          if case .string = items.first { names.insert(member.key) }
          names.formUnion(stringMembers(member.value))
        default: names.formUnion(stringMembers(member.value))
        }
      }
    default: return []
    }
  }

  @Test(
    "none runs in gnuplot or a shell, none is markup, on the page and in the picture",
    arguments: ["advise", "attribute", "compare", "layout", "replay", "tlb"])
  func words(kind: String) throws {
    let path = CorpusTests.corpus + "/result/\(kind).json"
    let json = try JSONValue(parsing: [UInt8](Data(contentsOf: URL(filePath: path))), file: kind)
    let names = stringMembers(json).subtracting(["kind"])
    #expect(names.count > 1)
    let mark = folder.path("mark")
    // All at once, then those that reach charts one by one: a wrong word may keep another from
    // being used.
    let drawn: Set = ["arm", "cause", "metric", "module", "name", "object", "unit"]
    for chosen in [names] + names.intersection(drawn).sorted().map({ [$0] }) {
      let result = try ResultFile.checked(
        poisoned(json, chosen, hostile(mark)), path: "r.json")
      // A page that cannot be made of it is refused in words.
      do throws(InputError) {
        let page = try HTMLReport.page([result])
        #expect(!page.contains("<script>kf") && !page.contains("<img"), "\(chosen)")
        #expect(!page.contains("\u{1b}") && !page.contains("\u{7}"), "\(chosen)")
        if kind == "compare", chosen.count > 1 || chosen.contains("metric") {
          let picture = try HTMLReport.picture(result)
          #expect(!picture.contains("<script>kf"))
        }
      } catch {
        #expect(!error.description.isEmpty)
      }
      #expect(!FileManager.default.fileExists(atPath: mark), "\(chosen) ran a command")
    }
    #expect(!FileManager.default.fileExists(atPath: mark))
  }
}
