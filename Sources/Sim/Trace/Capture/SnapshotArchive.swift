private import Foundation

/// The files written down beside a recording: a folder, or a tar archive (compressed or not).
///
/// Taken are `kallsyms`, `steps.txt`, and for every `sNN-name.modules` with its `sNN-name.sections`
/// the module area as it was when step NN had ended.
public struct SnapshotArchive {
  // Safe: `isFolder` is a variable of ours, lent for the call.
  private let files: [(name: String, bytes: [UInt8])]
  private let path: String

  /// - Throws: kind `missing`; or bytes that are no tar archive.
  public init(_ path: String) throws(InputError) {
    self.path = path
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      isFolder.boolValue
    {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      var files: [(String, [UInt8])] = []
      for name in names.sorted() where SnapshotArchive.isWanted(name) {
        files.append((name, try InputFile.contents(path + "/" + name)))
      }
      self.files = files
    } else {
      files = try SnapshotArchive.tar(try InputFile.contents(path), path)
    }
  }

  /// - Throws: a malformed file, named `ARCHIVE:FILE`; an archive that says nothing.
  public func snapshots() throws(InputError) -> KernelSnapshots {
    var result = KernelSnapshots()
    if let kallsyms = file("kallsyms") { try result.readSymbols(kallsyms) }
    if let steps = file("steps.txt") { try result.readSteps(steps) }
    var found = file("kallsyms") != nil
    for entry in files where entry.name.hasSuffix(".modules") {
      let stem = String(entry.name.dropLast(".modules".count))
      guard stem.first == "s", let step = UInt32(stem.dropFirst().prefix { $0.isNumber }),
        let modules = file(entry.name), let sections = file(stem + ".sections")
      else { continue }
      try result.readModules(modules, sections: sections, afterStep: step)
      found = true
    }
    guard found else {
      throw InputError(file: path, "holds no kallsyms and no sNN-name.modules with .sections")
    }
    return result
  }

  private func file(_ name: String) -> InputFile? {
    files.first { $0.name == name }.map { InputFile(bytes: $0.bytes, name: path + ":" + name) }
  }

  private static func isWanted(_ name: String) -> Bool {
    name == "kallsyms" || name == "steps.txt" || name.hasSuffix(".modules")
      || name.hasSuffix(".sections")
  }

  /// The wanted members of a POSIX tar archive.
  private static func tar(
    _ bytes: [UInt8], _ path: String
  ) throws(InputError) -> [(String, [UInt8])] {
    var files: [(String, [UInt8])] = []
    var at = 0
    while at + 512 <= bytes.count, bytes[at] != 0 {
      guard bytes[(at + 257)..<(at + 262)].elementsEqual("ustar".utf8) else {
        throw InputError(file: path, byte: UInt64(at), "no folder and no tar archive")
      }
      let name = String(decoding: bytes[at..<(at + 100)].prefix { $0 != 0 }, as: UTF8.self)
      let digits = bytes[(at + 124)..<(at + 136)].filter { (48...55).contains($0) }
      let size = digits.reduce(0) { $0 << 3 | Int($1 - 48) }
      guard size <= bytes.count - at - 512 else {
        throw InputError(file: path, byte: UInt64(at), "the archive ends within '\(name)'")
      }
      let last = name.split(separator: "/").last.map(String.init) ?? ""
      if isWanted(last) { files.append((last, Array(bytes[(at + 512)..<(at + 512 + size)]))) }
      at += 512 + (size + 511) / 512 * 512
    }
    guard at > 0 else { throw InputError(file: path, byte: 0, "no folder and no tar archive") }
    return files
  }
}
