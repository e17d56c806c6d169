/// libCacheSim's oracleGeneral: 24-byte records of time (u32), object id (u64), size (u32) and the
/// time of the object's next access (i64). An object is a page; every access is of one kind.
struct OracleGeneralParser: AddressRecordParser {
  // Safe: the offsets read lie inside the record the reader cuts.
  static let recordSize = 24
  let kind: AccessKind
  let pageSize: PageSize

  func parse(_ record: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(LineProblem) {
    let page = unsafe record.little(4, UInt64.self)
    guard page >> (64 - UInt64(pageSize.shift)) == 0 else {
      throw LineProblem("object id \(page) is no page number of \(pageSize) pages")
    }
    sink.put(kind, page << UInt64(pageSize.shift))
  }
}

/// Raw addresses, 8 bytes each.
struct RawAddressParser: AddressRecordParser {
  // Safe: a record has the 8 bytes read.
  static let recordSize = 8
  let kind: AccessKind

  @inline(__always)
  func parse(_ record: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(LineProblem) {
    unsafe sink.put(kind, record.little(0, UInt64.self))
  }
}
