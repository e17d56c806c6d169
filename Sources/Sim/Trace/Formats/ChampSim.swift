/// ChampSim's instruction records: one fetch at the instruction pointer, then the source operands
/// as loads and the destinations as stores; 0 means that there is no operand. Sizes are not stated.
struct ChampSimParser: AddressRecordParser {
  // Safe: a record has the 64 bytes the reader cuts.
  static let recordSize = 64

  func parse(_ record: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(LineProblem) {
    try unsafe putChampSim(record, destinations: 16..<32, sources: 32..<64, into: &sink)
  }
}

/// The variant for CloudSuite on SPARC: four destinations, an address-space id.
struct ChampSimCloudsuiteParser: AddressRecordParser {
  // Safe: a record has the 96 bytes the reader cuts.
  static let recordSize = 96

  func parse(_ record: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(LineProblem) {
    try unsafe putChampSim(record, destinations: 24..<56, sources: 56..<88, into: &sink)
  }
}

// Safe: both layouts are longer than the offsets read.
@inline(__always)
private func putChampSim(
  _ record: UnsafeRawBufferPointer, destinations: Range<Int>, sources: Range<Int>,
  into sink: inout AccessSink
) throws(LineProblem) {
  guard unsafe record[8] <= 1, unsafe record[9] <= 1 else {
    throw LineProblem(
      unsafe "is_branch and branch_taken are 0 or 1, not \(record[8]) and \(record[9])")
  }
  let pointer = unsafe record.little(0, UInt64.self)
  if pointer != 0 { sink.put(.fetch, pointer) }
  for at in stride(from: sources.lowerBound, to: sources.upperBound, by: 8) {
    let address = unsafe record.little(at, UInt64.self)
    if address != 0 { sink.put(.load, address) }
  }
  for at in stride(from: destinations.lowerBound, to: destinations.upperBound, by: 8) {
    let address = unsafe record.little(at, UInt64.self)
    if address != 0 { sink.put(.store, address) }
  }
}
