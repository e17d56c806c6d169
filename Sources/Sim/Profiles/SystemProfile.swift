/// Operating-system families; decides whose admission rules, verbs and words apply.
public enum SystemFamily: String, CaseIterable, Sendable {
  case linux, freebsd, macos, illumos, solaris, nt, aix, hpux, vxworks, netware, netbsd, haiku
  case minix
}

/// What an arena's window is measured from.
public enum ArenaAnchor: String, CaseIterable, Sendable {
  /// `lower` and `upper` as they stand.
  case fixed
  /// From the end of the base image, rounded up to its page size, up to `upper`.
  case behindImage
  /// Right behind the base image, inside its last page when that has room, up to `upper`.
  case insideImage
  /// As `behindImage`, and behind whatever was loaded at boot; settled by the first later load.
  case behindBoot
  /// From `reach` bytes below the end of an image that starts at `upper`: every branch reaches.
  case belowImage
  /// From `reach` bytes below the end of the image's text up to `upper`.
  case belowText
}

/// One virtual arena of a system.
public struct ArenaProfile: Hashable, Sendable {
  public var name: String
  public var rule: PlacementRule
  public var window: AddressRange
  /// Allocation granule, bytes.
  public var granule: UInt64
  /// Unmapped pages behind every piece.
  public var guardPages: UInt64
  /// The window's start moves up by 1…N base pages at boot; 0: fixed.
  public var randomStartPages: UInt64
  /// Bytes (guard excluded) taken at the window's start before the first module.
  public var reserved: UInt64
  /// Pieces of at least this size want large-page alignment; 0: none do.
  public var superAlign: UInt64
  public var anchor: ArenaAnchor = .fixed
  /// Farthest a module may lie from the end of the base image's text, bytes; 0: anywhere.
  public var reach: UInt64 = 0
  /// Freed addresses stay taken until more than this many bytes of them are pending; 0: not at all.
  public var lazyPurge: UInt64 = 0
  /// The arena starts out owning what the base image leaves of its last page behind this kind.
  public var seed: SectionKind?
  /// Most bytes of that.
  public var seedLimit: UInt64 = .max
  public var holes: VmemArena.Holes?
  /// The window is mapped at boot, physical = virtual, by pages of this size.
  public var identityPage: PageSize?
  /// Those pages are held by locked entries or block registers, or there is no paging at all.
  public var isLocked = false
  /// Those pages carry the contiguous hint.
  public var hasContiguousHint = false
  public var evidence: Evidence

  /// Whether it hands out addresses of `image`, which windows of a fixed place can.
  func takes(_ image: AddressRange) -> Bool { anchor == .fixed && window.overlaps(image) }
}

/// How long a piece of a module stays.
public enum PieceLifetime: String, CaseIterable, Sendable {
  /// Until unload.
  case module
  /// Freed once the module has initialised.
  case initialisation
  /// Frames freed once initialised, address range kept.
  case discarded
  /// Never given back.
  case boot
}

/// When a module arrives, which may decide where it goes.
public enum LoadPhase: String, CaseIterable, Sendable {
  /// On the running system.
  case runtime
  /// With the kernel: by the boot loader, or in the boot collection.
  case boot
  /// In a collection rebuilt for this boot.
  case collection
}

/// One allocation a loader makes for a module.
public struct PieceProfile: Hashable, Sendable {
  public var name: String
  /// Name of the arena it comes from.
  public var arena: String
  /// What it holds, in order.
  public var kinds: [SectionKind]
  /// Each kind starts on a page of its own; otherwise they follow each other.
  public var separatePages: Bool
  /// Alignment of the kinds inside when they share pages, bytes.
  public var packing: UInt64
  public var lifetime: PieceLifetime
  public var frames: FrameKind
  public var pages: PageSizeKind
  /// Loads of which phase make this piece.
  public var phase: LoadPhase = .runtime
  /// Alignment of the piece's start, bytes.
  public var alignment: UInt64 = 1
  /// Kinds whose frames go back once the module has initialised; their addresses stay taken.
  public var discards: [SectionKind] = []
  /// Kinds at the piece's end that go back, addresses and frames, once it is linked.
  public var drops: [SectionKind] = []
  public var evidence: Evidence
}

/// Single pages the kernel keeps for each loaded module outside its areas: sysfs entries, function
/// records, caches, what its init allocates. They come back when it leaves.
public struct UpkeepProfile: Hashable, Sendable {
  public var unmovable = 0
  public var reclaimable = 0
  /// Unmovable pages the process that loads it takes and gives back.
  public var passing = 0
  public var evidence: Evidence = .assumed
}

