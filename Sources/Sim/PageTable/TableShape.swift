/// Shape of the page table.
public enum TableShape: String, CaseIterable, Sendable {
  case radix2, radix3, radix4, radix5, hashed, tsb, vhpt, linear

  /// Levels of a radix table; nil for the others.
  public var radixLevels: Int? {
    switch self {
    case .radix2: 2
    case .radix3: 3
    case .radix4: 4
    case .radix5: 5
    case .hashed, .tsb, .vhpt, .linear: nil
    }
  }
}
