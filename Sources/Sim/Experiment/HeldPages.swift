extension Binding {
  /// The binding with the pages the system asks to have held given to the machine's block
  /// registers and lockable entries, as far as they go; all of them where nothing is translated.
  func held(by machine: Machine, of profile: SystemProfile) -> Binding {
    var binding = self
    if profile.isTranslated {
      binding.translations = machine.holding(translations)
    } else {
      for index in translations.indices { binding.translations[index].isLocked = true }
    }
    return binding
  }
}
