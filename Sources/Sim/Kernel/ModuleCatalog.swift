/// The modules a kernel build offers, by name.
public struct ModuleCatalog: Sendable {
  public let source: String
  public let modules: [KernelModule]
  private let indices: [String: Int]

  public static let moduleLimit = 1_000_000

  /// Dependencies written with `-` (as `modinfo` prints them) get the names modules go by.
  public init(source: String, modules: [KernelModule]) {
    let indices = Dictionary(
      modules.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var modules = modules
    for index in modules.indices {
      modules[index].dependencies = modules[index].dependencies.map { name in
        guard indices[name] == nil, name.contains("-") else { return name }
        let canonical = String(name.map { $0 == "-" ? "_" : $0 })
        return indices[canonical] == nil ? name : canonical
      }
    }
    self.source = source
    self.modules = modules
    self.indices = indices
  }

  /// Looks `name` up; `-` equals `_`, as modprobe has it.
  public subscript(name: String) -> KernelModule? {
    if let at = indices[name] { return modules[at] }
    guard name.contains("-") else { return nil }
    let canonical = String(name.map { $0 == "-" ? "_" : $0 })
    return indices[canonical].map { modules[$0] }
  }

  /// `; did you mean …?` for a name the catalog lacks.
  public func hint(for name: String) -> String {
    nearest(name, in: modules.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// The modules `name` needs, deepest first, itself last: the order modprobe inserts them in.
  /// - Throws: the names of a dependency cycle, or the missing module.
  public func loadOrder(of name: String) throws(DependencyError) -> [KernelModule] {
    var order: [KernelModule] = []
    var done: Set<String> = []
    // Depth first with an explicit stack: a lying catalog may chain a million modules.
    var stack: [(module: KernelModule, next: Int)] = []
    var onStack: Set<String> = []
    guard let root = self[name] else { throw .missing(name, neededBy: nil) }
    stack.append((root, 0))
    onStack.insert(root.name)
    while let top = stack.last {
      if top.next < top.module.dependencies.count {
        stack[stack.count - 1].next += 1
        let wanted = top.module.dependencies[top.next]
        guard let module = self[wanted] else {
          throw .missing(wanted, neededBy: top.module.name)
        }
        if onStack.contains(module.name) {
          let start = stack.firstIndex { $0.module.name == module.name } ?? 0
          throw .cycle(stack[start...].map(\.module.name))
        }
        if !done.contains(module.name) {
          stack.append((module, 0))
          onStack.insert(module.name)
        }
      } else {
        stack.removeLast()
        onStack.remove(top.module.name)
        if done.insert(top.module.name).inserted { order.append(top.module) }
      }
    }
    return order
  }

  /// `names` in an order a loader can follow: each after the listed modules it depends on,
  /// otherwise as given. Dependencies that are not listed are added before their users.
  /// - Throws: a missing module or a dependency cycle.
  public func ordered(_ names: [String]) throws(DependencyError) -> [KernelModule] {
    var order: [KernelModule] = []
    var done: Set<String> = []
    for name in names where !done.contains(name) {
      for module in try loadOrder(of: name) where done.insert(module.name).inserted {
        order.append(module)
      }
    }
    return order
  }
}

/// Why a module's dependencies cannot be satisfied.
public enum DependencyError: Error, Hashable, Sendable, CustomStringConvertible {
  case missing(String, neededBy: String?)
  case cycle([String])

  public var description: String {
    switch self {
    case .missing(let name, let user):
      "module '\(name)' is not in the catalog" + (user.map { ", needed by '\($0)'" } ?? "")
    case .cycle(let names):
      "dependency cycle: " + (names + [names[0]]).joined(separator: " → ")
    }
  }
}
