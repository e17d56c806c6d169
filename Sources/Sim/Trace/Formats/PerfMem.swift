/// `perf mem report -D` text: a header `# PID, TID, IP, ADDR, …` names the columns, then one sample
/// a line, separated by blanks or by the character given with `-x`.
///
/// A sample is a fetch at IP and a load or store at ADDR, by the operation bits (0…4) of the data
/// source word: 4 is a store (`perf_mem_data_src.mem_op` in `linux/perf_event.h`).
struct PerfMemParser: AddressLineParser {
  // Safe: the line is the caller's for the length of the call.
  private var columns = ["PID", "TID", "IP", "ADDR", "LOCAL WEIGHT", "DSRC", "SYMBOL"]

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    scanner.skipBlanks()
    if scanner.isAtEnd { return }
    if scanner.peek == UInt8(ascii: "#") {
      let text = unsafe String(decoding: line, as: UTF8.self).drop { $0 == "#" || $0 == " " }
      let names = text.split(separator: ",").map { $0.filter { $0 != " " } }
      if names.contains("IP"), names.contains("ADDR") { columns = names }
      return
    }
    var pointer: UInt64?
    var address: UInt64?
    var isStore = false
    for name in columns {
      while let next = scanner.peek, next == 32 || next == 9 || next == 44 || next == 59 {
        scanner.skip(1)
      }
      switch name {
      case "IP": pointer = number(&scanner)
      case "ADDR": address = number(&scanner)
      case "DSRC": isStore = (number(&scanner) ?? 0) & 4 != 0
      default: skipValue(&scanner)
      }
      if name == "SYMBOL" { break }
    }
    guard let pointer, let address else {
      throw LineProblem("want a sample: \(columns.joined(separator: ", "))")
    }
    if pointer != 0 { sink.put(.fetch, pointer) }
    if address != 0 { sink.put(isStore ? .store : .load, address) }
  }

  /// A number that fills its column; the column is taken either way.
  private func number(_ scanner: inout ByteScanner) -> UInt64? {
    let value = scanner.hex()
    let end = scanner.column
    skipValue(&scanner)
    return scanner.column == end ? value : nil
  }

  private func skipValue(_ scanner: inout ByteScanner) {
    while let next = scanner.peek, next != 32, next != 9, next != 44, next != 59 {
      scanner.skip(1)
    }
  }
}
