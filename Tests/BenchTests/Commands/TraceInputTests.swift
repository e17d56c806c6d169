import Foundation
import Sim
import TestSupport
import Testing

/// What the commands that take traces refuse rather than pass over.
@Suite("Traces: nothing on the line or in the file is silently dropped", .serialized)
struct TraceInputTests {
  let folder: TemporaryFolder
  let program: Program
  let lackey = Debian12.path("Tests/SimTests/Data/ls-full.lackey.txt.zst")

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  @Test(
    "tlb refuses a page size the machine has not, and says which it has",
    arguments: ["8KiB", "16KiB", "64KiB", "4MiB"])
  func pageSize(size: String) throws {
    for more in [[], ["--layout", "recorded"]] {
      let answer = try program.run(
        ["tlb", lackey, "--machine", "intel-skylake", "--page-size", size] + more)
      #expect(answer.status == 65 && answer.output.isEmpty)
      #expect(
        answer.complaints
          == "intel-skylake: error: has no \(size) pages; it knows 4KiB, 2MiB, 1GiB\n")
    }
    let byHand = try program.run(["tlb", lackey, "--l1d", "64x4", "--page-size", size])
    #expect(byHand.status == 0, "a geometry given by hand holds every size")
  }

  @Test("standard input's format is told from its content, packed or not")
  func standardInput() throws {
    let machine = ["--machine", "intel-skylake", "--json"]
    let direct = try program.run(["tlb", lackey] + machine)
    let piped = try program.run(["tlb", "-"] + machine, input: lackey)
    #expect(piped.status == 0, "\(piped.complaints)")
    func answer(_ run: Program.Answer) throws -> JSONValue? {
      var members = try JSONValue(parsing: Array(run.output), file: "answer").object
      members?["manifest"] = nil
      return members.map { .object($0) }
    }
    #expect(try answer(piped) == answer(direct), "but for where it came from")
    let plain = try folder.write("t.din", "0 1000\n2 2000\n1 3000\n")
    let few = try program.run(["curve", "-", "--sets", "1", "--ways", "1..2"], input: plain)
    #expect(few.status == 0, "\(few.complaints)")
    let raw = try folder.write("t.u64", [UInt8](repeating: 7, count: 80))
    let unknown = try program.run(["tlb", "-", "--l1d", "64x4"], input: raw)
    #expect(unknown.status == 65)
    #expect(unknown.complaints.hasPrefix("<stdin>: error: cannot tell the format"))
  }

  @Test("every bad value of a load/unload trace is named at its place, by replay and check alike")
  func values() throws {
    let trace = try folder.write(
      "t",
      """
      0 load hide text=-4KiB data=8KiB
      1 load a text=24KB
      2 load b text=99999TiB
      3 run references=-1
      4 run refs=5
      5 load ext4 colour=red
      6 run 5
      7 insert c text=24KiB init=-19 vermagic=x
      8 modprobe ext4 colour=red

      """)
    let expected = [
      "\(trace):1:13: error: text=-4KiB is no size such as 24KiB",
      "\(trace):2:10: error: text=24KB is no size; did you mean '24KiB'?",
      "\(trace):3:10: error: text=99999TiB is larger than the 1GiB a section may have",
      "\(trace):4:7: error: 'run' wants references=N, N whole, 1000 to 1000000000000, not '-1'",
      "\(trace):5:7: error: 'run' reads no 'refs'; one of references",
      "\(trace):6:13: error: 'load' reads no 'colour'; one of text",
      "\(trace):7:7: error: 'run' names no module; write run references=2_000_000",
    ]
    for command in [["replay", trace, "--system", "linux-6.1"], ["check", trace]] {
      let answer = try program.run(command)
      #expect(answer.status == 65 && answer.output.isEmpty)
      let lines = answer.complaints.split(separator: "\n").map(String.init)
      #expect(lines.count == expected.count)
      for (line, start) in zip(lines, expected) { #expect(line.hasPrefix(start)) }
    }
  }

  @Test("a module without text runs nothing: the workload is measured all the same")
  func dataOnly() throws {
    let trace = try folder.write("t", "0 load hide data=8KiB\n1 run references=20_000\n")
    let answer = try program.run(
      ["replay", trace, "--system", "linux-6.1", "--machine", "intel-skylake", "--json"])
    #expect(answer.status == 0, "\(answer.complaints)")
    let json = try JSONValue(parsing: answer.output, file: "stdout")
    #expect(json["loaded"]?.array?.count == 1)
    #expect(json["runs"] != nil || answer.text.contains("mpki"))
  }

  @Test("verify-placement of another system's events is refused; --at-least ends with 2 below it")
  func placement() throws {
    let events = dataPath("linux/placement-6.12-first1500.csv.xz")
    let other = try program.run(["verify-placement", events, "--system", "freebsd-13-amd64"])
    #expect(other.status == 65 && other.output.isEmpty)
    #expect(other.complaints.contains("no event lies in the arena "))
    let command = ["verify-placement", events, "--system", "linux-6.12"]
    let unseeded = try program.run(command)
    #expect(unseeded.status == 0)
    #expect(unseeded.complaints.contains("no --seed-areas"))
    let strict = try program.run(command + ["--at-least", "1"])
    #expect(strict.status == 2 && strict.output == unseeded.output)
    #expect(try program.run(command + ["--at-least", "0"]).status == 0)
    #expect(try program.run(command + ["--at-least", "2"]).status == 64)
  }
}
