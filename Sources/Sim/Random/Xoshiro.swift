/// xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64. Draws are bit-exact on
/// every platform and build, which the standard library's own bounded draws do not promise.
public struct Xoshiro: Sendable {
  var s0: UInt64
  var s1: UInt64
  var s2: UInt64
  var s3: UInt64

  public init(seed: UInt64) {
    var mix = SplitMix64(state: seed)
    (s0, s1, s2, s3) = (mix.next(), mix.next(), mix.next(), mix.next())
  }

  /// 64 uniform bits.
  @inline(__always)
  public mutating func next() -> UInt64 {
    let m = s1 &* 5
    let result = ((m &<< 7) | (m &>> 57)) &* 9
    let t = s1 &<< 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = (s3 &<< 45) | (s3 &>> 19)
    return result
  }

  /// Uniform in `0 ..< bound` by multiply-high (bias below bound / 2^64).
  /// - Precondition: `bound > 0`.
  @inline(__always)
  public mutating func below(_ bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  /// Uniform in `0 ..< bound`.
  @inline(__always)
  public mutating func below(_ bound: Int) -> Int { Int(below(UInt64(bound))) }

  /// Uniform in [0, 1), 53 bits.
  @inline(__always)
  public mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }

  /// Fisher–Yates shuffle in place.
  public mutating func shuffle<T>(_ items: inout [T]) {
    guard items.count > 1 else { return }
    for i in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(i, below(i + 1)) }
  }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): expands one seed into many.
public struct SplitMix64: Sendable {
  var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A seed that splits into independent streams by label, so that adding a consumer never shifts
/// the numbers another one draws: `Seed(7).stream("ageing").generator()`.
public struct Seed: Hashable, Sendable {
  public let value: UInt64

  public init(_ value: UInt64) { self.value = value }

  /// The child seed named `label`: FNV-1a over the label, mixed with the parent.
  public func stream(_ label: String) -> Seed {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    var mix = SplitMix64(state: value ^ hash)
    return Seed(mix.next())
  }

  /// The child seed of replicate or item `index`.
  public func stream(_ index: Int) -> Seed { stream("#\(index)") }

  public func generator() -> Xoshiro { Xoshiro(seed: value) }
}
