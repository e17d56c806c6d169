public import Sim

/// A frame source over a bitmap: lowest aligned free block. Counts what is out.
public struct PoolSource: FrameSource {
  public private(set) var isFree: [Bool]

  /// - Parameter frames: 4 KiB frames; `used` of them are taken from the start.
  public init(frames: Int, used: [Int] = []) {
    isFree = Array(repeating: true, count: frames)
    for frame in used { isFree[frame] = false }
  }

  public var freeCount: Int { isFree.count { $0 } }

  public mutating func takeBlock(order: Int) -> UInt64? {
    let size = 1 << order
    for first in stride(from: 0, through: isFree.count - size, by: size)
    where isFree[first..<first + size].allSatisfy({ $0 }) {
      for frame in first..<first + size { isFree[frame] = false }
      return UInt64(first) << 12
    }
    return nil
  }

  public mutating func giveBlock(_ address: UInt64, order: Int) {
    let first = Int(address >> 12)
    for frame in first..<first + 1 << order {
      precondition(!isFree[frame], "frame \(frame) given back twice")
      isFree[frame] = true
    }
  }
}
