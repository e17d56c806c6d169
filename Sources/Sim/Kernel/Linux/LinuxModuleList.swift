/// The modules in the kernel in load order, found by name in constant time: a trace may load
/// hundreds of thousands.
public struct LinuxModuleList: Sequence, ExpressibleByArrayLiteral, Hashable, Sendable {
  /// In load order; nil where one left.
  private var slots: [LinuxLiveModule?] = []
  private var places: [String: Int] = [:]
  /// Bytes of the per-CPU reserve all of them take.
  public private(set) var perCPUBytes: UInt64 = 0

  public init(arrayLiteral elements: LinuxLiveModule...) {
    for element in elements { append(element) }
  }

  public subscript(name: String) -> LinuxLiveModule? { places[name].flatMap { slots[$0] } }

  public mutating func append(_ module: LinuxLiveModule) {
    remove(module.facts.name)
    places[module.facts.name] = slots.count
    slots.append(module)
    perCPUBytes &+= module.facts.perCPUBytes
  }

  /// Does nothing when there is no such module.
  public mutating func remove(_ name: String) {
    guard let at = places.removeValue(forKey: name), let gone = slots[at] else { return }
    perCPUBytes &-= gone.facts.perCPUBytes
    slots[at] = nil
    guard slots.count > 64, slots.count > 2 * places.count else { return }
    slots.removeAll { $0 == nil }
    for (index, module) in slots.enumerated() {
      if let module { places[module.facts.name] = index }
    }
  }

  public mutating func setReferences(of name: String, to count: Int) {
    if let at = places[name] { slots[at]?.references = count }
  }

  public func makeIterator() -> some IteratorProtocol<LinuxLiveModule> {
    slots.lazy.compactMap { $0 }.makeIterator()
  }

  public static func == (a: LinuxModuleList, b: LinuxModuleList) -> Bool { a.elementsEqual(b) }

  public func hash(into hasher: inout Hasher) {
    for module in self { hasher.combine(module) }
  }
}
