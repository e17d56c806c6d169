/// Bytes of each part of a module, as its loader sees them.
public struct ModuleSections: Hashable, Sendable {
  public var text: UInt64 = 0
  public var rodata: UInt64 = 0
  public var roAfterInit: UInt64 = 0
  public var data: UInt64 = 0
  /// The copy of the symbol table kept for kallsyms; appended to data.
  public var symbols: UInt64 = 0
  public var initText: UInt64 = 0
  public var initRodata: UInt64 = 0
  /// Data used while initialising, the whole symbol table among it.
  public var initData: UInt64 = 0
  /// Of `initData`, the symbol table; 0 when not known.
  public var initSymbols: UInt64 = 0
  public var perCPU: UInt64 = 0

  public init() {}

  /// Bytes of init data in an area it shares: up to 6.3 the symbol table starts on a page of its
  /// own behind it. Catalogs that do not tell the two apart are taken to hold the 8 bytes that
  /// `module_init` leaves in every module with init code.
  public func sharedInitData(_ page: PageSize) -> UInt64 {
    let proper = initSymbols > 0 ? initData - min(initData, initSymbols) : initText > 0 ? 8 : 0
    return page.ceil(proper) + initData - min(initData, proper)
  }

  /// Size of one part; `image` is everything that stays after init.
  public func size(of kind: SectionKind) -> UInt64 {
    switch kind {
    case .text: text
    case .rodata: rodata
    case .roAfterInit: roAfterInit
    case .data: data
    case .symbols: symbols
    case .initText: initText
    case .initRodata: initRodata
    case .initData: initData
    case .image: text + rodata + roAfterInit + data + symbols
    case .bss, .region: 0
    }
  }

  /// Sets the size of one part; `image`, `bss` and `region` count as data.
  public mutating func set(_ kind: SectionKind, _ size: UInt64) {
    switch kind {
    case .text: text = size
    case .rodata: rodata = size
    case .roAfterInit: roAfterInit = size
    case .data, .bss, .image, .region: data = size
    case .symbols: symbols = size
    case .initText: initText = size
    case .initRodata: initRodata = size
    case .initData: initData = size
    }
  }
}

/// A loadable module: sizes, dependencies and the facts its admission rests on.
public struct KernelModule: Hashable, Sendable {
  public var name: String
  /// Path below the module folder; `drivers/net/…`.
  public var path: String = ""
  public var sections = ModuleSections()
  /// Bytes of the object file; 0 when not known.
  public var fileBytes: UInt64 = 0
  /// Modules whose symbols it uses, direct ones, in file order.
  public var dependencies: [String] = []
  public var softDependencies: String = ""
  public var license: String = ""
  public var isInTree = true
  public var isSigned = false
  public var vermagic: String = ""

  public init(name: String) { self.name = name }
}
