/// One access as an address trace gives it.
public struct RawAccess: Hashable, Sendable {
  public var address: UInt64
  /// Bytes touched from `address` on; at least 1.
  public var size: UInt32
  public var kind: AccessKind

  @inline(__always)
  public init(_ kind: AccessKind, _ address: UInt64, size: UInt32) {
    self.address = address
    self.size = size
    self.kind = kind
  }

  /// Address of the last byte; the address space ends at 2^64.
  @inline(__always) public var last: UInt64 {
    let (sum, over) = address.addingReportingOverflow(UInt64(size &- 1))
    return over ? UInt64.max : sum
  }
}

/// A trace of virtual addresses, drawn in blocks.
public protocol AddressReader {
  /// Fills `block` from its start and returns how many accesses it wrote; 0 at the end.
  mutating func read(into block: UnsafeMutableBufferPointer<RawAccess>) throws -> Int
}

/// What a reader of addresses needs to know beyond the file.
public struct AddressReaderOptions: Sendable {
  /// How accesses count that both read and write (lackey's `M`): as a load and a store, or, as
  /// cachegrind counts, as one load.
  public var modifyIsOneLoad = false
  /// Kind given to accesses of formats that do not state one (`u64`, `oracleGeneral`).
  public var kind = AccessKind.load
  /// Page size object ids of `oracleGeneral` are scaled by.
  public var pageSize = PageSize.base4K

  public init() {}
}
