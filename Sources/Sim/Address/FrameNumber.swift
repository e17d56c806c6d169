/// Number of a 4 KiB physical page frame.
public struct FrameNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let value: UInt64

  public init(_ value: UInt64) { self.value = value }

  /// Physical address of the frame's first byte.
  public var address: UInt64 { value << 12 }

  /// The frame `count` frames further on.
  public func advanced(by count: UInt64) -> FrameNumber { FrameNumber(value + count) }

  public static func < (a: FrameNumber, b: FrameNumber) -> Bool { a.value < b.value }

  public var description: String { hex(value) }
}
