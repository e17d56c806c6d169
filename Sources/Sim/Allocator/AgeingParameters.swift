/// What drives a machine's memory to its steady state. Shares are of the zone's managed frames.
///
/// The generator is a population model: a class of memory is drawn by its share, and allocates; one
/// that holds more than its share gives back random older members (so lifetimes are exponential
/// with the class's turnover time). File cache takes what is left and is reclaimed in runs when
/// free memory falls below the watermark. A share is thus a ceiling and a rate: what a class holds
/// in the end (`Ageing.heldPages`) reaches it only after enough turnover.
public struct AgeingParameters: Hashable, Sendable {
  /// Share of memory in use when ageing ends; the rest is free.
  public var fill: Double
  /// How often the page cache's worth of memory is read anew and reclaimed.
  public var turnover: Double
  /// Most that slabs, page tables and buffers that cannot be moved hold; how often they are drawn.
  public var unmovable: Double
  /// The same of reclaimable slabs (inode and directory caches).
  public var reclaimable: Double
  /// The same of processes (anonymous, movable).
  public var anonymous: Double
  /// Share of anonymous memory in 2 MiB pages.
  public var hugeAnonymous: Double
  /// Share of kernel pages that are never given back.
  public var longLived: Double
  /// Mean pages of a file read, and reclaimed, together.
  public var cacheRun: Double

  public init(
    fill: Double, turnover: Double, unmovable: Double = 0.06, reclaimable: Double = 0.05,
    anonymous: Double = 0.25, hugeAnonymous: Double = 0.2, longLived: Double = 0.1,
    cacheRun: Double = 16
  ) {
    self.fill = fill
    self.turnover = turnover
    self.unmovable = unmovable
    self.reclaimable = reclaimable
    self.anonymous = anonymous
    self.hugeAnonymous = hugeAnonymous
    self.longLived = longLived
    self.cacheRun = cacheRun
  }

  /// What is impossible about the values, nil when nothing is.
  public var problem: String? {
    for (name, share) in [
      ("fill", fill), ("unmovable", unmovable), ("reclaimable", reclaimable),
      ("anonymous", anonymous), ("hugeAnonymous", hugeAnonymous), ("longLived", longLived),
    ] where !(0...1).contains(share) {
      return "\(name) \(share) is no share between 0 and 1"
    }
    if !(0...1000).contains(turnover) { return "turnover \(turnover) outside 0...1000" }
    if !(1...4096).contains(cacheRun) { return "cacheRun \(cacheRun) outside 1...4096" }
    return nil
  }
}

/// Named ages. `day` and `month` are fits of the generator to free lists of real machines
/// (`kfrag age --fit`); `fresh` and `worn` are assumed ends of the scale.
public enum MemoryAge: String, CaseIterable, Sendable {
  /// Just booted: kernel allocations and a small cache, no reclaim yet.
  case fresh
  /// Some hours of use: a recorded 6.1 guest of 1.5 GiB after file work (index distance 0.02).
  case day
  /// A machine up for long, most of its memory used by a warm cache: a real `/proc/buddyinfo` with
  /// an unusable index of 0.788 at order 10 (index distance 0.01).
  case month
  /// Long under pressure: little free, almost all of it in small pieces.
  case worn

  /// What it stands for, in one line.
  public var summary: String {
    switch self {
    case .fresh: "just booted: kernel memory and a small cache, nothing reclaimed (assumed)"
    case .day: "some hours of file work: fitted to a recorded 6.1 guest"
    case .month: "a warm cache in most of memory: fitted to one real /proc/buddyinfo"
    case .worn: "long under pressure: little free, nearly all of it in small pieces (assumed)"
    }
  }

  public var parameters: AgeingParameters {
    switch self {
    case .fresh:
      AgeingParameters(
        fill: 0.12, turnover: 0, unmovable: 0.03, reclaimable: 0.015, anonymous: 0.03)
    case .day:
      AgeingParameters(
        fill: 0.52, turnover: 0.092, unmovable: 0.15, reclaimable: 0.19, cacheRun: 23)
    case .month:
      AgeingParameters(
        fill: 0.67, turnover: 0.184, unmovable: 0.051, reclaimable: 0.026, cacheRun: 251)
    case .worn:
      AgeingParameters(
        fill: 0.95, turnover: 5, unmovable: 0.12, reclaimable: 0.10, hugeAnonymous: 0.05,
        longLived: 0.3, cacheRun: 3)
    }
  }
}
