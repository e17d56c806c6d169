/// The checks of `load_module`, numbered as they come in 7.3.
public enum LinuxCheck: Int, CaseIterable, Sendable {
  case privilege = 0
  case signature = 1
  case elf = 2
  case blacklist = 3
  case layoutChecksum = 4
  case vermagic = 5
  case livepatch = 6
  case name = 7
  case writableCode = 8
  case memory = 9
  case nameAgain = 10
  case taints = 11
  case perCPU = 12
  case exportChecksums = 13
  case moduleNamespace = 14
  case symbols = 15
  case relocations = 16
  case arguments = 17
  case exportClash = 18
  case permissions = 19
  case parameters = 20
  case tracepoint = 21
  case initialisation = 22
  /// Up to 6.1: O, C, K and P are set inside the layout step, before memory.
  case earlyTaints = 101
  /// Up to 6.1: E is set once the name is in the list.
  case unsignedTaint = 102

  /// The checks of an era in its order; `memory` separates those that refuse for free from those
  /// whose refusal has already cost an allocation.
  ///
  /// Source: kernel/module.c of 5.10.223, kernel/module/main.c of 6.1.192, 6.12.117, 7.3.4; 2.6
  /// recalled.
  public static func order(_ era: LinuxEra) -> [LinuxCheck] {
    let end: [LinuxCheck] = [
      .symbols, .relocations, .arguments, .exportClash, .permissions, .parameters, .tracepoint,
      .initialisation,
    ]
    if era == .v2_6 {
      return [.privilege, .elf, .layoutChecksum, .vermagic, .earlyTaints, .memory, .nameAgain]
        + [.perCPU, .exportChecksums] + end
    }
    if !era.checksNameEarly {
      return [.privilege, .signature, .elf, .blacklist, .layoutChecksum, .vermagic, .earlyTaints]
        + [.livepatch, .writableCode, .memory, .nameAgain, .unsignedTaint, .perCPU]
        + [.exportChecksums] + end
    }
    return [.privilege, .signature, .elf, .blacklist, .layoutChecksum, .vermagic, .livepatch]
      + [.name, .writableCode, .memory, .nameAgain, .taints, .perCPU, .exportChecksums]
      + (era >= .v7_3 ? [.moduleNamespace] : []) + end
  }
}

/// Why a load or unload was refused, and what it left behind.
public struct LinuxRefusal: Hashable, Sendable {
  public var check: LinuxCheck
  /// `EKEYREJECTED`.
  public var errno: String
  /// What the kernel logs; what the tool prints where the kernel is silent.
  public var message: String
}
