/// How pages of one translation enter one array.
struct EntryPlan: Equatable {
  /// log2 of the bytes the entry covers; 0: the pages do not enter.
  var entryShift: UInt8 = 0
  /// Address bits below the number that picks the set.
  var setShift: UInt8 = 0
  /// log2 of the page's own size here, for the page's place within a sector.
  var pageShift: UInt8 = 0
  /// log2 of the pages a sector holds; 0: not sectored.
  var sectorShift: UInt8 = 0
  /// A refill brings the whole sector.
  var fillsWhole = false
  /// Ways open to this class of pages.
  var firstWay: UInt16 = 0
  var endWay: UInt16 = 0

  var range: Range<Int> { Int(firstWay)..<Int(endWay) }

  /// Valid bits a refill at `address` sets.
  func validBits(_ address: UInt64, whole: Bool) -> UInt64 {
    guard sectorShift > 0 else { return 1 }
    let pages = UInt64(1) << UInt64(sectorShift)
    if whole { return pages == 64 ? .max : (1 << pages) - 1 }
    return 1 << ((address >> UInt64(pageShift)) & (pages - 1))
  }
}

extension Machine {
  /// Features only the entry-by-entry model has; the block engine does the rest faster.
  var needsDetailedModel: Bool {
    if fill.inclusive || fill.exclusive || fill.firstLevelVictimFillsSecond { return true }
    if fill.firstLevelHitTouchesSecond || !fill.secondLevelHitRefillsFirst { return true }
    if prefetch.value != .none { return true }
    if lockedEntries.map({ !$0.separate }) == true { return true }
    if arrays.contains(where: { $0.holdsWalkEntries || $0.accepts != .any }) { return true }
    if table.radixLevels == nil, table != .linear || costs.softwareNested != nil { return true }
    return AccessKind.allCases.contains { hasRivals($0) }
  }

  /// True when two arrays of one level take pages of one size.
  private func hasRivals(_ kind: AccessKind) -> Bool {
    lookupOrder(kind).contains { group in
      pageSizes.contains { size in group.count { arrays[$0].pageSizes.contains(size) } > 1 }
    }
  }

  /// The entry plan of every translation of a binding in array `index`.
  func entryPlans(_ index: Int, _ translations: [Translation]) -> [EntryPlan] {
    let array = arrays[index]
    let base = pageSizes.min() ?? .base4K
    let merged =
      array.coalescePages > 1 ? coalescedShifts(translations, limit: array.coalescePages) : []
    return translations.enumerated().map { t, translation in
      guard let size = array.entrySize(translation.size), admits(array, translation, base) else {
        return EntryPlan()
      }
      var plan = EntryPlan()
      plan.pageShift = size.shift
      plan.fillsWhole = array.sector?.fillsWhole == true
      plan.entryShift = size.shift
      var isCoalesced = false
      if size == translation.size {
        let hint = contiguousHints.first { $0.pageSize == size }
        if translation.hasContiguousHint, let hint {
          plan.entryShift += UInt8(hint.pages.trailingZeroBitCount)
        } else if !merged.isEmpty, size == base {
          plan.entryShift = merged[t]
          isCoalesced = merged[t] > size.shift
        }
      }
      if let sector = array.sector, size == base || !sector.basePageOnly,
        plan.entryShift == size.shift
      {
        plan.sectorShift = UInt8(sector.pages.trailingZeroBitCount)
        plan.entryShift += plan.sectorShift
      }
      let span = size == base ? array.coalescePages.trailingZeroBitCount : 0
      plan.setShift = max(plan.entryShift, size.shift + UInt8(span))
      let ways = array.wayRange(isCoalesced ? nil : size)
      plan.firstWay = UInt16(ways.lowerBound)
      plan.endWay = UInt16(ways.upperBound)
      return plan
    }
  }

  private func admits(_ array: TLBArray, _ translation: Translation, _ base: PageSize) -> Bool {
    switch array.accepts {
    case .any: true
    case .lockedOrLarge: translation.isLocked || translation.size > base
    case .unlocked: !translation.isLocked
    }
  }
}

extension TLBArray {
  /// Ways left to replacement once wired entries took theirs.
  var openWays: Int {
    let all = min(geometry.ways, tags)
    let sets = max(1, tags / all)
    return max(1, all - (wiredEntries + sets - 1) / sets)
  }

  /// The ways a class of pages may use; nil: entries that coalesce several pages.
  func wayRange(_ pageSize: PageSize?) -> Range<Int> {
    guard !wayShares.isEmpty else { return 0..<openWays }
    var first = 0
    for share in wayShares {
      if share.pageSize == pageSize { return first..<(first + share.ways) }
      first += share.ways
    }
    return 0..<wayShares[0].ways
  }
}
