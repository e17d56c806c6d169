import Sim
import Testing

@Suite struct ProbeTests {
  /// One machine of each kind of array, index, policy and refill.
  static let machines = [
    "teach-tiny", "teach-udacity", "intel-i486", "intel-p6", "intel-goldmont-plus",
    "intel-skylake", "amd-k5", "amd-zen2", "apple-m1-icestorm", "arm-cortex-a53", "ppc-604",
    "ibm-power7", "sun-t1", "hp-pa7200", "dec-21264", "mips-r4000", "sifive-u74",
    "xiangshan-kmh",
  ]

  @Test(arguments: machines)
  func inferredValuesAgreeWithStatedOnesOrSayWhyNot(name: String) throws {
    let findings = try Probe(try MachineCatalog.machine(name)).findings()
    #expect(!findings.isEmpty)
    for finding in findings where !finding.agrees {
      #expect(!finding.reason.isEmpty, "\(name) \(finding)")
    }
  }

  @Test(arguments: ["intel-skylake", "intel-goldmont-plus", "apple-m1-icestorm", "ppc-604"])
  func nothingDiffersWhereNothingDisturbsTheProbe(name: String) throws {
    let findings = try Probe(try MachineCatalog.machine(name)).findings()
    let differing = findings.filter { !$0.agrees }
    #expect(differing.isEmpty, "\(differing)")
  }

  /// A working set at the published size stays, one at the size seen slow does not.
  @Test func publishedKneesStandInTheSimulator() throws {
    var stood = 0
    for machine in MachineCatalogTests.all {
      for knee in machine.knees where !knee.blurred {
        let overflow = knee.overflowsPages ?? knee.fitsPages + 1
        let fits = try Probe(machine).misses(of: knee, pages: knee.fitsPages)
        let misses = try Probe(machine).misses(of: knee, pages: overflow)
        #expect(fits == 0 && misses > 0, "\(machine.id) \(knee): \(fits), \(misses)")
        stood += fits == 0 && misses > 0 ? 1 : 0
      }
    }
    #expect(stood == 117)
  }

  /// The vectors TLB;DR (USENIX Security 2022) prints for the Skylake family.
  @Test func skylakeSecondLevelShowsThePublishedPermutationVectors() throws {
    let probe = Probe(try MachineCatalog.machine("intel-skylake"))
    let vectors = try #require(try probe.permutationVectors(of: "STLB"))
    #expect(vectors.count == 12)
    #expect(vectors[0] == Array(0..<12))
    #expect(vectors[1] == [1, 2, 0, 4, 5, 3, 7, 8, 6, 10, 11, 9])
    #expect(vectors[3] == [3, 1, 2, 0, 4, 5, 9, 7, 8, 6, 10, 11])
    #expect(vectors[11] == [11] + Array(0..<11))
  }

  @Test func skylakeFirstLevelShowsTheTreesVectors() throws {
    let probe = Probe(try MachineCatalog.machine("intel-skylake"))
    let vectors = try #require(try probe.permutationVectors(of: "L1D-4K"))
    #expect(vectors == [[0, 1, 2, 3], [1, 0, 3, 2], [2, 1, 0, 3], [3, 0, 1, 2]])
  }

  @Test func vectorsOfLRUAreRotations() throws {
    let machine = try TranslationFactTests.single("32x4")
    let vectors = try #require(try Probe(machine).permutationVectors(of: "T"))
    #expect(vectors == [[0, 1, 2, 3], [1, 0, 2, 3], [2, 0, 1, 3], [3, 0, 1, 2]])
  }

  @Test(arguments: ReplacementKind.allCases.filter { $0 != .opt && $0 != .mru3plru4 })
  func everyPolicyIsToldFromTheOthers(policy: ReplacementKind) throws {
    let machine = try TranslationFactTests.single("64x8:\(policy.rawValue)")
    let found = try Probe(machine).findings().first { $0.property == "policy" }
    #expect(found?.inferred == policy.rawValue)
  }

  @Test(arguments: ["linear", "xor3", "xor5", "xor8"])
  func indexFunctionIsRecoveredByEvictionSets(index: String) throws {
    let sets = index == "linear" ? 64 : 1 << (Int(index.dropFirst(3)) ?? 0)
    let machine = try TranslationFactTests.single("\(4 * sets)x4:lru:\(index)")
    let found = try Probe(machine).findings().first { $0.property == "index" }
    #expect(found?.inferred == index)
  }
}
