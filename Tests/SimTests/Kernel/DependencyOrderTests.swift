import Sim
import TestSupport
import Testing

@Suite("Modules load after what they depend on")
struct DependencyOrderTests {
  static func catalog(_ needs: [(String, [String])]) -> ModuleCatalog {
    ModuleCatalog(
      source: "test.csv",
      modules: needs.map { name, dependencies in
        var module = KernelModule(name: name)
        module.dependencies = dependencies
        return module
      })
  }

  @Test("over the whole Debian catalog each module comes once, behind its dependencies")
  func debian() throws {
    let catalog = try Debian12.catalog()
    #expect(catalog.modules.count == 4023)
    var random = Xoshiro(seed: 5)
    var names = catalog.modules.map(\.name)
    random.shuffle(&names)
    let order = try catalog.ordered(names)
    #expect(order.count == 4023)
    var place: [String: Int] = [:]
    for (index, module) in order.enumerated() { place[module.name] = index }
    #expect(place.count == 4023)
    for (index, module) in order.enumerated() {
      for need in module.dependencies {
        let name = try #require(catalog[need]).name
        #expect(try #require(place[name]) < index, "\(module.name) before \(need)")
      }
    }
  }

  @Test("an order that already holds is kept, and what is not listed is added before its user")
  func stable() throws {
    let catalog = Self.catalog([("a", []), ("b", ["a"]), ("c", []), ("d", ["c", "b"])])
    #expect(try catalog.ordered(["c", "a", "b", "d"]).map(\.name) == ["c", "a", "b", "d"])
    #expect(try catalog.ordered(["d"]).map(\.name) == ["c", "a", "b", "d"])
    #expect(try catalog.ordered(["b", "b", "c"]).map(\.name) == ["a", "b", "c"])
    #expect(try catalog.loadOrder(of: "b").map(\.name) == ["a", "b"])
  }

  @Test("a cycle is named from where it begins")
  func cycles() {
    let catalog = Self.catalog([
      ("start", ["a"]), ("a", ["b"]), ("b", ["c"]), ("c", ["a"]), ("self", ["self"]),
    ])
    #expect(throws: DependencyError.cycle(["a", "b", "c"])) {
      try catalog.loadOrder(of: "start")
    }
    #expect(throws: DependencyError.cycle(["self"])) { try catalog.ordered(["self"]) }
    #expect("\(DependencyError.cycle(["a", "b"]))" == "dependency cycle: a → b → a")
  }

  @Test("a missing module is named with who needs it")
  func missing() {
    let catalog = Self.catalog([("a", ["ghost"])])
    #expect(throws: DependencyError.missing("ghost", neededBy: "a")) {
      try catalog.loadOrder(of: "a")
    }
    #expect(throws: DependencyError.missing("nobody", neededBy: nil)) {
      try catalog.ordered(["nobody"])
    }
  }

  @Test("a chain of 20000 modules is followed to its end")
  func deep() throws {
    let needs = (0..<20_000).map { ("m\($0)", $0 == 19_999 ? [] : ["m\($0 + 1)"]) }
    let order = try Self.catalog(needs).loadOrder(of: "m0")
    #expect(order.count == 20_000)
    #expect(order.first?.name == "m19999" && order.last?.name == "m0")
  }

  @Test("a name with hyphens finds the module with underscores, and hints are near")
  func names() throws {
    let catalog = try Debian12.catalog()
    #expect(catalog["snd-hda-intel"]?.name == "snd_hda_intel")
    #expect(catalog.hint(for: "snd_hda_intell") == "; did you mean 'snd_hda_intel'?")
    #expect(catalog.hint(for: "qqqqqqqqqqqqqqq") == "")
  }
}
