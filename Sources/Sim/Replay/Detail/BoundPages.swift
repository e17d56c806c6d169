/// The sites and translations one binding after another brought, and how each page enters each
/// array: what the entry-by-entry model reads at every reference.
@safe struct BoundPages {
  // Safe: tables have room for what `append` counted before it wrote; whoever holds the last value
  // frees them. Translations of sites are compared with `count` where they are used.
  let arrays: Int
  private(set) var count = 0
  private(set) var siteCount = 0
  private var room = 0
  private var siteRoom = 0
  private(set) var translations: UnsafeMutablePointer<Translation>
  /// A row of `arrays` plans a translation.
  private(set) var plans: UnsafeMutablePointer<EntryPlan>
  /// Translations that were walked for.
  private(set) var isWalked: UnsafeMutablePointer<Bool>
  private(set) var translationOfSite: UnsafeMutablePointer<UInt32>
  private(set) var addressOfSite: UnsafeMutablePointer<UInt64>

  init(arrays: Int) {
    self.arrays = arrays
    unsafe translations = .allocate(capacity: 1)
    unsafe plans = .allocate(capacity: 1)
    unsafe isWalked = .allocate(capacity: 1)
    unsafe translationOfSite = .allocate(capacity: 1)
    unsafe addressOfSite = .allocate(capacity: 1)
  }

  func deallocate() {
    unsafe translations.deallocate()
    unsafe plans.deallocate()
    unsafe isWalked.deallocate()
    unsafe translationOfSite.deallocate()
    unsafe addressOfSite.deallocate()
  }

  var all: [Translation] { unsafe Array(UnsafeBufferPointer(start: translations, count: count)) }

  @inline(__always)
  func plan(_ array: Int, _ t: Int) -> EntryPlan { unsafe plans[t &* arrays &+ array] }

  /// Forgets every site and translation.
  mutating func removeAll() { (count, siteCount) = (0, 0) }

  /// Adds what a binding brings; its translation indices count from 0, and so do `plans`, one list
  /// an array.
  mutating func append(_ binding: Binding) {
    let first = UInt32(count)
    let known = UInt32(binding.translations.count)
    let sites = binding.translationOfSite.count
    if count + binding.translations.count > room {
      room = max(2 * room, count + binding.translations.count, 64)
      unsafe translations = BoundPages.moved(translations, count, room: room)
      unsafe plans = BoundPages.moved(plans, count * arrays, room: room * max(1, arrays))
      unsafe isWalked = BoundPages.moved(isWalked, count, room: room)
    }
    if siteCount + sites > siteRoom {
      siteRoom = max(2 * siteRoom, siteCount + sites, 64)
      unsafe translationOfSite = BoundPages.moved(translationOfSite, siteCount, room: siteRoom)
      unsafe addressOfSite = BoundPages.moved(addressOfSite, siteCount, room: siteRoom)
    }
    for (i, translation) in binding.translations.enumerated() {
      unsafe (translations + count + i).initialize(to: translation)
      unsafe (isWalked + count + i).initialize(to: false)
    }
    for site in 0..<sites {
      let t = binding.translationOfSite[site]
      unsafe translationOfSite[siteCount + site] = t < known ? t + first : .max
      unsafe addressOfSite[siteCount + site] = binding.addressOfSite[site]
    }
    count += binding.translations.count
    siteCount += sites
  }

  /// Sets how the pages from `first` on enter the arrays. Where neighbours merge, that depends on
  /// all of their group: `regrouped` are these pages and those they may change.
  func setPlans(
    _ machine: Machine, _ new: [Translation], from first: Int, regrouped: [Int]
  ) {
    for a in 0..<arrays {
      if machine.arrays[a].coalescePages > 1 {
        let merging = regrouped.map { unsafe translations[$0] }
        setPlans(a, regrouped, machine.entryPlans(a, merging))
      } else {
        setPlans(a, Array(first..<count), machine.entryPlans(a, new))
      }
    }
  }

  private func setPlans(_ array: Int, _ pages: [Int], _ list: [EntryPlan]) {
    for (t, plan) in zip(pages, list) {
      unsafe (plans + (t * arrays + array)).initialize(to: plan)
    }
  }

  private static func moved<T>(
    _ old: UnsafeMutablePointer<T>, _ count: Int, room: Int
  ) -> UnsafeMutablePointer<T> {
    let new = UnsafeMutablePointer<T>.allocate(capacity: room)
    unsafe new.moveInitialize(from: old, count: count)
    unsafe old.deallocate()
    return unsafe new
  }
}

/// The arrays one kind of reference looks in, level by level, nearest first.
@safe struct LookupOrder {
  // Safe: groups lie between the ends written in `init`; the model that made it frees it.
  let count: Int
  private let ends: UnsafeMutablePointer<Int>
  private let members: UnsafeMutablePointer<Int>

  init(_ groups: [[Int]]) {
    count = groups.count
    let all = groups.flatMap { $0 }
    unsafe ends = .allocate(capacity: groups.count + 1)
    unsafe members = .allocate(capacity: max(1, all.count))
    unsafe ends.initialize(to: 0)
    for (g, group) in groups.enumerated() {
      unsafe (ends + g + 1).initialize(to: ends[g] + group.count)
    }
    for (i, array) in all.enumerated() { unsafe (members + i).initialize(to: array) }
  }

  func deallocate() {
    unsafe ends.deallocate()
    unsafe members.deallocate()
  }

  var indices: Range<Int> { 0..<count }

  @inline(__always)
  subscript(g: Int) -> UnsafeBufferPointer<Int> {
    unsafe UnsafeBufferPointer(start: members + ends[g], count: ends[g &+ 1] &- ends[g])
  }
}
