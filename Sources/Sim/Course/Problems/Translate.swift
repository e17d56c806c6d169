extension ProblemMaker {
  /// Page number, set, tag and offset of addresses in the kernel's half.
  mutating func translate(_ random: inout Xoshiro) {
    let geometry = plan.geometry
    let shift = UInt64(plan.pageSize.shift)
    problem.title = "Translate addresses"
    problem.given = [
      "A TLB of \(geometry.entries) entries in \(geometry.sets) "
        + (geometry.sets == 1 ? "set " : "sets ")
        + "of \(geometry.ways) holds pages of \(plan.pageSize). A page's set is its number modulo "
        + "the number of sets; the tag is the rest of the number. Addresses are 32 bits wide; "
        + "write hexadecimal, with or without 0x.",
      "For each address: page number, set, tag, offset.",
    ]
    let sets = UInt64(geometry.sets)
    for _ in 0..<plan.count {
      let address = 0xc000_0000 | random.below(UInt64(1) << 30)
      let page = address >> shift
      let offset = address & (1 << shift - 1)
      let set = page % sets
      ask(
        hex(address), [page, set, page / sets, offset].map(hex).joined(separator: ", "),
        why: "\(hex(address)) = page \(hex(page)) × \(plan.pageSize) + \(hex(offset)); "
          + "\(hex(page)) mod \(sets) = \(hex(set))")
    }
  }
}
