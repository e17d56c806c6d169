public import Sim

/// A simulated system that runs trace lines one by one; modules are described by the lines.
public final class SystemLab {
  public let profile: SystemProfile
  public private(set) var replay: LifecycleReplay
  private var line = 0

  /// - Parameters:
  ///   - frames: fresh 4 KiB frames of memory.
  ///   - modules: name to bytes of text, rodata, data, init text; what the lines may load.
  public init(
    _ system: String, frames: UInt64 = 65536, holding every: UInt64? = nil,
    _ modules: [KernelModule]
  ) throws {
    profile = try ProfileCatalog.profile(system)
    var memory = PageAllocator(frames: frames)
    if let every { SystemLab.scatter(&memory, every) }
    let image = profile.baseImage
    replay = LifecycleReplay(
      kernel: SimulatedKernel(
        profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
        memory: memory, seed: nil),
      rules: systemRules(profile), catalog: ModuleCatalog(source: "test", modules: modules))
  }

  /// Leaves one frame of every `step` taken.
  private static func scatter(_ memory: inout PageAllocator, _ step: UInt64) {
    var all: [FrameNumber] = []
    while let frame = memory.allocate(order: 0) { all.append(frame) }
    for frame in all where frame.value % step != 0 { memory.free(frame, order: 0) }
  }

  /// Runs trace lines in the system's own words; returns what the last line did.
  @discardableResult
  public func run(_ lines: String...) throws -> [LifecycleRecord] {
    var last: [LifecycleRecord] = []
    for text in lines {
      line += 1
      let trace = try LifecycleTrace(
        text: text, file: "line \(line)", forms: replay.rules.forms,
        extensions: replay.rules.extensions)
      for event in trace.events { last = replay.apply(event) }
    }
    return last
  }

  /// The verdict of the last record of a line.
  public func verdict(_ text: String) throws -> Verdict {
    try run(text).last?.verdict ?? Verdict(.done)
  }

  public var kernel: SimulatedKernel { replay.kernel }
  public var loadedNames: [String] { kernel.loaded.map(\.module.name) }
  public var listing: String { replay.rules.listing(kernel) }

  /// The module's pieces, in the order the loader made them.
  public func pieces(_ name: String) -> [LoadedPiece] { kernel.image(of: name)?.pieces ?? [] }

  public func range(_ name: String) -> AddressRange? { pieces(name).first?.range }

  /// Leaf entries by page size over all pieces of a module.
  public func entries(_ name: String) -> [PageSize: UInt64] {
    var counts: [PageSize: UInt64] = [:]
    for piece in pieces(name) {
      for entry in kernel.space.entries(in: piece.range) {
        counts[entry.size, default: 0] += entry.count
      }
    }
    return counts
  }
}

/// A module of these sizes.
public func module(
  _ name: String, text: UInt64, rodata: UInt64 = 0, data: UInt64 = 0, initText: UInt64 = 0,
  symbols: UInt64 = 0, needs dependencies: [String] = []
) -> KernelModule {
  var module = KernelModule(name: name)
  module.sections.text = text
  module.sections.rodata = rodata
  module.sections.data = data
  module.sections.initText = initText
  module.sections.symbols = symbols
  module.dependencies = dependencies
  return module
}
