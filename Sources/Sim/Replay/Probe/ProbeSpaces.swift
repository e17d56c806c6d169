/// How many address spaces a level keeps entries of.
struct ProbeSpaces {
  let machine: Machine
  let target: ProbeTarget

  /// Spaces tried at most.
  static let limit = 32

  /// Contexts whose entries survive, the running one included; `limit` stands for that or more.
  func retained() throws -> Int {
    guard try survives(others: 0) else { return 0 }
    var kept = 1
    while kept < ProbeSpaces.limit, try survives(others: kept) { kept += 1 }
    return kept
  }

  /// Whether a page of space 0 is still there after `others` other spaces ran.
  private func survives(others: Int) throws -> Bool {
    let rig = try ProbeRig(machine, target.kind, target.size, [64], isGlobal: false)
    rig.switchSpace(0)
    rig.sweep([0])
    // The other spaces touch nothing, lest their entries crowd a small array out.
    for space in 0..<others { rig.switchSpace(UInt32(space + 1)) }
    rig.switchSpace(0)
    return rig.touch(0) <= target.group
  }
}
