/// The machines kfrag ships, and the way to a user's own file.
public enum MachineCatalog {
  /// Names of all shipped machines, sorted.
  public static var names: [String] { EmbeddedHardware.files.map(\.name).sorted() }

  /// The YAML of the shipped machine `name`. - Throws: unknown name, with the nearest one.
  public static func text(of name: String) throws(InputError) -> String {
    guard let file = EmbeddedHardware.files.first(where: { $0.name == name }) else {
      throw InputError(
        file: name, kind: .missing, "unknown machine" + suggestion(for: name, in: names))
    }
    return file.text
  }

  /// Whether `name` means a file of the user's: it holds a `/` or ends in `.yaml` or `.yml`.
  public static func isPath(_ name: String) -> Bool {
    name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  /// The machine called `name`, or described in the file `name`.
  ///
  /// - Throws: unknown name or missing file (exit 66), or all that is wrong with the file (65).
  public static func resolve(_ name: String) throws(InputError) -> MachineReader.Resolved {
    guard isPath(name) else {
      return try MachineReader.read(text(of: name), file: "\(name).yaml")
    }
    var own = try MachineReader.read(InputFile.text(name), file: name)
    own.machine.file = name
    return own
  }

  /// The machine called `name`, or described in the file `name`.
  public static func machine(_ name: String) throws(InputError) -> Machine {
    try resolve(name).machine
  }

  /// All shipped machines, by family, then year, then name.
  public static func all() throws(InputError) -> [Machine] {
    var machines: [Machine] = []
    for name in names { machines.append(try machine(name)) }
    return machines.sorted { ($0.family, $0.year, $0.id) < ($1.family, $1.year, $1.id) }
  }
}
