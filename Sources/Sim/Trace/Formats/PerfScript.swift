/// `perf script` text: `comm tid [cpu] seconds: event: [addr] ip …`.
///
/// With `-F comm,tid,cpu,time,event,ip,addr` the data address comes before the instruction pointer.
/// One hexadecimal word after the event is the instruction pointer (a fetch); with two, the first
/// is the data address: the fetch, then a store when the event's name says so, else a load. An
/// address of 0 means that the sample has none.
struct PerfScriptParser: AddressLineParser {
  // Safe: the line and its words are the caller's for the length of the call.
  func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    scanner.skipBlanks()
    if scanner.isAtEnd || scanner.peek == UInt8(ascii: "#") { return }
    var sawTime = false
    var event: UnsafeBufferPointer<UInt8>?
    while unsafe event == nil, let word = unsafe scanner.word() {
      if sawTime {
        unsafe event = word.last == UInt8(ascii: ":") ? word : event
        guard unsafe event != nil else { break }
      } else {
        sawTime = unsafe isTime(word)
      }
      scanner.skipBlanks()
    }
    guard let event = unsafe event else {
      throw LineProblem("want 'comm tid [cpu] seconds: event: [addr] ip'")
    }
    guard let first = scanner.hexWord() else {
      throw LineProblem(scanner, "want a hexadecimal address after the event")
    }
    scanner.skipBlanks()
    guard let pointer = scanner.hexWord() else {
      if first != 0 { sink.put(.fetch, first) }
      return
    }
    if pointer != 0 { sink.put(.fetch, pointer) }
    if first != 0 { unsafe sink.put(contains(event, "store") ? .store : .load, first) }
  }

  /// `123.456789:`
  private func isTime(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
    var scanner = unsafe ByteScanner(word)
    return scanner.decimal() != nil && scanner.take(".") && scanner.decimal() != nil
      && scanner.take(":") && scanner.isAtEnd
  }

  private func contains(_ word: UnsafeBufferPointer<UInt8>, _ part: StaticString) -> Bool {
    var scanner = unsafe ByteScanner(word)
    while !scanner.isAtEnd {
      if scanner.take(part) { return true }
      scanner.skip(1)
    }
    return false
  }
}
