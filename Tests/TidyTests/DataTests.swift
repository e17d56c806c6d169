import Foundation
import Sim
import Testing

@Suite("Every description that ships can be reached, is read, and says what it rests on")
struct DataTests {
  static func names(_ folder: String) -> [String] {
    Repository.files([folder], [".yaml"]).map {
      String($0.split(separator: "/").last?.dropLast(5) ?? "")
    }.sorted()
  }

  @Test("every machine file is a machine, with evidence and sources")
  func machines() throws {
    #expect(MachineCatalog.names == Self.names("Sources/Sim/Hardware/Data"))
    for name in MachineCatalog.names {
      let machine = try MachineCatalog.machine(name)
      #expect(machine.id == name)
      #expect(!machine.arrays.isEmpty || machine.walk != .hardware, "\(name) has no array")
      #expect(!machine.sources.isEmpty, "\(name) cites nothing")
    }
  }

  @Test("every system file is a system, each block with its evidence, with sources")
  func systems() throws {
    #expect(ProfileCatalog.names == Self.names("Sources/Sim/Profiles/Data"))
    for name in ProfileCatalog.names {
      let profile = try ProfileCatalog.profile(name)
      #expect(profile.id == name)
      #expect(!profile.sources.isEmpty, "\(name) names no source")
      // At least page, image and each arena and piece carry a label of their own.
      let least = 2 + profile.arenas.count + profile.pieces.count
      #expect(profile.evidence.count >= least, "\(name): \(profile.evidence.count) labels")
    }
  }

  @Test("every scenario can be run as it stands")
  func scenarios() throws {
    let paths = Repository.files(["Scenarios"], [".yaml"]).filter { path in
      Repository.text(path).contains("\nmachine:")
    }
    #expect(paths.contains("Scenarios/debian12-host.yaml"))
    for path in paths {
      let scenario = try ScenarioReader.read(Repository.root.appending(path: path).path())
      #expect(scenario.arms.count >= 2, "\(path)")
    }
  }
}
