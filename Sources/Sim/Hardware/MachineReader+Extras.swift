extension MachineReader {
  /// Block registers, locked entries, segments, contiguous hints and measured knees.
  static func extras(_ map: YAMLMapping, into machine: inout Machine) {
    let hints = map.optional("contiguousHint")
    for pair in hints?.pairs() ?? [] {
      guard let size = pair.keyValue.pageSize(), let pages = pair.value.int(2...1024) else {
        continue
      }
      if pages.nonzeroBitCount != 1 { pair.value.report("\(pages) is no power of two") }
      if !machine.pageSizes.contains(size) {
        pair.keyValue.report("the machine has no \(size) pages")
      }
      machine.contiguousHints.append(ContiguousHint(pageSize: size, pages: pages))
    }
    machine.contiguousHints.sort { $0.pageSize < $1.pageSize }
    machine.contiguousHintPages = machine.contiguousHints.first?.pages ?? 0
    machine.blockRegisters = map.optional("blockRegisters")?.mapping(blockRegisters)
    machine.lockedEntries = map.optional("lockedEntries")?.mapping(lockedEntries)
    machine.segmentBuffer = map.optional("segmentBuffer")?.mapping { buffer in
      SegmentBuffer(
        entries: buffer.int("entries", 1...TLBGeometry.entryLimit),
        segmentBytes: buffer.required("segments")?.list().compactMap { $0.byteCount() } ?? [],
        evidence: evidence(buffer))
    }
    let names = machine.arrays.map(\.name)
    for item in map.optional("knees")?.list() ?? [] {
      machine.knees.append(item.mapping { knee($0, arrays: names) })
    }
  }

  private static func blockRegisters(_ map: YAMLMapping) -> BlockRegisters {
    let registers = BlockRegisters(
      name: map.string("name"), instruction: map.int("instruction", 0...256, default: 0),
      data: map.int("data", 0...256, default: 0), unified: map.int("unified", 0...256, default: 0),
      smallestBytes: map.bytes("smallest"), largestBytes: map.bytes("largest"),
      evidence: evidence(map))
    if registers.smallestBytes > registers.largestBytes {
      map.optional("smallest")?.report("the smallest block is larger than the largest")
    }
    if registers.instruction + registers.data + registers.unified == 0 {
      map.whole.report("no registers: give 'instruction', 'data' or 'unified' a count")
    }
    return registers
  }

  private static func lockedEntries(_ map: YAMLMapping) -> LockedEntries {
    LockedEntries(
      mechanism: map.string("mechanism"),
      instruction: map.optional("instruction")?.int(0...TLBGeometry.entryLimit),
      data: map.optional("data")?.int(0...TLBGeometry.entryLimit),
      separate: map.bool("separate", default: false), evidence: evidence(map))
  }

  private static func knee(_ map: YAMLMapping, arrays: [String]) -> Knee {
    let array = map.string("array")
    if !array.isEmpty, !arrays.isEmpty, !arrays.contains(array) {
      map.optional("array")?.report(
        "no array is called '\(array)'" + suggestion(for: array, in: arrays))
    }
    let fits = map.int("fits", 1...(1 << 30))
    let overflows = map.optional("overflows")?.int(1...(1 << 30))
    if let overflows, overflows <= fits {
      map.optional("overflows")?.report("\(overflows) pages must be more than the \(fits) that fit")
    }
    return Knee(
      array: array, stridePages: map.int("stride", 1...(1 << 20)), fitsPages: fits,
      overflowsPages: overflows, stepCycles: map.optional("stepCycles")?.double(0...1_000_000),
      blurred: map.bool("blurred", default: false))
  }
}
