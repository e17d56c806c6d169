/// Replays a recorded sequence of module-area allocations and frees through a system's placement
/// rule and compares every predicted address with the real one.
///
/// After each event the model holds what the real kernel held, so one miss does not cause others.
/// Two things a log cannot say are settled here, and both are reported:
///
/// - An allocation is logged when it returns, a free when it is called. A free logged within
///   `inFlightMicroseconds` of the allocation's return may have come after the choice of the
///   address. The order as logged is tried first, then the other one.
/// - An allocation's size is logged by another probe than its address; when two loads interleave
///   it may be the other one's. The `load` line, written from the kernel's own structure, decides.
public struct LinuxPlacementCheck: Sendable {
  /// A predicted address that was not the real one.
  public struct Miss: Hashable, Sendable {
    public let line: Int
    public let real: UInt64
    /// Nil when the model found no room at all.
    public let predicted: UInt64?
    public let size: UInt64
    public let why: String
  }

  /// A place where the log's own order or size was put right.
  public struct Correction: Hashable, Sendable {
    public let line: Int
    public let address: UInt64
    public let what: String
  }

  /// Longest time between a free's logging and its effect. In the recordings of 6.1 and 6.12 the
  /// shortest interval after which a freed area was seen in use again is 63 µs, and the one free
  /// that was overtaken lies 56 µs before the allocation's return.
  public static let inFlightMicroseconds: UInt64 = 60

  public private(set) var allocations = 0
  public private(set) var exact = 0
  /// Of the exact ones, those predicted from the log's own order.
  public private(set) var exactAsLogged = 0
  public private(set) var misses: [Miss] = []
  public private(set) var corrections: [Correction] = []
  /// Largest share of the used span that lay in holes, and the share at the end.
  public private(set) var holeShare = 0.0

  private let rule: ArenaProfile
  private let guardBytes: UInt64
  /// Live areas of the window, guard included, sorted.
  private var live: [AddressRange]
  private var arena: Arena
  private var recentFrees: [(range: AddressRange, time: UInt64)] = []
  private var sizes: [Int: UInt64] = [:]

  /// - Parameters:
  ///   - seeds: areas live before the first event, guard included, as `/proc/vmallocinfo` has them.
  public init(
    _ events: [PlacementEvent], arena rule: ArenaProfile, basePage: PageSize,
    seeds: [AddressRange]
  ) {
    self.rule = rule
    guardBytes = rule.guardPages * basePage.bytes
    live = LinuxPlacementCheck.merged(seeds.filter { rule.window.overlaps($0) })
    arena = Arena(.firstFit, PlacementParameters(windows: []))
    arena = rebuilt()
    correctSizes(events)
    for (index, event) in events.enumerated() { replay(event, index) }
    if let first = live.first, let last = live.last {
      let used = live.reduce(0) { $0 + $1.size }
      holeShare = 1 - Double(used) / Double(last.upper - first.lower)
    }
  }

  private mutating func replay(_ event: PlacementEvent, _ index: Int) {
    switch event.kind {
    case .allocation(let address, let logged):
      allocate(address, sizes[index] ?? logged, event)
    case .free(let address):
      guard let at = live.firstIndex(where: { $0.lower == address }) else { return }
      let range = live.remove(at: at)
      recentFrees.removeAll {
        event.microseconds - min($0.time, event.microseconds)
          >= LinuxPlacementCheck.inFlightMicroseconds
      }
      recentFrees.append((range, event.microseconds))
      if !arena.free(AddressRange(range.lower, range.upper - guardBytes)) { arena = rebuilt() }
    case .load, .unload, .mark: break
    }
  }

