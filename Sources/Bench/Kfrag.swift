import ArgumentParser

/// The `kfrag` command.
@main
struct Kfrag: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kfrag",
    abstract: "Measures what loading kernel modules costs in TLB misses.",
    version: "0.1.0",
    subcommands: [
      CompareCommand.self,
      ImportCommand.self,
      ListCommand.self,
      ShowCommand.self,
      VerifyPlacementCommand.self,
    ])
}
