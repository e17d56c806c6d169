/// Reads section tables of built kernels: blocks headed `## NAME`, one `section,address,size,flags`
/// a line, address and size in hexadecimal without 0x, as `readelf -S` prints them.
public enum BaseImageReader {
  /// - Throws: malformed lines with their place; a missing block with the nearest name.
  public static func read(
    _ text: String, file: String, kernel name: String
  ) throws(InputError) -> BaseImage {
    var problems: [Diagnostic] = []
    var names: [String] = []
    var sections: [(name: String, address: UInt64, size: UInt64)] = []
    for (index, line) in TextLines.lines(text).enumerated() {
      if line.hasPrefix("## ") {
        names.append(String(line.dropFirst(3)))
        continue
      }
      guard names.last == name, !line.isEmpty else { continue }
      let fields = TextLines.fields(line)
      guard fields.count == 4, let address = UInt64(fields[1], radix: 16),
        let size = UInt64(fields[2], radix: 16), size <= 1 << 32,
        address < AddressRange.highest - size
      else {
        problems.append(
          Diagnostic(file: file, line: index + 1, "'\(line)' is not SECTION,ADDRESS,SIZE,FLAGS"))
        continue
      }
      if address != 0 && size > 0 { sections.append((String(fields[0]), address, size)) }
    }
    guard names.contains(name) else {
      throw InputError(
        file: file, line: 1, "no kernel '\(name)'" + suggestion(for: name, in: names))
    }
    guard problems.isEmpty else { throw InputError(problems) }
    return try image(name: name, sections: sections, file: file)
  }

  /// Groups sections into the regions the linker script separates: text, rodata up to the first
  /// writable section, data, init, bss. Scratch sections that exist only in the file are dropped.
  private static func image(
    name: String, sections: [(name: String, address: UInt64, size: UInt64)], file: String
  ) throws(InputError) -> BaseImage {
    func address(_ section: String) throws(InputError) -> UInt64 {
      guard let found = sections.first(where: { $0.name == section }) else {
        throw InputError(file: file, "kernel '\(name)' lacks section \(section)")
      }
      return found.address
    }
    let text = try address(".text")
    let rodata = try address(".rodata")
    let data = try address(".data")
    let initText = try address(".init.text")
    let bss = try address(".bss")
    guard text < rodata, rodata < data, data < initText, initText < bss else {
      throw InputError(file: file, "kernel '\(name)': sections are not in link order")
    }
    func end(below limit: UInt64, from start: UInt64) -> UInt64 {
      sections.filter { $0.address >= start && $0.address < limit }
        .map { $0.address + $0.size }.max() ?? start
    }
    let large = PageSize.large2M.bytes
    let page = PageSize.base4K.bytes
    let brkEnd =
      sections.filter { $0.name == ".bss" || $0.name == ".brk" }
      .map { $0.address + $0.size }.max() ?? bss
    let nosave = sections.first { $0.name == ".data_nosave" }?.address ?? bss
    let regions: [(SectionKind, UInt64, UInt64, UInt64)] = [
      (.text, text, end(below: rodata, from: text), large),
      (.rodata, rodata, end(below: data, from: rodata), large),
      (.data, data, end(below: initText, from: data), large),
      (.initData, initText, min(end(below: nosave, from: initText), nosave), page),
      (.bss, nosave, brkEnd, page),
    ]
    var built: [BaseImage.Region] = []
    var cursor = text
    for (kind, start, end, alignment) in regions {
      let (above, overflow) = cursor.addingReportingOverflow(alignment - 1)
      guard !overflow else {
        throw InputError(
          file: file, "kernel '\(name)': region \(kind.rawValue) does not fit the address space")
      }
      let aligned = above & ~(alignment - 1)
      guard aligned <= start, start <= end else {
        throw InputError(file: file, "kernel '\(name)': region \(kind.rawValue) overlaps")
      }
      built.append(
        BaseImage.Region(
          kind: kind, size: end - start, alignment: alignment, skip: start - aligned))
      cursor = end
    }
    return BaseImage(
      name: name, start: text, physicalStart: text & 0x3fff_ffff, regions: built)
  }
}
