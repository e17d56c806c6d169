/// One layout's answer for every site of a stream: the address and the translation it falls in.
/// The engine compiles a binding and a machine into tags before the first reference.
public struct Binding: Sendable {
  /// The distinct pages the sites fall in.
  public var translations: [Translation]
  /// Index into `translations`, by site.
  public var translationOfSite: [UInt32]
  /// Virtual address of each site, for arrays that splinter or walk.
  public var addressOfSite: [UInt64]

  public init(
    translations: [Translation] = [], translationOfSite: [UInt32] = [],
    addressOfSite: [UInt64] = []
  ) {
    self.translations = translations
    self.translationOfSite = translationOfSite
    self.addressOfSite = addressOfSite
  }
}
