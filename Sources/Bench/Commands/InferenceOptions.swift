import ArgumentParser
import Sim

/// `--interval t|bca`, `--test t|permutation`, `--unpaired`: how differences are judged.
struct InferenceOptions: ParsableArguments {
  enum Interval: String, ExpressibleByArgument, CaseIterable { case t, bca }
  enum Test: String, ExpressibleByArgument, CaseIterable { case t, permutation }

  @Option(help: "Interval of a difference: Student's t, or a BCa bootstrap.")
  var interval: Interval = .t

  @Option(help: "p-value of a difference: Student's t, or a permutation test.")
  var test: Test = .t

  @Flag(help: "Take the replicates of two arms for unrelated samples (Welch).")
  var unpaired = false

  init() {}

  func validate() throws {
    if unpaired && interval == .bca {
      throw ValidationError("--interval bca is of paired differences; leave out --unpaired")
    }
  }

  var inference: Inference {
    var inference = Inference()
    inference.interval = interval == .bca ? .bca : .t
    inference.test = test == .permutation ? .permutation : .t
    inference.isPaired = !unpaired
    return inference
  }
}
