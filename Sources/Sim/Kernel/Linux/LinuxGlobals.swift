/// Which kernel mappings are global, that is, survive a switch of address space.
///
/// Without page-table isolation all of them are. With it nothing but the entry area is where the
/// processor has PCID (entries are tagged instead, and duplicated by address space); without PCID
/// base text and rodata are made global again, which modules never are.
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
  /// - Parameter readOnly: the base image's text and read-only data.
  public func apply(to space: inout AddressSpace, readOnly: AddressRange) {
    guard self != .all else { return }
    space.limitGlobals { self == .imageText && readOnly.contains($0.lower) }
  }
}
