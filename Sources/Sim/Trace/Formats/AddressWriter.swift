/// Writes accesses in a foreign format, for results to be checked in other people's simulators.
public struct AddressWriter {
  // Safe: the bytes of a local value are copied while they are lent.
  /// The formats written.
  public static let formats: [TraceFormat] = [
    .u64, .din, .xdin, .lackey, .champsim, .oracleGeneral,
  ]

  private let file: OutputFile
  private let format: TraceFormat
  private let pageSize: PageSize
  private var bytes: [UInt8] = []
  private var instruction = ChampSimInstruction()
  private var oracle = OracleHistory()
  public private(set) var count: UInt64 = 0

  /// - Parameter path: nil or `-` for standard output.
  /// - Throws: kind `cannotCreate`; a format that is not written.
  public init(
    _ path: String?, format: TraceFormat, pageSize: PageSize = .base4K
  ) throws(InputError) {
    guard AddressWriter.formats.contains(format) else {
      let all = AddressWriter.formats.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        file: format.rawValue, kind: .cannotCreate, "is a format not written; one of \(all)")
    }
    file = try OutputFile(path)
    self.format = format
    self.pageSize = pageSize
  }

  /// Writes one access. - Throws: kind `cannotWrite`; an access the format cannot state.
  public mutating func write(_ access: RawAccess) throws(InputError) {
    count += 1
    switch format {
    case .din: putText("\(dinLabel(access.kind)) ", access.address, "\n")
    case .xdin:
      let letters: [StaticString] = ["i ", "r ", "w "]
      putText("\(letters[Int(access.kind.rawValue)])", access.address, " ")
      bytes.append(contentsOf: String(access.size, radix: 16).utf8)
      bytes.append(10)
    case .lackey:
      let heads: [StaticString] = ["I  ", " L ", " S "]
      let digits = String(access.address, radix: 16)
      bytes.append(contentsOf: "\(heads[Int(access.kind.rawValue)])".utf8)
      bytes.append(contentsOf: repeatElement(48, count: max(0, 8 - digits.count)))
      bytes.append(contentsOf: "\(digits),\(access.size)\n".utf8)
    case .champsim:
      guard access.address != 0 else {
        throw InputError(
          file: file.name, kind: .cannotWrite, "ChampSim has no address 0 (access \(count))")
      }
      if !instruction.take(access) {
        bytes.append(contentsOf: instruction.record)
        instruction = ChampSimInstruction()
        _ = instruction.take(access)
      }
    case .oracleGeneral: oracle.append(pageSize.number(access.address))
    default:
      unsafe withUnsafeBytes(of: access.address.littleEndian) {
        unsafe bytes.append(contentsOf: $0)
      }
    }
    if bytes.count >= 1 << 16 { try flush() }
  }

  /// Ends the file and gives it its name.
  public mutating func finish() throws(InputError) {
    if format == .champsim, !instruction.isEmpty { bytes.append(contentsOf: instruction.record) }
    if format == .oracleGeneral {
      for index in oracle.pages.indices {
        var record = ByteEncoder()
        record.fixed(UInt32(clamping: index))
        record.fixed(oracle.pages[index])
        record.fixed(UInt32(clamping: pageSize.bytes))
        record.fixed(oracle.next[index])
        bytes.append(contentsOf: record.bytes)
        if bytes.count >= 1 << 16 { try flush() }
      }
    }
    try flush()
    try file.commit()
  }

  private mutating func flush() throws(InputError) {
    try file.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  private func dinLabel(_ kind: AccessKind) -> Int {
    switch kind {
    case .load: 0
    case .store: 1
    case .fetch: 2
    }
  }

  private mutating func putText(_ before: String, _ address: UInt64, _ after: String) {
    bytes.append(contentsOf: before.utf8)
    bytes.append(contentsOf: String(address, radix: 16).utf8)
    bytes.append(contentsOf: after.utf8)
  }
}

/// One ChampSim record being filled: a fetch, then loads, then stores. What does not fit that order
/// goes to a record of its own without a fetch (instruction pointer 0).
private struct ChampSimInstruction {
  private var pointer: UInt64 = 0
  private var loads: [UInt64] = []
  private var stores: [UInt64] = []

  var isEmpty: Bool { pointer == 0 && loads.isEmpty && stores.isEmpty }

  /// False when the access belongs to the next record.
  mutating func take(_ access: RawAccess) -> Bool {
    switch access.kind {
    case .fetch:
      guard isEmpty else { return false }
      pointer = access.address
    case .load:
      guard loads.count < 4, stores.isEmpty else { return false }
      loads.append(access.address)
    case .store:
      guard stores.count < 2 else { return false }
      stores.append(access.address)
    }
    return true
  }

  var record: [UInt8] {
    var out = ByteEncoder()
    out.fixed(pointer)
    out.fixed(UInt64(0))
    for index in 0..<2 { out.fixed(index < stores.count ? stores[index] : 0) }
    for index in 0..<4 { out.fixed(index < loads.count ? loads[index] : 0) }
    return out.bytes
  }
}

/// Page accesses with the position of the next access to the same page; 16 bytes an access.
private struct OracleHistory {
  private(set) var pages: [UInt64] = []
  private(set) var next: [Int64] = []
  private var last: [UInt64: Int] = [:]

  mutating func append(_ page: UInt64) {
    if let before = last[page] { next[before] = Int64(pages.count) }
    last[page] = pages.count
    pages.append(page)
    next.append(-1)
  }
}
