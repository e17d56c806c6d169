import ArgumentParser
import Sim

/// `kfrag course explain`.
struct CourseExplainCommand: ParsableCommand {
  // Safe: the bytes are lent for the length of the call.
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Steps accesses through TLB, walk caches and page table, in words and pictures.")

  @Argument(help: "Addresses, in the order they are referenced.")
  var addresses: [String]

  @Option(help: "The machine; a name or a YAML file.", completion: .machines)
  var machine = "teach-tiny"

  @Option(name: .customLong("page-size"), help: "Size of the pages.")
  var pageSize = "4KiB"

  @Option(help: "fetch, load or store.")
  var access = "load"

  static let kinds: [(name: String, kind: AccessKind)] = [
    ("fetch", .fetch), ("load", .load), ("store", .store),
  ]

  func run() throws {
    guard let size = PageSize(pageSize) else {
      throw ValidationError("'\(pageSize)' is not a page size such as 4KiB")
    }
    guard let kind = Self.kinds.first(where: { $0.name == access })?.kind else {
      throw ValidationError(
        "unknown access '\(access)'" + suggestion(for: access, in: Self.kinds.map(\.name)))
    }
    let numbers = try addresses.map { text in
      guard let address = parseUnsigned(text) else {
        throw ValidationError("'\(text)' is not an address such as 0xffffffffc0203000")
      }
      return address
    }
    var explanation = try Explanation(
      machine: MachineCatalog.machine(machine), pageSize: size, kind: kind)
    let steps = numbers.enumerated().map { explanation.step($1, number: $0 + 1) }
    let text = "\(explanation.machine.name)\n\n" + steps.joined(separator: "\n")
    try unsafe Array(text.utf8).withUnsafeBytes {
      try unsafe writeAll($0, to: 1, name: "standard output")
    }
  }
}
