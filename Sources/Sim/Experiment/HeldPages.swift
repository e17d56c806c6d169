extension AddressSpace {
  /// The space with the pages the system asks to have held (`isLocked`) given to the machine's
  /// block registers and lockable entries, as far as they go; the others are ordinary pages.
  func held(by machine: Machine) -> AddressSpace {
    guard mappings.contains(where: \.isLocked) else { return self }
    var pages: [Translation] = []
    for mapping in mappings where mapping.isLocked {
      for page in 0..<Int(mapping.pageCount) {
        pages.append(mapping.translation(ofPage: page))
      }
    }
    let held = machine.holding(pages)
    var next = 0
    var space = AddressSpace()
    for mapping in mappings {
      guard mapping.isLocked else {
        space.map(mapping)
        continue
      }
      let count = Int(mapping.pageCount)
      var first = 0
      while first < count {
        let isHeld = held[next + first].isLocked
        var end = first + 1
        while end < count, held[next + end].isLocked == isHeld { end += 1 }
        var part = mapping.pages(first..<end)
        part.isLocked = isHeld
        space.map(part)
        first = end
      }
      next += count
    }
    return space
  }
}

extension Layout {
  /// The layout as `machine` holds it.
  func held(by machine: Machine, of profile: SystemProfile) -> Layout {
    var layout = self
    if profile.isTranslated { layout.space = space.held(by: machine) }
    return layout
  }
}

extension Binding {
  /// The binding with every page held where the system translates nothing.
  func held(of profile: SystemProfile) -> Binding {
    guard !profile.isTranslated else { return self }
    var binding = self
    for index in translations.indices { binding.translations[index].isLocked = true }
    return binding
  }
}
