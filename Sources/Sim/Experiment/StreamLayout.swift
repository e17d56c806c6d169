/// The layouts a stream that carries its sections can be replayed under.
public struct StreamLayout: Sendable {
  /// `recorded`, `base4k`, `monolithic`, `modular`, or the path of a layout file.
  public var name: String
  /// The system that places and maps in `monolithic` and `modular`.
  public var system = "linux-6.1"
  /// `monolithic`: the modules linked in; all when empty. The others stay as recorded.
  public var builtIn: [String] = []

  public static let names = ["recorded", "base4k", "monolithic", "modular"]

  public init(_ name: String) { self.name = name }

  /// Binds the stream's sites.
  /// - Throws: an unknown layout, or a stream that does not say where its sections lay.
  public func binding(_ description: StreamDescription) throws(InputError) -> Binding {
    guard let recorded = description.recorded else {
      throw InputError(file: "--layout", "the trace does not say where its sections lay")
    }
    switch name {
    case "recorded": return recorded
    case "base4k": return recorded.cut(to: .base4K)
    case "monolithic", "modular":
      try StreamLayout.checkSizes(description.table.sections)
      return try name == "modular" ? modular(description) : monolithic(description)
    default:
      guard name.hasSuffix(".yaml") else {
        throw InputError(
          file: "--layout",
          "unknown layout '\(name)'" + suggestion(for: name, in: StreamLayout.names))
      }
      return try StreamLayout.file(name, description)
    }
  }

  /// Binds the stream's sites as the layout file at `path` says.
  /// - Throws: everything wrong with the file, or a section the stream does not name.
  public static func file(
    _ path: String, _ description: StreamDescription
  ) throws(InputError) -> Binding {
    try LayoutFile.read(path).binding(description)
  }

  /// The modules of a stream, from the sections it names, in the order of their addresses.
  static func modules(_ table: SectionTable) -> [KernelModule] {
    var modules: [KernelModule] = []
    var first: [UInt64] = []
    for section in table.sections where section.kind != .region && section.object != "base" {
      let at = modules.firstIndex { $0.name == section.object } ?? modules.count
      if at == modules.count {
        modules.append(KernelModule(name: section.object))
        first.append(section.recordedAddress)
      }
      modules[at].sections.set(section.kind, section.size)
      first[at] = min(first[at], section.recordedAddress)
    }
    let order = modules.indices.sorted {
      (first[$0], modules[$0].name) < (first[$1], modules[$1].name)
    }
    return order.map { modules[$0] }
  }

  private func monolithic(_ description: StreamDescription) throws(InputError) -> Binding {
    let profile = try ProfileCatalog.profile(system)
    let table = description.table
    let all = StreamLayout.modules(table.sections)
    for name in builtIn where !all.contains(where: { $0.name == name }) {
      throw InputError(
        file: "--built-in",
        "the trace names no module '\(name)'" + suggestion(for: name, in: all.map(\.name)))
    }
    let linkedIn = builtIn.isEmpty ? all : all.filter { builtIn.contains($0.name) }
    let image = try StreamLayout.image(table.sections)
    var parts: [(id: SectionID, kind: SectionKind, size: UInt64)] = []
    let index = SectionIndex(table.sections)
    for module in linkedIn {
      for kind in World.linkedKinds {
        guard let id = index.find(module.name, kind) else { continue }
        parts.append((id, kind, table.sections[id].size))
      }
    }
    let linked = LinkedImage(image, linking: parts.map { ($0.kind, $0.size) })
    var layout = Layout(sectionCount: table.sections.count)
    linked.map(into: &layout.space, profile: profile, physicalStart: image.physicalStart)
    for region in linked.regions {
      if let id = index.find("base", region.kind) { layout.place(id, at: region.range.lower) }
    }
    for (part, start) in zip(parts, linked.sectionStarts) { layout.place(part.id, at: start) }
    let regions = RecordedRegions(description)
    let joined = regions.leaves(splitOnlyBy: Set(linkedIn.map(\.name)))
    return try Binder.bind(table, layout) {
      regions.translation($0, joined: joined, beside: layout.space)
    }
  }

  /// The stream's modules loaded one by one into 4 GiB nothing but the image has used. Their frames
  /// lie in longer runs than on a machine in use, which only TLBs that join neighbours see.
  private func modular(_ description: StreamDescription) throws(InputError) -> Binding {
    let profile = try ProfileCatalog.profile(system)
    let table = description.table
    let image = try StreamLayout.image(table.sections)
    let linked = LinkedImage(image)
    let memory = PageAllocator(
      booting: profile, bytes: 4 << 30, image: linked, physicalStart: image.physicalStart)
    var kernel = SimulatedKernel(
      profile: profile, image: linked, physicalStart: image.physicalStart, memory: memory,
      seed: nil)
    for module in StreamLayout.modules(table.sections) {
      do {
        try kernel.load(module)
      } catch {
        throw InputError(file: "--layout", "\(module.name): \(error.description)")
      }
      kernel.settle()
    }
    var layout = Layout(space: kernel.space, sectionCount: table.sections.count)
    let index = SectionIndex(table.sections)
    kernel.place(index, in: &layout)
    let regions = RecordedRegions(description)
    return try Binder.bind(table, layout) {
      regions.translation($0, joined: [], beside: layout.space)
    }
  }

  /// Bytes from the base kernel's first section to the end of its last.
  public static let imageLimit: UInt64 = 4 << 30

  /// Sections come from symbols and files; what no kernel could hold is refused before mapping.
  private static func checkSizes(_ table: SectionTable) throws(InputError) {
    for section in table.sections where section.kind != .region {
      guard section.size <= CatalogReader.sectionLimit,
        section.recordedAddress <= .max - section.size
      else {
        throw InputError(
          file: "--layout",
          "\(section.object) \(section.kind.rawValue) claims \(section.size) bytes at "
            + "\(hex(section.recordedAddress)); a layout places sections of up to "
            + "\(CatalogReader.sectionLimit) bytes")
      }
    }
  }

  /// The base image a recording describes: regions where they lay, large-page aligned when they
  /// started on a large page.
  static func image(_ table: SectionTable) throws(InputError) -> BaseImage {
    let base = table.sections.filter { $0.object == "base" && $0.kind != .region }
      .sorted { $0.recordedAddress < $1.recordedAddress }
    guard let first = base.first, first.kind == .text else {
      throw InputError(
        file: "--layout", "the trace does not name the base kernel's sections; give --snapshots")
    }
    let end = base.map { $0.recordedAddress + $0.size }.max() ?? 0
    guard end - first.recordedAddress <= imageLimit else {
      throw InputError(
        file: "--layout",
        "the base kernel's sections span \(end - first.recordedAddress) bytes; a layout places "
          + "up to \(imageLimit)")
    }
    var regions: [BaseImage.Region] = []
    let large = PageSize.large2M.bytes
    var cursor = first.recordedAddress
    for section in base {
      let start = max(section.recordedAddress, cursor)
      // What lies within the section before it is that section's.
      guard start < section.recordedAddress + section.size else { continue }
      let alignment = start % large == 0 ? large : 1
      let aligned = (cursor + alignment - 1) / alignment * alignment
      regions.append(
        BaseImage.Region(
          kind: section.kind, size: section.size - (start - section.recordedAddress),
          alignment: alignment, skip: start - min(aligned, start)))
      cursor = start + regions[regions.count - 1].size
    }
    return BaseImage(
      name: "recorded", start: first.recordedAddress,
      physicalStart: first.recordedAddress & 0x3fff_ffff, regions: regions)
  }
}
