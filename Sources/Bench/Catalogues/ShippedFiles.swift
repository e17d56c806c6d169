import Foundation
import Sim

/// Files that come with kfrag and are not inside it: scenarios, catalogs of modules.
enum ShippedFiles {
  // Safe: `isFolder` is lent for the length of the call.
  /// The first folder called `Scenarios`, or `share/kfrag/Scenarios` as installed, from here
  /// upwards, then from the program upwards.
  static func folder(
    from starts: [String] = [
      FileManager.default.currentDirectoryPath, Bundle.main.bundlePath,
    ]
  ) -> URL? {
    for start in starts {
      var folder = URL(filePath: start, directoryHint: .isDirectory).standardizedFileURL
      for _ in 0..<8 {
        for name in ["Scenarios", "share/kfrag/Scenarios"] {
          let candidate = folder.appending(path: name)
          var isFolder: ObjCBool = false
          if unsafe FileManager.default.fileExists(
            atPath: candidate.path(), isDirectory: &isFolder),
            isFolder.boolValue
          {
            return candidate
          }
        }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }

  /// The catalog a Linux system's modules are looked up in when none is named: Debian's, of the
  /// nearest kernel and the same architecture. Nil for other systems, or where none came along.
  static func catalog(for profile: SystemProfile) -> String? {
    guard profile.family == .linux, let folder = folder() else { return nil }
    let name =
      switch (profile.arch, profile.released) {
      case ("arm64", _): "debian-6.12.117-arm64-modules.csv.xz"
      case (_, ..<2024): "debian-6.1.192-amd64-modules.csv"
      default: "debian-6.12.117-amd64-modules.csv.xz"
      }
    let path = folder.appending(path: "data/\(name)").path()
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}
