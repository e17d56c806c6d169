extension ReplayEngine {
  // Safe: sites are below the tables' count, as `process` sees to; positions are below a block, for
  // which every list has room; routes index their own rows.
  /// Replays records in program order. Markers act where they stand: flushes cut blocks.
  public func process(_ records: UnsafeBufferPointer<ReferenceRecord>) {
    guard let base = records.baseAddress else { return }
    if let detail {
      unsafe processDetailed(records, detail)
      return
    }
    var start = 0
    while start < records.count {
      let block = unsafe base + start
      let taken = unsafe scatterFirst(block, min(BlockScratch.blockSize, records.count - start))
      if taken > 0 { unsafe runLevels(block, taken) }
      start += taken
      while start < records.count, unsafe base[start].isMarker {
        unsafe act(on: base[start])
        start += 1
      }
    }
  }

  func act(on record: ReferenceRecord) {
    switch record.marker {
    case .userGap: sums.userInstructions += UInt64(record.count)
    case .flushAll: flush(.all)
    case .flushNonGlobal: flush(.nonGlobal)
    case .switchSpace: switchSpace(record.count)
    case .step, .lifecycle, nil: break
    }
  }

  private func runLevels(_ records: UnsafePointer<ReferenceRecord>, _ taken: Int) {
    let routes = plan.routes
    var level = 0
    while true {
      for (a, unit) in units.enumerated() where unsafe scratch.counts[a] > 0 {
        let missed = unsafe unit.run(
          scratch.row(a), scratch.counts[a], scratch.weights, scratch.missPositions)
        unsafe labels?.note(
          a, unit, scratch.row(a), scratch.counts[a], scratch.missPositions, missed, records)
        unsafe sums.misses[a] &+= UInt64(mark(scratch.missPositions, missed))
      }
      let passed = unsafe scratch.counts[routes.pass]
      for i in 0..<passed {
        let position = unsafe Int(
          truncatingIfNeeded: scratch.row(routes.pass)[i] &>> PageKey.positionShift)
        unsafe scratch.missBits[position &>> 6] |= 1 &<< UInt64(position & 63)
      }
      let missed = collect(taken)
      if plan.firstLevel.contains(level) { unsafe countFirstLevel(records, missed, level) }
      level += 1
      if missed == 0 { return }
      if level == plan.count { break }
      unsafe scatterNext(records, missed, level)
    }
    unsafe walk(records, lastCount)
  }

  /// Marks positions as missed and gives them the run length the next level sees: one lookup, for
  /// the repeats hit what the first of them brought in. Returns how many positions there are, an
  /// access over two pages being one.
  private func mark(_ positions: UnsafePointer<UInt16>, _ count: Int) -> Int {
    let bits = unsafe scratch.missBits
    let weights = unsafe scratch.weights
    var distinct = 0
    var last = -1
    for i in 0..<count {
      let position = unsafe Int(positions[i])
      unsafe bits[position &>> 6] |= 1 &<< UInt64(position & 63)
      unsafe weights[position] = 1
      distinct &+= position == last ? 0 : 1
      last = position
    }
    return distinct
  }

  /// Moves the marked positions, in program order, to `scratch.positions`.
  private func collect(_ taken: Int) -> Int {
    var n = 0
    for word in 0..<(taken + 63) / 64 {
      var bits = unsafe scratch.missBits[word]
      unsafe scratch.missBits[word] = 0
      while bits != 0 {
        let bit = bits.trailingZeroBitCount
        bits &= bits &- 1
        unsafe scratch.positions[n] = UInt16(truncatingIfNeeded: word &* 64 &+ bit)
        n &+= 1
      }
    }
    lastCount = n
    return n
  }

  /// Counts what missed in the first level of its kind. A page that level never holds counts as
  /// often as it was referenced.
  private func countFirstLevel(
    _ records: UnsafePointer<ReferenceRecord>, _ missed: Int, _ level: Int
  ) {
    let first = (
      plan.firstLevel[0] == level, plan.firstLevel[1] == level, plan.firstLevel[2] == level
    )
    let weights = unsafe scratch.weights
    var instruction: UInt64 = 0
    var data: UInt64 = 0
    for i in 0..<missed {
      let position = unsafe Int(scratch.positions[i])
      let kind = unsafe records[position].kindBits
      let weight = unsafe UInt64(weights[position])
      if kind == 0 {
        instruction &+= first.0 ? weight : 0
      } else {
        data &+= (kind == 1 ? first.1 : first.2) ? weight : 0
      }
    }
    sums.firstLevelInstructionMisses &+= instruction
    sums.firstLevelDataMisses &+= data
    guard options.attributesSites else { return }
    let last = siteCount
    unsafe missesBySite.withUnsafeMutableBufferPointer { sites in
      for i in 0..<missed {
        let position = unsafe Int(scratch.positions[i])
        let site = unsafe min(Int(records[position].site), last)
        unsafe sites[site].firstLevel &+= weights[position]
      }
    }
  }

  /// Walks for the positions no level held.
  private func walk(_ records: UnsafePointer<ReferenceRecord>, _ missed: Int) {
    let attributes = options.attributesSites
    let walks = self.walks
    let siteCount = self.siteCount
    var (instruction, data, reads, first) = (0, 0, 0, 0)
    for i in 0..<missed {
      let record = unsafe records[Int(scratch.positions[i])]
      let site = Int(record.site)
      guard site < siteCount else { continue }
      if record.kindBits == 0 { instruction &+= 1 } else { data &+= 1 }
      let walked = walks.walk(Int(translationOfSite[site]), space: spaceOffset)
      reads &+= walked.reads
      first &+= walked.isFirst ? 1 : 0
      if attributes { missesBySite[site].walks &+= 1 }
      unsafe labels?.noteWalk(site, position: Int(scratch.positions[i]))
    }
    sums.instructionWalks &+= UInt64(instruction)
    sums.dataWalks &+= UInt64(data)
    sums.walkReads &+= UInt64(reads)
    sums.firstWalks &+= UInt64(first)
  }
}
