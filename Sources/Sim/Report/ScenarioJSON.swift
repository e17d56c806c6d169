extension Scenario {
  /// The scenario with everything resolved: what its hash is taken of. Files it reads stand in the
  /// manifest's inputs, presets among its presets, each with a hash of its own.
  public var expanded: JSONValue {
    [
      "name": .string(name), "machine": .string(machine.id),
      "processors": JSONValue(reflecting: processors),
      "kernel": ["image": .string(image.name), "start": .string(hex(image.start))],
      "modules": .array(modules.map { .string($0.name) }),
      "missing": .array(missing.map { .string($0) }),
      "memory": ["size": JSONValue(memory.bytes), "age": .string(memory.age.rawValue)],
      "history": JSONValue(reflecting: history), "workload": workload.json,
      "arms": .array(
        arms.map { arm in
          [
            "name": .string(arm.name), "layout": .string(arm.kind.rawValue),
            "system": .string(arm.profile.id),
            "machine": JSONValue(arm.machine) { .string($0.id) },
            "linked": .array(arm.linked.sorted().map { .string($0) }),
            "packed": .array(arm.packed.sorted().map { .string($0) }),
          ]
        }),
      "replicates": JSONValue(replicates), "vary": .array(varying.map { .string($0.rawValue) }),
      "confidence": JSONValue(confidence), "seed": JSONValue(seed.value),
    ]
  }
}

extension WorkloadPlan {
  fileprivate var json: JSONValue {
    switch self {
    case .synthetic(let parameters): return ["synthetic": JSONValue(reflecting: parameters)]
    case .fitted(let plan): return ["synthetic": plan.json]
    case .recorded(let path, let steps):
      return ["recorded": .string(path), "steps": steps.map { .string($0.description) } ?? .null]
    }
  }
}

extension FittedWorkload {
  /// The keys of a scenario's `synthetic` block.
  var json: JSONValue {
    [
      "model": .string("fitted"), "fit": .string(name), "references": JSONValue(references),
      "warmup": JSONValue(warmup), "reloads": JSONValue(reloads),
    ]
  }
}

extension JSONValue {
  /// The stored properties of a parameter struct, by name: numbers, words, flags and structs of
  /// them. What is none of these is printed as Swift describes it.
  public init(reflecting value: Any) {
    switch value {
    case let integer as any FixedWidthInteger: self.init(integer)
    case let number as Double: self.init(number)
    case let flag as Bool: self = .bool(flag)
    case let text as String: self = .string(text)
    case let word as any RawRepresentable where word.rawValue is String:
      self = .string("\(word.rawValue)")
    default:
      let mirror = Mirror(reflecting: value)
      switch mirror.displayStyle {
      case .struct:
        let members = mirror.children.compactMap { child in
          child.label.map { ($0, JSONValue(reflecting: child.value)) }
        }
        self = .object(Dictionary(members, uniquingKeysWith: { $1 }))
      case .collection: self = .array(mirror.children.map { JSONValue(reflecting: $0.value) })
      case .optional: self = mirror.children.first.map { JSONValue(reflecting: $0.value) } ?? .null
      default: self = .string("\(value)")
      }
    }
  }
}
