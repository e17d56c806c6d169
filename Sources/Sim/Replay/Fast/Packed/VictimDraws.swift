/// Victims of random replacement drawn ahead of their use: a loop need not branch on whether it
/// wants one.
@safe final class VictimDraws {
  // Safe: `first` never passes `room`: a block reserves its draws first, and `end` comes from
  // `next`.
  private static let room = 4096
  private let seed: UInt64
  private let ways: Int
  private var generator: Xoshiro
  private let drawn: UnsafeMutablePointer<UInt8>
  private var first = room
  private var taken = 0

  init(seed: UInt64, ways: Int) {
    (self.seed, self.ways) = (seed, ways)
    generator = Xoshiro(seed: seed)
    unsafe drawn = .allocate(capacity: Self.room)
  }

  deinit { unsafe drawn.deallocate() }

  /// Sees to it that `count` draws are there.
  /// - Precondition: `count` is at most 4096.
  func reserve(_ count: Int) {
    guard Self.room - first < count else { return }
    let left = Self.room - first
    unsafe drawn.update(from: drawn + first, count: left)
    for i in left..<Self.room { unsafe drawn[i] = UInt8(truncatingIfNeeded: generator.below(ways)) }
    first = 0
  }

  var next: UnsafePointer<UInt8> { unsafe UnsafePointer(drawn + first) }

  /// The draws before `end` are taken.
  func take(upTo end: UnsafePointer<UInt8>) {
    let count = unsafe end - next
    taken += count
    first += count
  }

  /// A generator that goes on behind the draws taken.
  func continued() -> Xoshiro {
    var generator = Xoshiro(seed: seed)
    for _ in 0..<taken { _ = generator.next() }
    return generator
  }
}
