/// What was written down of a kernel while it was recorded: symbols once, modules several times.
public struct KernelSnapshots: Sendable {
  // Safe: a line and its words are used before the next line is read.
  /// The modules as they were when step `step` had ended.
  struct Moment: Sendable {
    let step: UInt32
    let modules: ModuleMap
  }
  private(set) var base: BaseImageMap?
  private(set) var moments: [Moment] = []
  public private(set) var steps: [StreamStep] = []

  public init() {}

  /// Takes the base image's bounds from kallsyms.
  public mutating func readSymbols(_ file: InputFile) throws(InputError) {
    base = try BaseImageMap(file)
  }

  /// Takes one snapshot of `/proc/modules` and the modules' section addresses.
  public mutating func readModules(
    _ modules: InputFile, sections: InputFile, afterStep step: UInt32 = 0
  ) throws(InputError) {
    let map = try ModuleMap(modules: modules, sections: sections)
    moments.append(Moment(step: step, modules: map))
    moments.sort { $0.step < $1.step }
  }

  /// Reads `steps.txt`: a number and a name a line.
  public mutating func readSteps(_ file: InputFile) throws(InputError) {
    let lines = LineReader(file)
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      var scanner = unsafe ByteScanner(line)
      guard let number = scanner.decimal(), number < 1 << 27, scanner.take(" "),
        let name = unsafe scanner.word()
      else { throw lines.error("want 'number name'") }
      unsafe steps.append(StreamStep(UInt32(number), String(decoding: name, as: UTF8.self)))
    }
    steps.sort { $0.number < $1.number }
  }

  /// The same, with the modules of the last moment only.
  var latest: KernelSnapshots {
    var result = self
    result.moments = moments.suffix(1)
    return result
  }

  /// Where one page lay, at every moment, in the module area: nil where nothing was known.
  func pieces(at address: UInt64) -> [ModulePiece?] {
    moments.map { $0.modules.piece(at: address) }
  }

  /// The index of the moments that tell about `step`: the one at its end, then the one before.
  func momentOrder(forEpoch epoch: Int) -> [Int] {
    var order: [Int] = []
    if epoch < moments.count { order.append(epoch) }
    order += stride(from: epoch - 1, through: 0, by: -1)
    if epoch + 1 < moments.count { order += epoch + 1..<moments.count }
    return order
  }

  /// Spans of steps between snapshots: epoch i ends with moment i, the last has no end.
  var epochCount: Int { moments.count + 1 }

  /// The epoch `step` falls in.
  func epoch(of step: UInt32) -> Int {
    moments.firstIndex { step <= $0.step } ?? moments.count
  }
}
