import Foundation
import Testing

@testable import Sim

@Suite("Draws follow their published definitions and distributions")
struct RandomTests {
  /// The reference implementation's first outputs from state 1, 2, 3, 4 (prng.di.unimi.it).
  @Test("xoshiro256** gives the reference sequence")
  func xoshiro() {
    var random = Xoshiro(seed: 0)
    (random.s0, random.s1, random.s2, random.s3) = (1, 2, 3, 4)
    let expected: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
      607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
      10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
    ]
    let drawn = expected.map { _ in random.next() }
    #expect(drawn == expected)
  }

  /// The reference implementation's first outputs from state 1477776061723855037.
  @Test("SplitMix64 gives the reference sequence")
  func splitMix() {
    var mix = SplitMix64(state: 1_477_776_061_723_855_037)
    let expected: [UInt64] = [
      1_985_237_415_132_408_290, 2_979_275_885_539_914_483, 13_511_426_838_097_143_398,
      8_488_337_342_461_049_707, 15_141_737_807_933_549_159,
    ]
    let drawn = expected.map { _ in mix.next() }
    #expect(drawn == expected)
  }

  @Test("a seed's streams differ by label and by parent, and repeat")
  func streams() {
    var seen: Set<UInt64> = []
    for parent in 0..<50 {
      for label in 0..<100 {
        #expect(seen.insert(Seed(UInt64(parent)).stream(label).value).inserted)
      }
    }
    #expect(Seed(7).stream("ageing") == Seed(7).stream("ageing"))
    #expect(Seed(7).stream("a").stream("b") != Seed(7).stream("b").stream("a"))
    #expect(Seed(7).stream(3) == Seed(7).stream("#3"))
  }

  @Test("bounded draws are uniform: chi-square of 40 cells stays within five deviations")
  func uniform() {
    var random = Xoshiro(seed: 11)
    var counts = [Int](repeating: 0, count: 40)
    let draws = 40_000
    for _ in 0..<draws { counts[random.below(40)] += 1 }
    let expected = Double(draws) / 40
    let chi = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(abs(chi - 39) < 5 * (2 * 39.0).squareRoot(), "chi-square \(chi)")
    for _ in 0..<1000 { #expect((0..<1).contains(random.unit())) }
  }

  @Test("a shuffle keeps every item, and each lands anywhere equally often")
  func shuffle() {
    var random = Xoshiro(seed: 12)
    var places = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    let rounds = 10_000
    for _ in 0..<rounds {
      var items = [0, 1, 2, 3, 4]
      random.shuffle(&items)
      #expect(items.sorted() == [0, 1, 2, 3, 4])
      for (place, item) in items.enumerated() { places[item][place] += 1 }
    }
    let deviation = (Double(rounds) * 0.2 * 0.8).squareRoot()
    for count in places.flatMap({ $0 }) {
      #expect(abs(Double(count) - Double(rounds) / 5) < 5 * deviation)
    }
  }

  @Test(
    "the alias table draws each item with its weight, within five deviations",
    arguments: [[1.0], [1, 1, 1], [0, 3, 0, 1], [1000, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]])
  func alias(weights: [Double]) {
    let table = AliasTable(weights: weights)
    var random = Xoshiro(seed: 13)
    let draws = 40_000
    var counts = [Int](repeating: 0, count: weights.count)
    for _ in 0..<draws { counts[table.draw(&random)] += 1 }
    let total = weights.reduce(0, +)
    for (weight, count) in zip(weights, counts) {
      let p = weight / total
      let deviation = (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - Double(draws) * p) <= 5 * deviation + 1e-9)
    }
  }

  @Test("Zipf's first item has the share 1 / H(n, s)", arguments: [0.5, 1, 1.3])
  func zipf(skew: Double) {
    let table = AliasTable.zipf(count: 105, skew: skew)
    var random = Xoshiro(seed: 14)
    let draws = 40_000
    let top = (0..<draws).count { _ in table.draw(&random) == 0 }
    let share = 1 / (1...105).reduce(0) { $0 + pow(Double($1), -skew) }
    let deviation = (share * (1 - share) / Double(draws)).squareRoot()
    #expect(abs(Double(top) / Double(draws) - share) < 5 * deviation)
  }

  @Test("geometric counts have the stated mean", arguments: [1, 1.5, 4, 16, 200])
  func geometric(mean: Double) {
    let table = AliasTable.geometric(mean: mean)
    var random = Xoshiro(seed: 15)
    let draws = 20_000
    let sum = (0..<draws).reduce(0) { total, _ in total + table.draw(&random) + 1 }
    // The variance of a geometric count from 1 is m (m - 1).
    let deviation = (mean * (mean - 1) / Double(draws)).squareRoot()
    #expect(abs(Double(sum) / Double(draws) - mean) <= 5 * deviation + 0.001 * (mean - 1))
  }

  @Test("powers agree with the C library's to twelve digits")
  func powers() {
    var random = Xoshiro(seed: 16)
    for _ in 0..<500 {
      let base = 0.001 + random.unit() * 5000
      let exponent = random.unit() * 8 - 4
      let expected = pow(base, exponent)
      #expect(abs(power(base, exponent) - expected) <= 1e-12 * expected)
    }
  }
}
