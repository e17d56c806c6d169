import ArgumentParser
import Sim

/// `kfrag study`: pages and claims of `Results`, from its data.
struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Renders the pages of Results from their data, or checks their claims.",
    subcommands: [Render.self, Check.self, Value.self, Splits.self])

  /// Which study, and where.
  struct Place: ParsableArguments {
    @Argument(help: "The study; '.' is the summary of all.")
    var study: String

    @Option(name: .long, help: "The repository's folder.")
    var root = "."

    func open() throws -> Study { try Study(study == "." ? "" : study, root: root) }
  }

  struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes README.md and CLAIMS.md of a study from its data.")

    @OptionGroup var place: Place

    func run() throws {
      for page in try place.open().rendered() {
        try AtomicFile.write(Array(page.text.utf8), to: page.path)
        Terminal.narrate(page.path)
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says claim by claim whether a study's data bears it out; exit 2 when one fails.")

    @OptionGroup var place: Place
    @OptionGroup var output: OutputOptions

    func run() throws {
      let outcomes = try place.open().outcomes
      try output.emit(StudyReport.document(place.study, outcomes))
      if outcomes.contains(where: { !$0.holds }) { throw ExitCode(2) }
    }
  }

  struct Value: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints members of a JSON file, separated by commas; of an array its count.")

    @Argument(help: "The file.")
    var file: String

    @Argument(help: "Paths such as comparisons.0.difference.")
    var paths: [String]

    @OptionGroup var output: OutputOptions

    func run() throws {
      let values = try Study.members(paths, of: file)
      try output.write(Array((values.joined(separator: ",") + "\n").utf8))
    }
  }

  struct Splits: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Predicts how many leaves of the direct map programs with read-only pages split.",
      discussion: """
        The experiment of A. Lu (November 2022): a machine of 8 GiB under Linux 5.17, a program \
        that maps three read-only executable pages, started so many times.
        """)

    @Option(name: .long, help: "Times the program is started: 512,1024,2048.")
    var starts = "512,1024,2048"

    @Option(name: .long, help: "Kernel pages a start takes beside the three.")
    var pages = 180

    @Option(
      name: .long, help: "Runs with drawn gaps between those pages; 0 is one with equal gaps.")
    var replicates = 0

    @Option(name: .long, help: "Seed of the replicates.")
    var seed: UInt64 = 1

    @Option(
      name: .long, help: "Splits published for these starts: --pages is fitted to all of them.")
    var fit: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
      let counts = starts.split(separator: ",").compactMap { parseUnsigned($0) }
      guard !counts.isEmpty, counts.allSatisfy({ $0 <= 20_000 }), (3...10_000).contains(pages)
      else { throw ValidationError("--starts wants counts up to 20000, --pages 3 to 10000") }
      guard (0...1000).contains(replicates) else {
        throw ValidationError("--replicates wants 0 to 1000")
      }
      let ascending = Set(counts).sorted().map { Int($0) }
      var pages = pages
      if let fit {
        let splits = fit.split(separator: ",").compactMap { Double($0) }
        guard splits.count == ascending.count, splits.allSatisfy({ (1...1e9).contains($0) }),
          ascending.allSatisfy({ $0 > 0 }), replicates > 0
        else {
          throw ValidationError(
            "--fit wants one number of splits for each of --starts, ascending, and --replicates")
        }
        pages = SplitExperiment.fit(
          starts: ascending, splits: splits, replicates: replicates, seed: Seed(seed), from: pages)
      }
      try output.emit(
        SplitReport.document(
          starts: ascending, pages: pages, replicates: replicates, seed: Seed(seed)))
    }
  }
}