  private mutating func allocate(_ address: UInt64, _ size: UInt64, _ event: PlacementEvent) {
    guard rule.window.contains(address) else { return }
    allocations += 1
    let rounded = (size + rule.granule - 1) & ~(rule.granule - 1)
    let predicted = arena.allocate(size: rounded, alignment: 1)
    insert(AddressRange(start: address, size: rounded + guardBytes))
    if predicted?.lower == address {
      exact += 1
      exactAsLogged += 1
      return
    }
    arena = rebuilt()
    if let overtaken = overtakenFree(address, rounded, event) {
      exact += 1
      corrections.append(
        Correction(
          line: event.line, address: address,
          what: "the free of \(hex(overtaken.range.lower)), logged "
            + "\(event.microseconds - overtaken.time) µs before this allocation returned, took "
            + "effect after its address had been chosen"))
      return
    }
    misses.append(
      Miss(
        line: event.line, real: address, predicted: predicted?.lower, size: rounded,
        why: explanation(address, rounded, predicted?.lower)))
  }

  /// The free just before this allocation that, taken as not yet done, makes the address right.
  private func overtakenFree(
    _ address: UInt64, _ size: UInt64, _ event: PlacementEvent
  ) -> (range: AddressRange, time: UInt64)? {
    for free in recentFrees.reversed()
    where event.microseconds >= free.time
      && event.microseconds - free.time < LinuxPlacementCheck.inFlightMicroseconds
    {
      var held = live.filter { $0.lower != address }
      held.append(free.range)
      held.sort()
      var trial = LinuxPlacementCheck.arena(rule, guardBytes, held)
      if trial.allocate(size: size, alignment: 1)?.lower == address { return free }
    }
    return nil
  }

  private func explanation(_ real: UInt64, _ size: UInt64, _ predicted: UInt64?) -> String {
    guard let predicted else { return "the window has no hole of this size" }
    if predicted < real {
      return "a hole at \(hex(predicted)) was passed over: something the log does not show holds it"
    }
    return "the area lies in memory the log says is in use: a free or a size is missing"
  }

  /// Sizes the `load` lines contradict.
  private mutating func correctSizes(_ events: [PlacementEvent]) {
    var latest: [UInt64: Int] = [:]
    for (index, event) in events.enumerated() {
      switch event.kind {
      case .allocation(let address, _): latest[address] = index
      case .load(let module, let fields):
        for (address, size) in LinuxPlacementCheck.areas(fields) {
          guard let at = latest[address], case .allocation(_, let logged) = events[at].kind,
            size > 0, size <= 1 << 40, logged != size
          else { continue }
          sizes[at] = size
          corrections.append(
            Correction(
              line: events[at].line, address: address,
              what: "logged as \(logged) bytes, but \(module)'s load line says \(size)"))
        }
      case .free, .unload, .mark: break
      }
    }
  }

  /// Start and size of the areas a `load` line names: `core csize`, `init isize` up to 6.3,
  /// `text textsz`, `data datasz`, … from 6.4 on.
  static func areas(_ fields: [PlacementEvent.Field]) -> [(address: UInt64, size: UInt64)] {
    fields.compactMap { field in
      let wanted =
        switch field.name {
        case "core": "csize"
        case "init": "isize"
        default: field.name + "sz"
        }
      return fields.first { $0.name == wanted }.map { (field.value, $0.value) }
    }
  }

  private mutating func insert(_ range: AddressRange) {
    let at = live.firstIndex { $0.lower > range.lower } ?? live.count
    live.insert(range, at: at)
  }

  private func rebuilt() -> Arena { LinuxPlacementCheck.arena(rule, guardBytes, live) }

  /// An arena in which everything but `held` is free.
  private static func arena(
    _ rule: ArenaProfile, _ guardBytes: UInt64, _ held: [AddressRange]
  ) -> Arena {
    var windows: [AddressRange] = []
    var cursor = rule.window.lower
    for range in held {
      if range.lower > cursor { windows.append(AddressRange(cursor, range.lower)) }
      cursor = max(cursor, range.upper)
    }
    if cursor < rule.window.upper { windows.append(AddressRange(cursor, rule.window.upper)) }
    var parameters = PlacementParameters(windows: windows, granule: rule.granule)
    parameters.guardBytes = guardBytes
    return Arena(rule.rule, parameters)
  }

  /// Sorted, without those another one covers.
  private static func merged(_ ranges: [AddressRange]) -> [AddressRange] {
    ranges.sorted().reduce(into: []) { result, range in
      if let last = result.last, range.upper <= last.upper { return }
      result.append(range)
    }
  }
}
