public import Sim

/// A zone as plain arrays: which frames are free, and the free lists as lists of frame numbers.
/// Slow and obvious; written from the description of the rules, not from the fast allocator.
public struct NaiveBuddy {
  public let frames: Int
  public let rule: FallbackRule
  /// `lists[order][type]`: first frames, head first.
  public var lists: [[[Int]]]
  public var types: [MigrateType]
  /// What every allocated frame was allocated for; nil when free.
  public var owner: [MigrateType?]

  public init(frames: Int, rule: FallbackRule) {
    self.frames = frames
    self.rule = rule
    lists = Array(repeating: Array(repeating: [], count: 6), count: 11)
    types = Array(repeating: .movable, count: (frames + 511) / 512)
    owner = Array(repeating: nil, count: frames)
    var frame = 0
    while frame < frames {
      var order = 10
      while frame % (1 << order) != 0 || frame + (1 << order) > frames { order -= 1 }
      lists[order][1].append(frame)
      frame += 1 << order
    }
  }

  public mutating func allocate(order: Int, type: MigrateType) -> Int? {
    guard let frame = smallest(order, type) ?? fallback(order, type) else { return nil }
    for index in frame..<(frame + 1 << order) { owner[index] = type }
    return frame
  }

  public mutating func free(_ frame: Int, order: Int) {
    for index in frame..<(frame + 1 << order) { owner[index] = nil }
    let type = types[frame / 512]
    var (frame, order) = (frame, order)
    while order < 10, let (list, place) = find(frame ^ (1 << order), order) {
      if order >= 9 && rule != .moveAlways { types[(frame ^ (1 << order)) / 512] = type }
      lists[order][list].remove(at: place)
      frame = min(frame, frame ^ (1 << order))
      order += 1
    }
    let sibling = (frame & ~(1 << order)) ^ (1 << (order + 1))
    if order < 9, find(sibling, order + 1) != nil {
      lists[order][Int(type.rawValue)].append(frame)
    } else {
      lists[order][Int(type.rawValue)].insert(frame, at: 0)
    }
  }

  func find(_ frame: Int, _ order: Int) -> (Int, Int)? {
    for list in 0..<6 {
      if let place = lists[order][list].firstIndex(of: frame) { return (list, place) }
    }
    return nil
  }

  mutating func smallest(_ order: Int, _ type: MigrateType) -> Int? {
    for current in order...10 where !lists[current][Int(type.rawValue)].isEmpty {
      let frame = lists[current][Int(type.rawValue)].removeFirst()
      split(frame, current, order, type)
      return frame
    }
    return nil
  }

  mutating func split(_ frame: Int, _ from: Int, _ to: Int, _ type: MigrateType) {
    for half in stride(from: from - 1, through: to, by: -1) {
      lists[half][Int(type.rawValue)].insert(frame + 1 << half, at: 0)
    }
  }

  func source(_ order: Int, _ type: MigrateType) -> MigrateType? {
    let candidates: [MigrateType] =
      switch type {
      case .unmovable: [.reclaimable, .movable]
      case .movable: [.reclaimable, .unmovable]
      default: [.unmovable, .movable]
      }
    return candidates.first { !lists[order][Int($0.rawValue)].isEmpty }
  }

  mutating func fallback(_ order: Int, _ type: MigrateType) -> Int? {
    for current in stride(from: 10, through: order, by: -1) {
      guard let other = source(current, type) else { continue }
      let claimable = current >= 4 || type != .movable
      if !claimable && (current > order || rule == .claimThenSmallest) { break }
      let frame = lists[current][Int(other.rawValue)][0]
      if current >= 9 {
        for block in 0..<(1 << (current - 9)) { types[frame / 512 + block] = type }
        return retype(frame, current, order, other, type)
      }
      let block = frame / 512 * 512
      let wholeBlock = block + 512 <= frames
      let range = block..<min(block + 512, frames)
      let free = range.count { owner[$0] == nil }
      let movable = range.count { owner[$0] == .movable }
      let alike =
        type == .movable ? movable : types[block / 512] == .movable ? 512 - free - movable : 0
      let claims = claimable && wholeBlock && free + alike >= 256
      if claimable && wholeBlock && (claims || rule == .moveAlways) {
        for order in 0...9 {
          for start in range {
            guard let (list, place) = find(start, order) else { continue }
            lists[order][list].remove(at: place)
            lists[order][Int(type.rawValue)].append(start)
          }
        }
        if claims { types[block / 512] = type }
        return smallest(order, type)
      }
      if rule != .claimThenSmallest { return retype(frame, current, order, other, type) }
    }
    for current in order...10 {
      guard let other = source(current, type) else { continue }
      return retype(lists[current][Int(other.rawValue)][0], current, order, other, type)
    }
    return nil
  }

  /// Takes a block at a list's head; who keeps the rest depends on the rule.
  mutating func retype(
    _ frame: Int, _ current: Int, _ order: Int, _ other: MigrateType, _ type: MigrateType
  ) -> Int? {
    lists[current][Int(other.rawValue)].removeFirst()
    if rule == .moveAlways {
      lists[current][Int(type.rawValue)].append(frame)
      return smallest(order, type)
    }
    split(frame, current, order, current >= 9 ? type : other)
    return frame
  }
}
