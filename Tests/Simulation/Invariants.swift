import Sim

/// A promise the simulation broke.
public struct BrokenInvariant: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// What must hold of a kernel after every event.
struct KernelInvariants {
  private let freeAtStart: UInt64
  private let managed: UInt64

  init(_ kernel: SimulatedKernel) {
    freeAtStart = kernel.memory.freeFrames
    managed = kernel.memory.managedFrames
  }

  func check(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    try mappingsAreDisjoint(kernel)
    try areasAreDisjoint(kernel)
    try framesAreOwnedOnce(kernel)
    try piecesAreMapped(kernel)
    try usersAreLoaded(kernel)
  }

  private func mappingsAreDisjoint(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    var end: UInt64 = 0
    for mapping in kernel.space.mappings {
      guard mapping.range.lower >= end, !mapping.range.isEmpty else {
        throw BrokenInvariant("mapping \(mapping.range) begins before the one below it ends")
      }
      end = mapping.range.upper
      if case .scattered(let pages) = mapping.backing, UInt64(pages.count) != mapping.pageCount {
        throw BrokenInvariant("\(mapping.range) has \(pages.count) frames")
      }
    }
  }

  /// No two modules share addresses, and no arena calls free what a module holds of it.
  private func areasAreDisjoint(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    typealias Area = (range: AddressRange, owner: String)
    var areas: [Area] = []
    var held: [String: [Area]] = [:]
    for image in kernel.loaded {
      for piece in image.pieces where !piece.range.isEmpty {
        areas.append((piece.range, image.module.name))
        let arena = kernel.profile.pieces[piece.profile].arena
        held[arena, default: []].append((piece.range, image.module.name))
      }
    }
    try disjoint(areas)
    for arena in kernel.profile.arenas {
      let free = kernel.freeRanges(ofArena: arena.name).filter { !$0.isEmpty }
      try disjoint((held[arena.name] ?? []) + free.map { ($0, "free in \(arena.name)") })
    }
  }

  private func disjoint(
    _ areas: [(range: AddressRange, owner: String)]
  ) throws(BrokenInvariant) {
    let sorted = areas.sorted { $0.range < $1.range }
    for (a, b) in zip(sorted, sorted.dropFirst()) where a.range.upper > b.range.lower {
      throw BrokenInvariant("\(a.owner) \(a.range) overlaps \(b.owner) \(b.range)")
    }
  }

  /// Every frame held is allocated, held once, and those held and free are all there ever were.
  private func framesAreOwnedOnce(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    var owners: [UInt64: String] = [:]
    for held in kernel.heldMemory {
      for page in held.pages {
        for frame in (page >> 12)..<((page + held.pageBytes) >> 12) {
          if let other = owners.updateValue(held.owner, forKey: frame) {
            throw BrokenInvariant("frame \(frame) belongs to \(other) and to \(held.owner)")
          }
          guard kernel.memory.zones.contains(where: { $0.buddy.span.contains(FrameNumber(frame)) })
          else {
            throw BrokenInvariant("frame \(frame) of \(held.owner) lies outside memory")
          }
          if kernel.memory.isFree(FrameNumber(frame)) {
            throw BrokenInvariant("frame \(frame) of \(held.owner) is free")
          }
        }
      }
    }
    var unused: UInt64 = 0
    for zone in kernel.memory.zones {
      let listed = ZoneReport(zone: zone.name, zone.buddy).total.freePages
      guard listed == zone.freePages else {
        throw BrokenInvariant("\(zone.name) lists \(listed) free pages, counts \(zone.freePages)")
      }
      unused += listed + UInt64(zone.perCPU.pages)
    }
    guard unused == kernel.memory.freeFrames else {
      throw BrokenInvariant(
        "zones and per-CPU lists hold \(unused) pages, the count says \(kernel.memory.freeFrames)")
    }
    let held = owners.count + kernel.upkeepPages
    guard kernel.memory.freeFrames + UInt64(held) == freeAtStart else {
      throw BrokenInvariant(
        "\(kernel.memory.freeFrames) free and \(held) held are not the "
          + "\(freeAtStart) pages there were")
    }
    guard kernel.memory.managedFrames == managed else {
      throw BrokenInvariant("memory changed its size")
    }
  }

  /// Every page of a piece with frames is mapped to its frame.
  private func piecesAreMapped(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    let page = kernel.profile.basePage
    for image in kernel.loaded {
      for piece in image.pieces where !piece.frames.isEmpty {
        var address = page.floor(piece.range.lower)
        var mapped: [UInt64] = []
        while address < piece.range.upper {
          if let translation = kernel.space.translation(at: address) {
            mapped.append(translation.physicalBase + (address - translation.virtualBase))
          }
          address += page.bytes
        }
        guard mapped == Array(piece.frames.prefix(mapped.count)), mapped.count == piece.frames.count
        else {
          throw BrokenInvariant(
            "\(image.module.name) at \(piece.range) maps \(mapped.count) pages, holds "
              + "\(piece.frames.count), or others")
        }
      }
    }
  }

  private func usersAreLoaded(_ kernel: SimulatedKernel) throws(BrokenInvariant) {
    let names = kernel.loaded.map(\.module.name)
    guard Set(names).count == names.count || kernel.profile.family == .aix else {
      throw BrokenInvariant("loaded twice: \(names)")
    }
    for image in kernel.loaded {
      for user in image.users where !names.contains(user) {
        throw BrokenInvariant("\(image.module.name) is used by \(user), which is not loaded")
      }
    }
  }
}
