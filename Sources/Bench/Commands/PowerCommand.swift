import ArgumentParser
import Sim

/// `kfrag power RESULT`: what it takes to see an effect.
struct PowerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power",
    abstract: "Replicates here, and hosts on hardware, that it takes to see an effect.",
    discussion: """
      RESULT is what 'kfrag compare --json' printed. Replicates are paired, hosts are two \
      independent groups. The default spread between hosts is that at which 40 hosts against 40 \
      resolve about half a percent with power 80 %.
      """)

  @Argument(help: "A result of compare; - is standard input.")
  var result: String

  @Option(help: "Effect to be seen, as a share of the baseline: 0.5% or 0.005.")
  var effect: String = "0.5%"

  @Option(help: "Probability of seeing it: 80% or 0.8.")
  var power: String = "80%"

  @Option(
    name: .customLong("host-spread"),
    help: "Standard deviation between hosts, as a share of the mean.")
  var hostSpread: String = "0.8%"

  @Option(help: "Only this metric.", completion: .metrics)
  var metric: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let effect = Share(effect), effect.value > 0 else {
      throw ValidationError("--effect wants a share above 0 such as 0.5%, not '\(self.effect)'")
    }
    guard let power = Share(power), (0.01...0.9999).contains(power.value) else {
      throw ValidationError("--power wants a share of 1% to 99.99%, not '\(self.power)'")
    }
    guard let spread = Share(hostSpread), spread.value > 0 else {
      throw ValidationError("--host-spread wants a share above 0, not '\(hostSpread)'")
    }
  }

  func run() throws {
    let record = RunRecord()
    guard let effect = Share(effect), let power = Share(power), let spread = Share(hostSpread)
    else { return }
    let json = try JSONValue(parsing: InputFile.contents(result), file: result)
    let report = try PowerReport(
      result: json, file: result, effect: effect.value, target: power.value,
      hostSpread: spread.value, metric: metric)
    var manifest = Manifest.ofThisCommand
    try manifest.read([result])
    try output.emit(report.document.with(manifest, record))
  }
}

/// A share as users write it: `0.5%`, `0.5 %` or `0.005`.
struct Share: Hashable {
  let value: Double

  init?(_ text: String) {
    let isPercent = text.hasSuffix("%")
    let digits = isPercent ? text.dropLast() : Substring(text)
    let trimmed = digits.last == " " ? digits.dropLast() : digits
    guard let number = Double(trimmed), number.isFinite else { return nil }
    value = isPercent ? number / 100 : number
  }
}
