public import Sim

/// An arena held by reference, because test expectations cannot hold mutating calls.
public final class ArenaBox<A: VirtualArena> {
  public var arena: A

  public init(_ arena: A) { self.arena = arena }

  public func allocate(size: UInt64, alignment: UInt64 = 1) -> AddressRange? {
    arena.allocate(size: size, alignment: alignment)
  }

  public func free(_ range: AddressRange) -> Bool { arena.free(range) }

  public var freeRanges: [AddressRange] { arena.freeRanges }
  public var freeBytes: UInt64 { arena.freeBytes }
}
