/// Kernel generations whose loaders differ. Raw values are those of a profile's `era` setting.
public enum LinuxEra: String, CaseIterable, Sendable, Comparable {
  case v2_6 = "2.6"
  case v5_10 = "5.10"
  case v6_1 = "6.1"
  case v6_4 = "6.4"
  case v6_12 = "6.12"
  case v6_15 = "6.15"
  case v7_3 = "7.3"

  public static func < (a: LinuxEra, b: LinuxEra) -> Bool { a.rank < b.rank }
  private var rank: Int { LinuxEra.allCases.firstIndex(of: self) ?? 0 }

  /// The name is looked up before memory is taken, and taints are set only once that is past.
  /// The move lies between 6.1 and 6.12; linux.md dates it to the rewrite of 6.4.
  var checksNameEarly: Bool { self >= .v6_4 }

  var hasSignatures: Bool { self >= .v5_10 }

  /// `MODULE_INIT_COMPRESSED_FILE` came with 5.17.
  var validFlags: Int { self >= .v6_1 ? 7 : 3 }
}

/// Kernel taints, one bit each, letters in bit order (kernel/panic.c, `taint_flags`).
public struct LinuxTaint: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let proprietary = LinuxTaint(rawValue: 1 << 0)
  public static let forcedLoad = LinuxTaint(rawValue: 1 << 1)
  public static let forcedUnload = LinuxTaint(rawValue: 1 << 3)
  public static let staging = LinuxTaint(rawValue: 1 << 10)
  public static let outOfTree = LinuxTaint(rawValue: 1 << 12)
  public static let unsigned = LinuxTaint(rawValue: 1 << 13)
  public static let livepatch = LinuxTaint(rawValue: 1 << 15)
  public static let test = LinuxTaint(rawValue: 1 << 18)

  /// Letters of bits 0 to 19.
  public static let alphabet = Array("PFSRMBUDAWCIOELKXTNJ")

  /// Letters of the bits set, in bit order; what `/proc/modules` shows for a module.
  public var letters: String {
    String(
      LinuxTaint.alphabet.enumerated().filter { rawValue >> UInt64($0.offset) & 1 == 1 }.map(
        \.element))
  }

  /// As an oops prints it: `G` when not proprietary, a space for each clear bit after it.
  public var oopsText: String {
    String(
      LinuxTaint.alphabet.enumerated().map { bit, letter in
        rawValue >> UInt64(bit) & 1 == 1 ? letter : bit == 0 ? "G" : " "
      })
  }
}

/// What the module's licence string means to the loader.
public enum LinuxLicence {
  /// The strings that count as GPL-compatible, exactly (include/linux/license.h).
  public static let compatible = [
    "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
  ]

  /// Names the loader forces to proprietary because they once lied about it.
  public static let forcedProprietary = ["driverloader", "lve"]

  /// What the kernel reads: the string up to its first NUL byte. A licence "GPL\0 for files in…"
  /// passed as GPL in 2004 that way and still does; since 7.3 such a module no longer compiles.
  public static func asRead(_ licence: String) -> String {
    licence.isEmpty ? "unspecified" : String(licence.prefix { $0 != "\0" })
  }

  public static func isCompatible(_ licence: String) -> Bool {
    compatible.contains(asRead(licence))
  }

  public static func hidesText(_ licence: String) -> Bool { licence.contains("\0") }
}
