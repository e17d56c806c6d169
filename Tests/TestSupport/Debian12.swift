public import Sim

/// The real inputs that ship under `Scenarios`, each read once.
public enum Debian12 {
  /// Where a file of the repository lies.
  public static func path(_ name: String, from file: String = #filePath) -> String {
    var folders = file.split(separator: "/", omittingEmptySubsequences: false)
    while let last = folders.last, last != "Tests" { folders.removeLast() }
    return folders.dropLast().joined(separator: "/") + "/" + name
  }

  public static func text(_ name: String) throws -> String { try InputFile.text(path(name)) }

  /// The 4023 modules of Debian's 6.1.192.
  public static func catalog() throws -> ModuleCatalog { try cachedCatalog.get() }

  /// The modules a listing of `Scenarios/data` shows.
  public static func loaded(_ name: String) throws -> LoadedSet {
    let file = path("Scenarios/data/\(name).txt")
    return try LoadedSet(text: InputFile.text(file), file: file)
  }

  /// The measured section table of one kernel, linked.
  public static func image(_ kernel: String) throws -> BaseImage {
    let file = path("Scenarios/data/base-kernel-sections.csv")
    return try BaseImageReader.read(InputFile.text(file), file: file, kernel: kernel)
  }

  /// The main scenario as it ships.
  public static func scenario() throws -> Scenario { try cachedScenario.get() }

  private static let cachedCatalog = Result {
    let file = path("Scenarios/data/debian-6.1.192-amd64-modules.csv")
    return try CatalogReader.read(InputFile.text(file), file: file)
  }

  private static let cachedScenario = Result {
    try ScenarioReader.read(path("Scenarios/debian12-host.yaml"))
  }
}

/// A scenario small enough to replay in a moment: four invented modules, one of which needs two
/// others, on the measured 6.1 image.
public enum SmallScenario {
  public static let catalog = """
    module,text,rodata,ro_after_init,data,kallsyms,init_text,init_rodata,init_data,depends
    alpha,20000,9000,100,5000,3000,500,100,6000,
    beta,70000,30000,0,9000,8000,900,200,12000,alpha
    gamma,3000,800,64,1200,700,300,64,2000,
    delta,40000,12000,200,8000,5000,700,100,9000,beta gamma

    """

  /// The scenario's text; `replacing` swaps pieces of it.
  public static func yaml(_ replacing: [(String, String)] = []) -> String {
    var text = """
      name: small
      system: linux-6.1
      machine: intel-skylake
      kernel:
        image: 6.1.0-56-amd64
        sections: \(Debian12.path("Scenarios/data/base-kernel-sections.csv"))
      modules:
        catalog: catalog.csv
        names: [delta, gamma]
      memory:
        size: 64MiB
        age: fresh
      history:
        transientModules: 1
        initBurst: 2
      workload:
        synthetic:
          references: 20_000
          warmup: 0.2
          moduleShare: 0.5
          reloads: 2
          baseFunctions: 200
          directPages: 400
          userPages: 100
      arms: [monolithic, modular]
      replicates: 3
      confidence: 0.95
      seed: 7

      """
    for (old, new) in replacing { text = text.replacing(old, with: new) }
    return text
  }

  /// Writes the scenario and its catalog to a folder and returns the scenario's path.
  public static func write(
    to folder: TemporaryFolder, _ replacing: [(String, String)] = [], catalog: String = catalog
  ) throws -> String {
    try folder.write("catalog.csv", catalog)
    return try folder.write("small.yaml", yaml(replacing))
  }

  public static func read(_ replacing: [(String, String)] = []) throws -> Scenario {
    let folder = try TemporaryFolder()
    return try ScenarioReader.read(write(to: folder, replacing))
  }
}
