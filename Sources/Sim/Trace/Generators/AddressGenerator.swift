/// Address traces with fixed seeds, the same bytes on every machine: the work of `kfrag bench`.
public enum AddressPattern: String, CaseIterable, Sendable {
  /// Zipf(1.0) over 100,000 pages, ranks permuted, by Walker's alias method.
  case zipf
  /// Bursts of a 64-byte stride stream, page loops of changing size, and four stack pages.
  case mix
  /// Uniform over 20,000 pages.
  case unif

  var seed: UInt64 {
    switch self {
    case .zipf: 20_240_601
    case .mix: 20_240_602
    case .unif: 20_240_603
    }
  }
}

/// Draws one pattern's addresses in order.
public struct AddressGenerator: Sendable {
  private let pattern: AddressPattern
  private var random: Xoshiro
  private var threshold: [Double] = []
  private var alias: [Int32] = []
  private var pageOfRank: [Int32] = []
  private static let base: UInt64 = 0x7f3a_0000_0000
  private static let loops: [UInt64] = [16, 48, 96, 512, 1200, 3000]
  // State of `mix`: addresses drawn, bytes streamed, loop steps, what is left of the burst.
  private var drawn: UInt64 = 0
  private var streamed: UInt64 = 0
  private var looped: UInt64 = 0
  private var burst: (left: UInt64, kind: UInt64, loop: UInt64) = (0, 0, 0)

  public init(_ pattern: AddressPattern) {
    self.pattern = pattern
    random = Xoshiro(seed: pattern.seed)
    if pattern == .zipf { prepareZipf(100_000) }
  }

  private mutating func prepareZipf(_ pages: Int) {
    var sum = 0.0
    for i in 0..<pages { sum += 1.0 / Double(i + 1) }
    threshold = (0..<pages).map { (1.0 / Double($0 + 1)) / sum * Double(pages) }
    alias = (0..<pages).map { Int32($0) }
    var small: [Int] = []
    var large: [Int] = []
    for i in 0..<pages { if threshold[i] < 1 { small.append(i) } else { large.append(i) } }
    while let a = small.last, let g = large.last {
      small.removeLast()
      large.removeLast()
      alias[a] = Int32(g)
      threshold[g] = threshold[g] + threshold[a] - 1
      if threshold[g] < 1 { small.append(g) } else { large.append(g) }
    }
    for i in small { threshold[i] = 1 }
    for i in large { threshold[i] = 1 }
    pageOfRank = (0..<pages).map { Int32($0) }
    for i in stride(from: pages - 1, to: 0, by: -1) { pageOfRank.swapAt(i, random.below(i + 1)) }
  }

  public mutating func next() -> UInt64 {
    switch pattern {
    case .zipf:
      var rank = random.below(threshold.count)
      if random.unit() >= threshold[rank] { rank = Int(alias[rank]) }
      return Self.base + (UInt64(pageOfRank[rank]) << 12) + (random.next() & 0xff8)
    case .unif:
      let page = random.below(UInt64(20_000))
      return Self.base + (page << 12) + (random.next() & 0xff8)
    case .mix: return nextOfMix()
    }
  }

  private mutating func nextOfMix() -> UInt64 {
    if burst.left == 0 {
      burst.loop = Self.loops[Int(drawn / 1_000_000 % 6)]
      burst.kind = random.below(UInt64(10))
      burst.left = 1
      while burst.left < 64, random.next() & 3 != 0 { burst.left += 1 }
    }
    burst.left -= 1
    drawn += 1
    if burst.kind < 4 {
      let address = Self.base + (streamed & ((1 << 30) - 1))
      streamed += 64
      return address
    }
    if burst.kind < 8 {
      let page = (looped >> 3) % burst.loop
      let address = Self.base + 0x1_0000_0000 + (page << 12) + ((looped & 7) << 9)
      looped += 1
      return address
    }
    let offset = random.next() & 0xff8
    return 0x7fff_fffd_e000 - (random.below(UInt64(4)) << 12) + offset
  }

  /// The next `count` addresses.
  public mutating func block(_ count: Int) -> [UInt64] { (0..<count).map { _ in next() } }
}
