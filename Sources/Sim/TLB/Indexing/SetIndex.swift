/// Picks the set of a page number. Used while tags are compiled, never per reference.
public struct SetIndex: Sendable {
  let sets: UInt64
  let kind: IndexKind

  /// - Precondition: `sets >= 1`; an XOR index has 2^bits sets (`TLBGeometry` checks both).
  public init(sets: Int, kind: IndexKind) {
    self.sets = UInt64(sets)
    self.kind = kind
  }

  public init(_ geometry: TLBGeometry) {
    self.init(sets: geometry.sets, kind: geometry.index)
  }

  /// The set page `number` falls in.
  public func callAsFunction(_ number: UInt64) -> Int {
    switch kind {
    case .linear:
      let mask = sets &- 1
      return Int(truncatingIfNeeded: sets & mask == 0 ? number & mask : number % sets)
    case .xor(let bits):
      let width = UInt64(bits)
      return Int(truncatingIfNeeded: (number ^ (number &>> width)) & (1 &<< width &- 1))
    }
  }
}
