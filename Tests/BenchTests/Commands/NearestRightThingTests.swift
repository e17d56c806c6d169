import Foundation
import Sim
import TestSupport
import Testing

/// A slip of the user's, and the nearest right thing the command names.
@Suite("The command line names the nearest right thing", .serialized)
struct NearestRightThingTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  @Test(
    "an unknown command gets the nearest one, at every depth",
    arguments: [
      (["compar", "x.yaml"], "unknown command 'compar'; did you mean 'compare'?", "kfrag"),
      (["lst"], "unknown command 'lst'; did you mean 'list'?", "kfrag"),
      (["course", "explan"], "unknown command 'explan'; did you mean 'explain'?", "kfrag course"),
    ])
  func commands(words: [String], says: String, path: String) throws {
    let answer = try program.run(words)
    #expect(answer.status == 64 && answer.output.isEmpty)
    #expect(answer.complaints.hasPrefix("Error: \(says)\nUsage: \(path) <subcommand>\n"))
  }

  @Test("a usage error found while a command runs names that command and its usage")
  func usage() throws {
    let trace = try folder.write("t", "0 load a text=4KiB\n")
    let answer = try program.run(["replay", trace, "--system", "linux-6.1", "--memory", "5x"])
    #expect(answer.status == 64)
    #expect(answer.complaints.contains("\nUsage: kfrag replay [<options>] <trace>"))
    #expect(answer.complaints.hasSuffix("  See 'kfrag replay --help' for more information.\n"))
  }

  @Test("a scenario's name, or a slip of its path, gets the file it means")
  func scenarios() throws {
    let named = try program.run(["compare", "three-ways"])
    #expect(named.status == 66)
    #expect(named.complaints.contains("; did you mean '"))
    #expect(named.complaints.hasSuffix("Scenarios/three-ways.yaml'?\n"))
    let good = try SmallScenario.write(to: folder)
    let slip = try program.run(["layout", folder.path("smal.yaml")])
    #expect(slip.status == 66)
    #expect(slip.complaints.hasSuffix("; did you mean '\(good)'?\n"))
  }

  @Test("a sweep plan is no scenario and a scenario no sweep plan: the right command is named")
  func plans() throws {
    let scenario = try SmallScenario.write(to: folder)
    let plan = try folder.write("plan.yaml", "scenario: small.yaml\naxes:\n  seed: [1, 2]\n")
    for command in ["compare", "expand", "attribute"] {
      let answer = try program.run([command, plan])
      #expect(answer.status == 65)
      #expect(
        answer.complaints
          == "\(plan):1: error: a sweep plan, no scenario; 'kfrag sweep' runs it\n")
    }
    let answer = try program.run(["sweep", scenario, "--into", folder.path("out")])
    #expect(answer.status == 65)
    #expect(answer.complaints.hasSuffix("a scenario, no sweep plan; 'kfrag compare' runs it\n"))
  }

  @Test("another system's verb names that system")
  func verbs() throws {
    let trace = try folder.write("t", "0 kldload if_em\n1 kldunload if_em\n")
    let answer = try program.run(["replay", trace, "--system", "linux-6.1"])
    #expect(answer.status == 65)
    let lines = answer.complaints.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.last?.contains("'kldunload' is a verb of freebsd-") == true)
  }
}
