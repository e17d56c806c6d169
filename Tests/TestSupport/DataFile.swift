import Sim

/// A file of `Tests/Data`, whole; packed ones unpacked.
public func dataText(_ path: String, from file: String = #filePath) throws -> String {
  try InputFile.text(dataPath(path, from: file))
}

/// Where a file of `Tests/Data` lies.
public func dataPath(_ path: String, from file: String = #filePath) -> String {
  var folders = file.split(separator: "/", omittingEmptySubsequences: false)
  while let last = folders.last, last != "Tests" { folders.removeLast() }
  return (folders + ["Data"]).joined(separator: "/") + "/" + path
}
