/// The levels of a page table and which address bits index each.
struct WalkPlan {
  /// Table levels; a radix walk reads one entry a level from the root (`levels`) down to the leaf.
  let levels: Int
  /// Address bits below level n's index, n from 1.
  let shifts: [Int]

  /// - Parameters:
  ///   - levels: radix levels; 1 for tables that are probed once.
  ///   - basePage: the smallest page size of the machine.
  init(levels: Int, basePage: PageSize) {
    // Two-level tables have 4-byte entries, the deeper ones 8-byte entries.
    let bits = max(1, Int(basePage.shift) - (levels == 2 ? 2 : 3))
    self.levels = levels
    shifts = (0..<levels).map { Int(basePage.shift) + bits * $0 }
  }

  /// The level whose entry maps a page of `size`: 1 for base pages.
  func leafLevel(_ size: PageSize) -> Int {
    var level = 1
    while level < levels, shifts[level] <= Int(size.shift) { level += 1 }
    return level
  }
}
