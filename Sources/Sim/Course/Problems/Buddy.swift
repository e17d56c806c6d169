extension ProblemMaker {
  /// Requests and frees of a buddy allocator with one block of 2^10 frames.
  mutating func buddy(_ random: inout Xoshiro) {
    problem.title = "Split and merge"
    problem.given = [
      "A buddy allocator holds frames 0 to 1023, all free: one block of order 10. A request takes "
        + "the first block of its order's list or splits the next larger one, handing out the low "
        + "half and putting the high half at its list's head; freed blocks merge with free buddies "
        + "and go to their list's head, or to its tail when the buddy of the next larger block is "
        + "free.",
      "For each request: the first frame it gets, in decimal. At the end: how many blocks of each "
        + "order 0 to 10 are free.",
    ]
    var allocator = BuddyAllocator(frames: 1024)
    var held: [(name: String, frame: FrameNumber, order: Int)] = []
    var made = 0
    for _ in 0..<plan.count {
      if held.count > 2, random.below(3) == 0 {
        let block = held.remove(at: random.below(held.count))
        allocator.free(block.frame, order: block.order, as: .movable)
        problem.given.append("free \(block.name)")
        continue
      }
      let order = random.below(6)
      guard let frame = allocator.allocate(order: order, migrateType: .movable) else { continue }
      made += 1
      let name = "R\(made)"
      held.append((name, frame, order))
      problem.given.append("\(name): allocate order \(order)")
      ask(
        name, String(frame.value),
        why: "\(1 << order) frame\(order == 0 ? "" : "s") from \(frame.value)")
    }
    var counts = [Int](repeating: 0, count: BuddyAllocator.orderCount)
    var frame: UInt64 = 0
    while frame < 1024 {
      if let block = allocator.freeBlock(over: FrameNumber(frame)) {
        counts[block.order] += 1
        frame = block.start.value + 1 << UInt64(block.order)
      } else {
        frame += 1
      }
    }
    ask(
      "free blocks of order 0 to 10", counts.map(String.init).joined(separator: ", "),
      why: "\(allocator.freeFrames) frames are free in all")
  }
}
