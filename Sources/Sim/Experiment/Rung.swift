/// One cause of the fragmentation penalty, in the order the ladder from `monolithic` to `modular`
/// adds them. Each rung's layout has its own cause and all before it.
public enum Cause: String, CaseIterable, Sendable {
  /// Each section of a module takes whole pages.
  case sectionRounding
  /// Sections lie in areas of the module window, with guard pages and gaps for what left.
  case pieces
  /// The areas are mapped by base pages instead of large ones.
  case basePages
  /// Areas lie where the history of loads and unloads put them.
  case holes
  /// Base pages lie in scattered frames.
  case scatteredFrames
  /// Large direct-map leaves are split where module pages lost write permission.
  case directMapSplits
  /// Loads and unloads while running flush the TLB.
  case flushes

  public var summary: String {
    switch self {
    case .sectionRounding: "sections rounded up to pages"
    case .pieces: "separate areas and guard pages"
    case .basePages: "base pages instead of large ones"
    case .holes: "holes from load and unload history"
    case .scatteredFrames: "scattered physical frames"
    case .directMapSplits: "direct-map splits"
    case .flushes: "TLB flushes from loads and unloads"
    }
  }
}
