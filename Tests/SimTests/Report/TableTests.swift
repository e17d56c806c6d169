import Foundation
import Sim
import Testing

@Suite("Tables")
struct TableTests {
  @Test("CSV quotes what RFC 4180 says must be quoted, and nothing else")
  func csv() {
    var table = CSVTable(header: ["name", "value"])
    table.append(["plain", "1"])
    table.append(["a,b", "say \"hi\"\nthere"])
    table.append(values: ["x", nil])
    #expect(
      table.text == "name,value\nplain,1\n\"a,b\",\"say \"\"hi\"\"\nthere\"\nx,\n")
  }

  @Test("a text table fits the width by cutting words, never numbers")
  func width() {
    let name = String(repeating: "long name ", count: 10)
    let table = TextTable(
      columns: [.init("name"), .number("misses")], rows: [[name, "1234567890"]])
    let narrow = table.text(width: 40).split(separator: "\n")
    #expect(narrow.allSatisfy { $0.count <= 40 })
    #expect(narrow.last?.hasSuffix("1234567890") == true)
    #expect(narrow.last?.contains("…") == true)
    #expect(table.text().contains(name.trimmingCharacters(in: .whitespaces)))
  }

  @Test("names in the first column stay apart in a narrow table; what does not fit goes below")
  func key() {
    let table = TextTable(
      columns: [.init("METRIC"), .number("first"), .number("second"), .init("said")],
      rows: [
        ["entries.text", "123456789", "987654321", String(repeating: "word ", count: 8)],
        ["entries.data", "1", "2", "short"],
      ])
    for width in 24...80 {
      let lines = table.text(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width }, "\(width)")
      let names = Set(
        lines.compactMap { $0.split(separator: " ").first }.filter { $0.hasPrefix("e") })
      #expect(names.count == 2, "\(width): \(names)")
      for number in ["123456789", "987654321"] {
        #expect(lines.contains { $0.contains(number) }, "\(width): no number is cut or lost")
      }
    }
  }

  @Test(
    "numbers show the digits asked for",
    arguments: [
      (1234.5678, "1235"), (0.0123461, "0.01235"), (12.0, "12.00"), (1e-9, "1.000e-09"),
      (0, "0"), (.nan, "–"), (-3.14159, "-3.142"),
    ])
  func digits(value: Double, text: String) { #expect(significant(value) == text) }
}
