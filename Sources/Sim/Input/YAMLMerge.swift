import Yams

extension YAMLValue {
  /// This document laid over `parent`: mappings merge key by key, lists of named mappings merge by
  /// `name`, everything else here replaces what the parent says. Places of what comes from the
  /// parent are dropped, so that problems are never reported at lines of another file.
  /// - Parameter levels: mappings below each other that merge; what lies deeper replaces.
  func overlaying(_ parent: YAMLValue, levels: Int = .max) -> YAMLValue {
    YAMLValue(
      node: YAMLValue.overlay(node, on: parent.node, levels), path: path, sink: sink)
  }

  /// This mapping without `key`.
  func without(_ key: String) -> YAMLValue {
    guard let mapping = node.mapping else { return self }
    let kept = mapping.filter { $0.key.scalar?.string != key }.map { ($0.key, $0.value) }
    let rest = Node.Mapping(kept, mapping.tag, mapping.style, mapping.mark)
    return YAMLValue(node: .mapping(rest), path: path, sink: sink)
  }

  /// The value as YAML text; short lists and mappings of plain words on one line.
  func yamlText() -> String {
    let styled = YAMLValue.styled(node, depth: 0)
    let text = (try? Yams.serialize(node: styled, width: 96, allowUnicode: true)) ?? ""
    return text.last == "\n" ? text : text + "\n"
  }

  private static func styled(_ node: Node, depth: Int) -> Node {
    switch node {
    case .mapping(let mapping):
      let pairs = mapping.map { ($0.key, styled($0.value, depth: depth + 1)) }
      let words = mapping.flatMap { [$0.key.scalar?.string, $0.value.scalar?.string] }
      let isShort = depth > 0 && fitsOneLine(words)
      return .mapping(Node.Mapping(pairs, .implicit, isShort ? .flow : .block, nil))
    case .sequence(let sequence):
      let isShort = fitsOneLine(sequence.map { $0.scalar?.string })
      let nodes = sequence.map { styled($0, depth: depth + 1) }
      return .sequence(Node.Sequence(nodes, .implicit, isShort ? .flow : .block, nil))
    case .scalar, .alias: return node
    }
  }

  private static func fitsOneLine(_ words: [String?]) -> Bool {
    words.allSatisfy { $0 != nil } && words.reduce(0) { $0 + 2 + ($1?.count ?? 0) } < 72
  }

  private static func overlay(_ child: Node, on parent: Node, _ levels: Int) -> Node {
    guard levels > 0 else { return child }
    if let over = child.mapping, let under = parent.mapping {
      var pairs: [(Node, Node)] = under.map { key, value in
        guard let mine = over.first(where: { $0.key == key }) else {
          return (placeless(key), placeless(value))
        }
        return (mine.key, overlay(mine.value, on: value, levels - 1))
      }
      pairs += over.filter { mine in !under.contains { $0.key == mine.key } }
        .map { ($0.key, $0.value) }
      return .mapping(Node.Mapping(pairs, over.tag, under.style, over.mark))
    }
    if let over = child.sequence, let under = parent.sequence,
      !over.isEmpty, over.allSatisfy({ name($0) != nil }),
      under.allSatisfy({ name($0) != nil })
    {
      var nodes: [Node] = under.map { old in
        let mine = over.first { name($0) == name(old) }
        return mine.map { overlay($0, on: old, levels - 1) } ?? placeless(old)
      }
      nodes += over.filter { mine in !under.contains { name($0) == name(mine) } }
      return .sequence(Node.Sequence(nodes, over.tag, under.style, over.mark))
    }
    return child
  }

  private static func name(_ node: Node) -> String? { node.mapping?["name"]?.scalar?.string }

  private static func placeless(_ node: Node) -> Node {
    switch node {
    case .scalar(var scalar):
      scalar.mark = nil
      return .scalar(scalar)
    case .mapping(let mapping):
      let pairs = mapping.map { (placeless($0.key), placeless($0.value)) }
      return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, nil))
    case .sequence(let sequence):
      let nodes = sequence.map(placeless)
      return .sequence(Node.Sequence(nodes, sequence.tag, sequence.style, nil))
    case .alias: return node
    }
  }
}

extension YAMLValue {
  /// The value as YAML on one line: `word`, `[a, b]`, `{key: value}`.
  func flowText() -> String {
    let flow = YAMLValue.flow(node)
    let text = (try? Yams.serialize(node: flow, width: -1, allowUnicode: true)) ?? ""
    let lines = text.split(separator: "\n").filter { $0 != "..." && $0 != "---" }
    return lines.joined(separator: " ")
  }

  private static func flow(_ node: Node) -> Node {
    switch node {
    case .mapping(let mapping):
      let pairs = mapping.map { ($0.key, flow($0.value)) }
      return .mapping(Node.Mapping(pairs, .implicit, .flow, nil))
    case .sequence(let sequence):
      return .sequence(Node.Sequence(sequence.map(flow), .implicit, .flow, nil))
    case .scalar, .alias: return node
    }
  }
}
