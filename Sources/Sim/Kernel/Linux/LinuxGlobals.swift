/// Which kernel mappings are global, that is, survive a switch of address space.
///
/// Without page-table isolation all of them are. With it nothing but the entry area is where the
/// processor has PCID (entries are tagged instead, and duplicated by address space); without PCID
/// base text is made global again, which modules never are.
/// Source: arch/x86/mm/pti.c `pti_clone_kernel_text`, `pti_set_kernel_image_nonglobal`.
public enum LinuxGlobals: String, CaseIterable, Sendable {
  /// No isolation.
  case all
  /// Isolation without PCID.
  case imageText
  /// Isolation with PCID.
  case none

  /// The profile's rule; `all` when it states none.
  public init(_ profile: SystemProfile) {
    self = profile.setting("globals").flatMap { LinuxGlobals(rawValue: $0) } ?? .all
  }

  /// Takes the global bit from what must not have it.
  /// - Parameter text: the base image's text, pages that hold its end whole.
  public func apply(to space: inout AddressSpace, text: AddressRange) {
    guard self != .all else { return }
    space.limitGlobals(to: self == .imageText ? text : AddressRange(0, 0))
  }
}
