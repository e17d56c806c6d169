extension ReplayEngine {
  // Safe: reads the caller's records during the call; kinds are below 3.
  /// Replays records one by one on the entry-by-entry model.
  func processDetailed(_ records: UnsafeBufferPointer<ReferenceRecord>, _ mmu: DetailedMMU) {
    for index in records.indices {
      let record = unsafe records[index]
      let bits = record.kindBits
      guard bits < 3 else {
        act(on: record)
        continue
      }
      unsafe sums.references[bits] += UInt64(record.count)
      let kind: AccessKind = bits == 0 ? .fetch : bits == 1 ? .load : .store
      let site = Int(record.site)
      let outcome = mmu.access(kind, site: site, count: record.count)
      if outcome.missedFirstLevel {
        if kind == .fetch {
          sums.firstLevelInstructionMisses += 1
        } else {
          sums.firstLevelDataMisses += 1
        }
      }
      if outcome.walked {
        if kind == .fetch { sums.instructionWalks += 1 } else { sums.dataWalks += 1 }
      }
      guard options.attributesSites, outcome.missedFirstLevel else { continue }
      let place = min(site, siteCount)
      missesBySite[place].firstLevel &+= 1
      if outcome.walked { missesBySite[place].walks &+= 1 }
    }
  }
}
