import ArgumentParser
import Sim

/// The `kfrag` command.
@main
struct Kfrag: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kfrag",
    abstract: "Measures what loading kernel modules costs in TLB misses.",
    version: Version.number,
    subcommands: [
      AdviseCommand.self,
      AgeCommand.self,
      AttributeCommand.self,
      BenchCommand.self,
      CatalogCommand.self,
      CheckCommand.self,
      CompareCommand.self,
      CourseCommand.self,
      CurveCommand.self,
      ExpandCommand.self,
      FitCommand.self,
      ImportCommand.self,
      ExportCommand.self,
      LayoutCommand.self,
      ListCommand.self,
      ProbeCommand.self,
      RegressCommand.self,
      ReplayCommand.self,
      ReportCommand.self,
      ShowCommand.self,
      PowerCommand.self,
      StudyCommand.self,
      SweepCommand.self,
      TimelineCommand.self,
      TlbCommand.self,
      VarianceCommand.self,
      VerifyCommand.self,
      VerifyPlacementCommand.self, VerifyMemoryCommand.self,
    ])
}
