import Sim

/// A stream that says how far it has been drawn.
struct CountedSource: ReferenceSource {
  // Safe: the block is the caller's, handed on for the length of the call.
  private var base: any ReferenceSource
  private let progress: Progress

  init(_ base: any ReferenceSource, _ label: String, isShown: Bool) {
    self.base = base
    let total = (base as? KftSource).map { Double($0.recordCount) } ?? 0
    progress = Progress(label, total: total, unit: "records", isShown: isShown)
  }

  var table: SiteTable { base.table }

  mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    let count = try unsafe base.read(into: block)
    if count > 0 { progress.advance(by: Double(count)) } else { progress.finish() }
    return count
  }
}
