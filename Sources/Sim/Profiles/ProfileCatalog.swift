/// The systems kfrag ships, and the way to a user's own.
public enum ProfileCatalog {
  /// Names of all shipped profiles, sorted.
  public static var names: [String] { EmbeddedProfiles.files.map(\.name).sorted() }

  /// The YAML of a shipped profile.
  public static func text(_ name: String) -> String? {
    EmbeddedProfiles.files.first { $0.name == name }?.text
  }

  /// The profile called `name`, or read from the file at that path when it holds a slash or ends
  /// in `.yaml`. - Throws: unknown name, with the nearest one; everything wrong with a file.
  public static func profile(_ name: String) throws(InputError) -> SystemProfile {
    if name.hasSuffix(".yaml") || name.contains("/") {
      var own = try ProfileReader.read(InputFile.text(name, limit: 1 << 20), file: name)
      own.file = name
      return own
    }
    guard let text = text(name) else {
      throw InputError(
        file: name, kind: .missing, "unknown system" + suggestion(for: name, in: names))
    }
    return try ProfileReader.read(text, file: "\(name).yaml")
  }
}
