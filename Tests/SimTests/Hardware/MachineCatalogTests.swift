import Sim
import Testing

@Suite struct MachineCatalogTests {
  static let all = (try? MachineCatalog.all()) ?? []

  @Test func sixtyPublishedPartsAndOurTeachingMachineAreThere() throws {
    #expect(MachineCatalogTests.all.count == MachineCatalog.names.count)
    #expect(MachineCatalogTests.all.count >= 61)
    #expect(MachineCatalog.names.contains("teach-tiny"))
  }

  @Test func everyFileIsNamedAfterItsMachine() throws {
    for name in MachineCatalog.names { #expect(try MachineCatalog.machine(name).id == name) }
  }

  @Test func listIsSortedByFamilyThenYear() {
    let keys = MachineCatalogTests.all.map { [$0.family, String(10_000 + $0.year)] }
    #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test func everyMachineNamesItsSources() {
    for machine in MachineCatalogTests.all { #expect(!machine.sources.isEmpty, "\(machine.id)") }
  }

  @Test func everyPageSizeEntersAFirstLevelArrayOfEverySideItHas() {
    for machine in MachineCatalogTests.all {
      for kind in AccessKind.allCases {
        guard let first = machine.lookupOrder(kind).first else { continue }
        for size in machine.pageSizes {
          #expect(
            first.contains { machine.arrays[$0].entrySize(size) != nil },
            "\(machine.id): no first-level array takes \(size) for a \(kind)")
        }
      }
    }
  }

  /// Capacity of `sets` by `ways` at a stride of `s` pages is ways * sets / gcd(s, sets).
  @Test func publishedKneesFitTheGeometryTheyStandBeside() throws {
    func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
    var checked = 0
    for machine in MachineCatalogTests.all {
      for knee in machine.knees where !knee.blurred {
        let array = try #require(machine.arrays.first { $0.name == knee.array })
        let sets = array.geometry.sets
        let capacity = array.geometry.ways * sets / gcd(knee.stridePages, sets)
        if let overflows = knee.overflowsPages {
          #expect(knee.fitsPages <= capacity && capacity < overflows, "\(machine.id) \(knee)")
        } else {
          #expect(knee.fitsPages == capacity, "\(machine.id) \(knee)")
        }
        checked += 1
      }
    }
    #expect(checked == 117)
  }

  @Test func unknownMachineSuggestsTheNearestName() {
    do {
      _ = try MachineCatalog.machine("intel-skylak")
      Issue.record("found")
    } catch {
      #expect(error.kind == .missing)
      #expect(error.description.contains("did you mean 'intel-skylake'?"))
    }
  }

  @Test func pathIsToldFromNameBySlashOrSuffix() {
    #expect(MachineCatalog.isPath("./mine") && MachineCatalog.isPath("mine.yaml"))
    #expect(!MachineCatalog.isPath("intel-skylake"))
    #expect(throws: InputError.self) { try MachineCatalog.machine("./does-not-exist.yaml") }
  }
}
