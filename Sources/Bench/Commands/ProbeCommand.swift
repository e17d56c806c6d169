import ArgumentParser
import Sim

/// `kfrag probe MACHINE`: what the simulator shows of a machine beside what its file says.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Infers a machine's parameters from the simulator as one would from hardware.",
    discussion: """
      Capacities by cyclic sweeps at several strides, ways and index function by eviction sets, \
      replacement by fingerprints, context retention by switching. Prints inferred beside stated, \
      and the published capacity steps.
      """)

  @Argument(help: "A machine's name, or the path of a YAML file.", completion: .machines)
  var machine: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    let machine = try MachineCatalog.machine(machine)
    try output.emit(
      ProbeCommand.document(machine, try Probe(machine).findings()), of: Sources(machine: machine),
      record)
  }

  static func document(_ machine: Machine, _ findings: [ProbeFinding]) -> ReportDocument {
    let header = ["array", "property", "inferred", "stated", "evidence", "agrees", "reason"]
    let rows = findings.map {
      [
        $0.array, $0.property, $0.inferred, $0.stated, $0.evidence.rawValue,
        $0.agrees ? "yes" : "no", $0.reason,
      ]
    }
    let items = findings.map { finding -> JSONValue in
      [
        "array": .string(finding.array), "property": .string(finding.property),
        "inferred": .string(finding.inferred), "stated": .string(finding.stated),
        "evidence": .string(finding.evidence.rawValue), "agrees": .bool(finding.agrees),
        "reason": .string(finding.reason),
      ]
    }
    let agreeing = findings.count { $0.agrees }
    let title =
      "\(machine.id): \(agreeing) of \(findings.count) inferred values agree with the file"
    return ReportDocument(
      kind: "probe",
      members: [
        "machine": .string(machine.id), "findings": .array(items),
        "agreeing": JSONValue(agreeing), "differing": JSONValue(findings.count - agreeing),
      ],
      csv: CSVTable(header: header, rows: rows),
      table: { width in
        let columns = header.map { TextTable.Column($0.uppercased()) }
        return TextTable(title: title, columns: columns, rows: rows).text(width: width)
      })
  }
}
