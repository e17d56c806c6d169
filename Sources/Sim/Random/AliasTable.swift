/// Draws from a fixed discrete distribution in constant time (Walker 1977, Vose 1991).
public struct AliasTable: Sendable {
  fileprivate let threshold: [UInt32]
  fileprivate let alias: [UInt32]

  /// - Precondition: `weights` is not empty, holds no negative number and a positive one.
  public init(weights: [Double]) {
    let n = weights.count
    let total = weights.reduce(0, +)
    precondition(n > 0 && total > 0 && weights.allSatisfy { $0 >= 0 }, "bad weights")
    var scaled = weights.map { $0 / total * Double(n) }
    var threshold = [UInt32](repeating: .max, count: n)
    var alias = (0..<UInt32(n)).map { $0 }
    var small: [Int] = []
    var large: [Int] = []
    for i in 0..<n { if scaled[i] < 1 { small.append(i) } else { large.append(i) } }
    while let s = small.popLast(), let l = large.last {
      threshold[s] = UInt32(scaled[s] * 0x1p32 < 0x1p32 ? scaled[s] * 0x1p32 : 0x1p32 - 1)
      alias[s] = UInt32(l)
      scaled[l] -= 1 - scaled[s]
      if scaled[l] < 1 {
        large.removeLast()
        small.append(l)
      }
    }
    self.threshold = threshold
    self.alias = alias
  }

  /// Zipf: the item of rank r (from 0) has weight 1 / (r + 1)^skew.
  public static func zipf(count: Int, skew: Double) -> AliasTable {
    AliasTable(weights: (0..<count).map { power(Double($0 + 1), -skew) })
  }

  /// Counts of at least 1 with this mean, less one: draw and add 1. Cut at 12 times the mean,
  /// which loses less than 1 in 10^5 of the weight.
  public static func geometric(mean: Double) -> AliasTable {
    guard mean > 1 else { return AliasTable(weights: [1]) }
    var weights: [Double] = []
    var weight = 1.0
    for _ in 0..<max(2, Int(mean * 12)) {
      weights.append(weight)
      weight *= 1 - 1 / mean
    }
    return AliasTable(weights: weights)
  }

  public var count: Int { threshold.count }

  /// An index drawn from the distribution.
  @inline(__always)
  public func draw(_ random: inout Xoshiro) -> Int {
    let bits = random.next()
    let slot = Int((bits &>> 32).multipliedFullWidth(by: UInt64(threshold.count) &<< 32).high)
    let coin = UInt32(truncatingIfNeeded: bits)
    return coin <= threshold[slot] ? slot : Int(alias[slot])
  }
}

/// Several tables in one array: a draw names its table, and counts no reference.
struct AliasTables: Sendable {
  /// Threshold in the upper half, alias in the lower.
  private var slots: [UInt64] = []
  private var ranges: [(start: Int, count: Int)] = []

  /// Returns the number `draw` knows the table by.
  mutating func add(_ table: AliasTable) -> Int {
    ranges.append((slots.count, table.count))
    slots += zip(table.threshold, table.alias).map { UInt64($0) << 32 | UInt64($1) }
    return ranges.count - 1
  }

  func count(_ table: Int) -> Int { ranges[table].count }

  /// An index drawn from a table: what its `AliasTable` would draw.
  @inline(__always)
  func draw(_ table: Int, _ random: inout Xoshiro) -> Int {
    let bits = random.next()
    let (start, count) = ranges[table]
    let slot = Int((bits &>> 32).multipliedFullWidth(by: UInt64(count) &<< 32).high)
    let entry = slots[start &+ slot]
    return bits & 0xFFFF_FFFF <= entry &>> 32 ? slot : Int(entry & 0xFFFF_FFFF)
  }
}

/// `base` to the power `exponent` for positive bases, by repeated square roots: the same bits on
/// every platform, which the C library does not promise.
func power(_ base: Double, _ exponent: Double) -> Double {
  if exponent < 0 { return 1 / power(base, -exponent) }
  var whole = Int(exponent)
  var fraction = exponent - Double(whole)
  var result = 1.0
  var factor = base
  while whole > 0 {
    if whole & 1 == 1 { result *= factor }
    factor *= factor
    whole >>= 1
  }
  var root = base.squareRoot()
  for _ in 0..<52 where fraction > 0 {
    fraction *= 2
    if fraction >= 1 {
      result *= root
      fraction -= 1
    }
    root = root.squareRoot()
  }
  return result
}
