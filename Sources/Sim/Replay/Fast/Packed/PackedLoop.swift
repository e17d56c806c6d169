/// What is done with a block in a shape that is known.
protocol PackedLoop {
  func run(_ shape: PackedShape, _ block: PackedBlock) -> Int
}

struct PackedLRU: PackedLoop {
  @inline(__always)
  func run(_ shape: PackedShape, _ block: PackedBlock) -> Int { shape.runLRU(block) }
}

struct PackedFIFO: PackedLoop {
  @inline(__always)
  func run(_ shape: PackedShape, _ block: PackedBlock) -> Int { shape.runFIFO(block) }
}

struct InPlace<Policy: PackedPolicy>: PackedLoop {
  let policy: Policy
  init(_ policy: Policy) { self.policy = policy }

  @inline(__always)
  func run(_ shape: PackedShape, _ block: PackedBlock) -> Int { shape.run(policy, block) }
}