/// TLB flushes a load or unload causes. A replay issues all flushes of one reload at one place of
/// the stream, so what goes beyond the first counts as flushes and costs no further miss.
public struct FlushProfile: Hashable, Sendable {
  /// One full flush on all CPUs for each of these kinds a module has.
  public var fullOnLoad: [SectionKind] = []
  /// One ranged flush (full beyond the ceiling) for each of these.
  public var rangedOnLoad: [SectionKind] = []
  /// Full flushes when a piece of init memory is freed.
  public var perInitPiece: Int = 0
  /// Full flushes when a module piece is freed at unload.
  public var perUnloadPiece: Int = 0
  /// Full flushes when a piece, of init memory or not, goes back to the text cache.
  public var perCachedPiece: Int = 0
  /// A ranged flush of more pages than this is a full one.
  public var rangeCeilingPages: Int = 33
  public var evidence: Evidence = .assumed
}

/// Where the base image's large pages end.
public enum ImageMapping: String, CaseIterable, Sendable {
  /// Large pages that hold a permission boundary or freed init memory are split (Linux).
  case splitAtBoundaries
  /// Every region by whole pages of its size.
  case wholePages
  /// Every region by whole pages of the greatest power of four base pages it fills and starts at,
  /// `pageSize` at most (PA-RISC, Itanium).
  case fittingPages
}

/// How the base image is mapped.
public struct ImageProfile: Hashable, Sendable {
  /// Page size of the image's interior; the base page where it is not large.
  public var pageSize: PageSize
  /// Entries are locked in the TLB or held by block registers: they never miss.
  public var isLocked: Bool
  public var isGlobal: Bool
  /// Trailing bytes of the image split into base pages.
  public var splitTail: UInt64
  /// Base address when the scenario names no measured image.
  public var start: UInt64
  public var physicalStart: UInt64 = 0x100_0000
  public var mapping: ImageMapping = .splitAtBoundaries
  /// Page size of regions that are not mapped by `pageSize`.
  public var pageSizes: [SectionKind: PageSize] = [:]
  /// Base pages of the image carry the contiguous hint.
  public var hasContiguousHint = false
  /// The image when the scenario names no measured one.
  public var regions: [BaseRegion] = []
  public var evidence: Evidence
}

/// A region of the base image a profile states.
public struct BaseRegion: Hashable, Sendable {
  public var kind: SectionKind
  public var size: UInt64
  public var alignment: UInt64
  /// Bytes left free behind the aligned place.
  public var skip: UInt64 = 0
}

/// How the direct map of physical memory is mapped and what loading does to it.
public struct DirectMapProfile: Hashable, Sendable {
  /// Virtual address of physical 0; 0 when the system has none.
  public var start: UInt64
  /// Leaf of systems other than Linux, which map all memory by one size.
  public var pageSize: PageSize
  /// Largest leaf memory is mapped by where it fits and nothing split it.
  public var largest: PageSize
  /// Read-only module pages split the large leaf their frame lies in.
  public var splitsOnProtect: Bool
  /// Pages of freed module memory split it too.
  public var splitsOnFree = false
  public var evidence: Evidence
}

/// When a module that is in use leaves.
public enum UnloadFamily: String, CaseIterable, Sendable {
  case immediate, vetoed, deferred, nextBoot, never
}

/// One operating system: every rule its simulated kernel follows, each block with its evidence.
public struct SystemProfile: Sendable {
  public var id: String
  /// The user's own file it was read from; nil for what ships.
  public var file: String?
  public var name: String
  public var family: SystemFamily
  public var arch: String
  public var released: Int
  /// False: no paging at all, so that no reference can miss.
  public var isTranslated = true
  public var basePage: PageSize
  public var largePage: PageSize?
  /// Base pages of one contiguous-hint run; 0: none.
  public var hintPages = 0
  /// Page colours of the frame allocator; 1: none.
  public var colours = 1
  public var image: ImageProfile
  public var directMap: DirectMapProfile
  public var arenas: [ArenaProfile]
  /// In the order the loader allocates them.
  public var pieces: [PieceProfile]
  public var flushes: FlushProfile
  public var upkeep = UpkeepProfile()
  public var unload: UnloadFamily
  /// Free settings of the family's admission and unload rules, sorted by name.
  public var settings: [(name: String, value: String)]
  public var sources: [String]
  /// Admission, unload rules, words.
  public var lifecycle = LifecycleProfile()
  /// Evidence by block, in file order.
  public var evidence: [(block: String, evidence: Evidence)]

  /// A free setting's text.
  public func setting(_ name: String) -> String? {
    settings.first { $0.name == name }?.value
  }

  public func flag(_ name: String) -> Bool { setting(name) == "true" }

  public func arena(_ name: String) -> ArenaProfile? { arenas.first { $0.name == name } }

  /// `3 source, 1 assumed`: how much of the profile rests on what.
  public var evidenceSummary: String {
    Evidence.allCases.compactMap { label in
      let count = evidence.count { $0.evidence == label }
      return count == 0 ? nil : "\(count) \(label.rawValue)"
    }.joined(separator: ", ")
  }
}
