/// What a trace line's `key=value` pairs may say. What nothing would read is a fault of the line,
/// not something to pass over.
public enum LifecycleKeys {
  /// Bytes of a module's sections, stated on the line that loads it.
  static let sizes = ["text", "rodata", "data", "bss", "size", "percpu", "vnet"]

  /// References one `run` may make.
  public static let runReferences: ClosedRange<UInt64> = 1000...1_000_000_000_000

  /// What is wrong with an event's pairs: the word at fault and why.
  ///
  /// - Parameter known: keys the system reads on a line that loads; nil: not known which. The
  ///   system's own tools hand what they do not know to the module, so only kfrag's words are held
  ///   to it.
  static func faults(
    _ event: LifecycleEvent, known: Set<String>?
  ) -> [(key: String, message: String)] {
    var faults: [(key: String, message: String)] = []
    if event.verb == .run, !event.module.isEmpty {
      faults.append((event.module, "'run' names no module; write run references=2_000_000"))
    }
    let allowed = keys(event, known)
    for attribute in event.attributes {
      let (name, value) = (attribute.name, attribute.value)
      if name.hasPrefix("-") || name == "path" || name == "argument" { continue }
      if let allowed, !allowed.contains(name) {
        faults.append(
          (name, "'\(event.word)' reads no '\(name)'" + suggestion(for: name, in: allowed)))
      } else if let message = fault(event.verb, name, value) {
        faults.append((name, message))
      }
    }
    return faults
  }

  /// Every key the line may have, the usual ones first; nil: any.
  private static func keys(_ event: LifecycleEvent, _ known: Set<String>?) -> [String]? {
    switch event.verb {
    case .run: ["references"]
    case .take: ["pages", "type"]
    case .load, .insert:
      event.word == "load" || event.word == "insert"
        ? known.map { sizes + ["init", "depends"] + $0.subtracting(sizes).sorted() } : nil
    case .boot, .unload, .unloadUnused, .set, .reboot, .use, .leave, .list: nil
    }
  }

  private static func fault(_ verb: LifecycleVerb, _ name: String, _ value: String) -> String? {
    switch verb {
    case .run:
      guard let count = parseUnsigned(value), runReferences.contains(count) else {
        return "'run' wants references=N, N whole, \(runReferences.lowerBound) to "
          + "\(runReferences.upperBound), not '\(value)'"
      }
      return nil
    case .load, .insert:
      // `init=-19` and `init=ENODEV` are what the module's start ends with.
      let isSize = sizes.contains(name) || name == "init" && value.utf8.first.map(isDigit) == true
      return isSize ? sizeFault(name, value) : nil
    case .boot, .unload, .unloadUnused, .set, .reboot, .use, .leave, .list, .take: return nil
    }
  }

  private static func sizeFault(_ name: String, _ value: String) -> String? {
    guard let size = ByteCount(value) else {
      let digits = value.prefix { isDigit($0.utf8.first ?? 0) || $0 == "_" }
      let unit = value.dropFirst(digits.count).uppercased().first { "KMG".contains($0) }
      if let unit, ByteCount("\(digits)\(unit)iB") != nil {
        return "\(name)=\(value) is no size; did you mean '\(digits)\(unit)iB'?"
      }
      return "\(name)=\(value) is no size such as 24KiB"
    }
    guard size.bytes <= CatalogReader.sectionLimit else {
      return "\(name)=\(value) is larger than the \(ByteCount(CatalogReader.sectionLimit)) a "
        + "section may have"
    }
    return nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

extension ProfileRules {
  public var lineKeys: Set<String> {
    let conditions =
      rules.admit.map(\.condition) + rules.unload.map(\.condition)
      + rules.automatic.map(\.condition)
    var keys = Set(rules.facts.map(\.name) + conditions.flatMap(\.facts))
    for message in (rules.admit + rules.unload).map(\.message) {
      _ = replacing(message) { name in
        keys.insert(name)
        return ""
      }
    }
    // What listings show, and what places a module elsewhere.
    return keys.union([
      "auto", "largePages", "space", "version", "info", "rev", "display", "date", "type", "class",
      "signed", "license",
    ])
  }
}

extension LinuxRules {
  /// As the type's comment lists them.
  public var lineKeys: Set<String> {
    [
      "license", "licence", "signed", "intree", "staging", "livepatch", "test", "vermagic", "elf",
      "wx", "crc", "layoutcrc", "gplonly", "symbols", "namespace", "exports", "param",
      "args", "permissions", "percpu",
      "relocation", "init", "exit", "references", "privileged", "flags",
    ]
  }
}
