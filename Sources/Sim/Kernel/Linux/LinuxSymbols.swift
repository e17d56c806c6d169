/// Symbol resolution: what a module needs of others, and what it offers a second time.
extension LinuxAdmission {
  mutating func symbols() -> Failure? {
    let name = facts.name
    // ndiswrapper taints the kernel but keeps what GPL modules may use.
    let isProprietary = taints.contains(.proprietary) && name != "ndiswrapper"
    for owner in facts.needs {
      guard let module = state.module(owner) else {
        return ("ENOENT", "\(name): Unknown symbol of \(owner) (err -2)")
      }
      switch module.state {
      case .coming: return ("EBUSY", "\(name): gave up waiting for init of module \(owner)")
      case .going: return ("ENOENT", "\(name): Unknown symbol of \(owner) (err -2)")
      case .live: break
      }
      if module.taints.contains(.proprietary) && !isProprietary && state.era >= .v5_10 {
        if facts.usesGPLOnly {
          return (
            "ENOENT",
            "\(name): module using GPL-only symbols uses symbols from proprietary "
              + "module \(owner)."
          )
        }
        add(.proprietary)
      }
    }
    if facts.hasUnknownSymbol { return ("ENOENT", "\(name): Unknown symbol (err -2)") }
    if facts.usesGPLOnly && isProprietary {
      return ("ENOENT", "\(name): Unknown symbol, GPL-only (err -2)")
    }
    if state.hasModversions && request.flags & 1 == 0 && facts.hasChecksums {
      switch facts.symbolChecksums {
      case .right: break
      case .wrong: return ("EINVAL", "\(name): disagrees about version of symbol")
      case .missing: return ("EINVAL", "\(name): no symbol version")
      }
    }
    if facts.lacksNamespace && state.era >= .v5_10 {
      return ("EINVAL", "\(name): module uses symbol from a namespace, but does not import it.")
    }
    return nil
  }

  func exportClash() -> Failure? {
    guard !facts.exports.isEmpty else { return nil }
    for module in state.modules where module.facts.name != facts.name {
      if let symbol = facts.exports.first(where: { module.facts.exports.contains($0) }) {
        return (
          "ENOEXEC",
          "\(facts.name): exports duplicate symbol \(symbol) (owned by \(module.facts.name))"
        )
      }
    }
    return nil
  }
}
