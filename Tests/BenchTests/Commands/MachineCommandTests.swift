import Sim
import TestSupport
import Testing

@Suite("kfrag list, show and probe")
struct MachineCommandTests {
  let program: Program

  init() throws { program = try #require(Program()) }

  private func json(_ arguments: [String]) throws -> JSONValue {
    let answer = try program.run(arguments + ["--json"])
    #expect(answer.status == 0, "\(answer.complaints)")
    return try JSONValue(parsing: answer.text, file: "stdout")
  }

  @Test func listNamesEveryMachineWithASummary() throws {
    let list = try json(["list", "machines"])
    #expect(list["kind"]?.string == "list" && list["schemaVersion"]?.int == 1)
    let items = try #require(list["items"]?.array)
    #expect(items.count == MachineCatalog.names.count)
    #expect(items.compactMap { $0["name"]?.string }.sorted() == MachineCatalog.names)
    #expect(items.allSatisfy { $0["summary"]?.string?.isEmpty == false })
  }

  @Test func everyKindCanBeListedAndItsFirstThingShown() throws {
    for (plural, singular) in [
      ("systems", "system"), ("machines", "machine"), ("policies", "policy"),
    ] {
      let items = try #require(try json(["list", plural])["items"]?.array)
      let name = try #require(items.first?["name"]?.string)
      #expect(try json(["show", singular, name])["name"]?.string == name)
      #expect(try json(["show", plural, name])["name"]?.string == name)
    }
  }

  @Test func showPrintsYAMLThatReadsBackAsTheSameMachine() throws {
    let answer = try program.run(["show", "machine", "hp-pa8600"])
    let again = try MachineReader.read(answer.text, file: "again.yaml").machine
    let machine = try MachineCatalog.machine("hp-pa8600")
    #expect(again.arrays == machine.arrays && again.costs == machine.costs)
    #expect(answer.text.contains("evidence"))
  }

  @Test func unknownNamesAndKindsEndWithTheRightCode() throws {
    let machine = try program.run(["show", "machine", "intel-skylak"])
    #expect(machine.status == 66 && machine.complaints.contains("did you mean 'intel-skylake'?"))
    let kind = try program.run(["list", "machinery"])
    #expect(kind.status == 64 && kind.complaints.contains("did you mean 'machines'?"))
    #expect(try program.run(["probe", "./no-such-machine.yaml"]).status == 66)
  }

  @Test func spoiledFileOfTheUsersIsRefusedWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let text = try MachineCatalog.text(of: "teach-tiny").replacing("ways: 4", with: "ways: 5")
    let path = try folder.write("mine.yaml", text)
    let answer = try program.run(["show", "machine", path])
    #expect(answer.status == 65 && answer.output.isEmpty)
    #expect(answer.complaints.contains("mine.yaml:"))
    #expect(answer.complaints.contains("16 entries do not divide into sets of 5 ways"))
  }

  @Test func probeOfAUsersMachinePrintsInferredBesideStated() throws {
    let folder = try TemporaryFolder()
    let text = "id: mine\ninherits: teach-tiny\narrays: [{name: L2, entries: 32, ways: 8}]\n"
    let probe = try json(["probe", try folder.write("mine.yaml", text)])
    #expect(probe["kind"]?.string == "probe" && probe["differing"]?.int == 0)
    let ways = probe["findings"]?.array?.first {
      $0["array"]?.string == "L2" && $0["property"]?.string == "ways"
    }
    #expect(ways?["inferred"]?.string == "8")
  }
}
