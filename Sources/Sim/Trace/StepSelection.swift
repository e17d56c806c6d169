/// A set of step numbers as users write it: `3,5-9`.
public struct StepSelection: Hashable, Sendable, CustomStringConvertible {
  public let ranges: [ClosedRange<UInt32>]

  public init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  /// Nil when `text` is no list of numbers and ranges.
  public init?(_ text: String) {
    var ranges: [ClosedRange<UInt32>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      let numbers = ends.compactMap { UInt32($0) }
      guard numbers.count == ends.count, (1...2).contains(ends.count),
        numbers[0] <= numbers[numbers.count - 1]
      else { return nil }
      ranges.append(numbers[0]...numbers[numbers.count - 1])
    }
    self.ranges = ranges
  }

  public func contains(_ step: UInt32) -> Bool { ranges.contains { $0.contains(step) } }

  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}

/// A stream cut down to some of its steps; what comes before the first step is dropped too.
public struct StepFilter<Base: DescribedSource>: DescribedSource {
  // Safe: `kept` never passes `count`, which the base filled.
  public private(set) var base: Base
  public let selection: StepSelection
  private var keeps = false
  private var found: [Bool]

  public init(_ base: Base, keeping selection: StepSelection) {
    self.base = base
    self.selection = selection
    found = Array(repeating: false, count: selection.ranges.count)
  }

  public var description: StreamDescription { base.description }

  /// - Throws: what the stream throws; at its end, that a step asked for did
  ///   not occur.
  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    while true {
      let count = try unsafe base.read(into: block)
      if count == 0 {
        if let absent = found.firstIndex(of: false) {
          throw InputError(
            file: "--steps", "the stream has no step \(StepSelection([selection.ranges[absent]]))")
        }
        return 0
      }
      var kept = 0
      for index in 0..<count {
        let record = unsafe block[index]
        if record.marker == .step {
          keeps = select(record.count)
        }
        if keeps {
          unsafe block[kept] = record
          kept += 1
        }
      }
      if kept > 0 { return kept }
    }
  }

  private mutating func select(_ step: UInt32) -> Bool {
    var selected = false
    for (index, range) in selection.ranges.enumerated() where range.contains(step) {
      found[index] = true
      selected = true
    }
    return selected
  }
}
