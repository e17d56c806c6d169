/// Replacement policies a TLB array can use. Adding one is a file in `TLB/Replacement` and a case
/// here; the exhaustive switches refuse to compile until it is wired.
public enum ReplacementKind: String, CaseIterable, Sendable {
  case lru, fifo, random, tplru, nru, srrip, lfu, clock, mru3plru4, opt, nlu

  /// True when looking up an entry again, nothing else of its set between, changes nothing.
  var forgetsRepeats: Bool {
    switch self {
    case .lru, .fifo, .random, .tplru, .nru, .mru3plru4, .nlu: true
    case .srrip, .lfu, .clock, .opt: false
    }
  }
}

/// How a page number picks its set.
public enum IndexKind: Hashable, Sendable {
  /// Low bits of the page number (or page number modulo sets when sets is no power of two).
  case linear
  /// The low N bits XORed with the next N bits, N = log2(sets).
  case xor(UInt8)
}

extension IndexKind: CustomStringConvertible {
  /// Parses `linear`, `lin`, `xor7`.
  public init?(_ text: some StringProtocol) {
    if text == "linear" || text == "lin" {
      self = .linear
    } else if text.hasPrefix("xor"), let bits = UInt8(text.dropFirst(3)), (1...8).contains(bits) {
      self = .xor(bits)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .linear: "linear"
    case .xor(let bits): "xor\(bits)"
    }
  }
}

/// Shape and rules of one TLB array: `ENTRIESxWAYS[:POLICY[:INDEX]]`, e.g. `1536x12:lru:linear`,
/// `64xfull:random`, `1536x12:mru3plru4:xor7`.
public struct TLBGeometry: Hashable, Sendable {
  public let entries: Int
  public let ways: Int
  public let policy: ReplacementKind
  public let index: IndexKind

  public static let entryLimit = 1 << 20

  /// One entry of one way.
  static let single = TLBGeometry(entries: 1)

  private init(entries: Int) {
    (self.entries, ways, policy, index) = (entries, entries, .lru, .linear)
  }

  /// Sets = entries / ways; need not be a power of two with linear indexing.
  public var sets: Int { entries / ways }

  /// - Throws: the reason, in words, when the geometry cannot exist.
  public init(
    entries: Int, ways: Int, policy: ReplacementKind = .lru, index: IndexKind = .linear
  ) throws(GeometryError) {
    guard (1...TLBGeometry.entryLimit).contains(entries) else {
      throw GeometryError("\(entries) entries are outside 1…\(TLBGeometry.entryLimit)")
    }
    guard (1...entries).contains(ways), entries % ways == 0 else {
      throw GeometryError("\(entries) entries do not divide into sets of \(ways) ways")
    }
    let sets = entries / ways
    if case .xor(let bits) = index, sets != 1 << Int(bits) {
      throw GeometryError("index xor\(bits) wants \(1 << Int(bits)) sets, the array has \(sets)")
    }
    if policy == .tplru, ways.nonzeroBitCount != 1 {
      throw GeometryError("tree-PLRU wants a power of two ways, not \(ways)")
    }
    if policy == .mru3plru4, ways != 12 {
      throw GeometryError("mru3plru4 is a 12-way policy, not \(ways)-way")
    }
    self.entries = entries
    self.ways = ways
    self.policy = policy
    self.index = index
  }

  /// Parses the command-line form. - Throws: the reason, with the nearest right thing.
  public init(_ text: String) throws(GeometryError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let shape = parts[0].split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count <= 3, shape.count == 2, let entries = parseUnsigned(shape[0]),
      entries <= UInt64(TLBGeometry.entryLimit)
    else {
      throw GeometryError(
        "'\(text)' is no geometry; write ENTRIESxWAYS[:POLICY[:INDEX]], e.g. 64x4:lru:linear")
    }
    let full = shape[1] == "full"
    guard let ways = full ? entries : parseUnsigned(shape[1]), ways <= entries else {
      throw GeometryError("'\(shape[1])' is no number of ways for \(entries) entries")
    }
    var policy = ReplacementKind.lru
    if parts.count > 1 {
      guard let named = ReplacementKind(rawValue: String(parts[1])) else {
        let all = ReplacementKind.allCases.map(\.rawValue)
        throw GeometryError(
          "unknown policy '\(parts[1])'" + suggestion(for: String(parts[1]), in: all))
      }
      policy = named
    }
    var index = IndexKind.linear
    if parts.count > 2 {
      guard let named = IndexKind(parts[2]) else {
        throw GeometryError("unknown index '\(parts[2])'; one of linear, xor1…xor8")
      }
      index = named
    }
    try self.init(entries: Int(entries), ways: Int(ways), policy: policy, index: index)
  }
}

extension TLBGeometry: CustomStringConvertible {
  public var description: String {
    "\(entries)x\(ways == entries ? "full" : "\(ways)"):\(policy.rawValue):\(index)"
  }
}

/// Why a geometry cannot exist.
public struct GeometryError: Error, CustomStringConvertible, Sendable {
  public let description: String
  init(_ description: String) { self.description = description }
}
