private import Foundation

/// Reads a folder of kernel modules (`.ko`, packed or not) into a catalog.
public enum ModuleFolderReader {
  // Safe: `isFolder` is a variable of ours, lent for the call.
  /// Paths of the modules below `folder`, relative to it, sorted.
  /// - Throws: kind `missing` when there is no such folder.
  public static func paths(_ folder: String) throws(InputError) -> [String] {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw InputError(file: folder, kind: .missing, "no such file or directory")
    }
    guard isFolder.boolValue, let walker = FileManager.default.enumerator(atPath: folder) else {
      throw InputError(file: folder, "is no folder")
    }
    var paths: [String] = []
    for case let path as String in walker where moduleName(path) != nil {
      // A pipe or device of that name is no module, and opening it may never end.
      let whole = URL(filePath: folder).appending(path: path).resolvingSymlinksInPath()
      let values = try? whole.resourceValues(forKeys: [.isRegularFileKey, .isDirectoryKey])
      if values?.isRegularFile == true || values == nil { paths.append(path) }
    }
    guard !paths.isEmpty else { throw InputError(file: folder, "holds no .ko file") }
    return paths.sorted()
  }

  /// `drivers/net/e1000-core.ko.xz` is `e1000_core`; nil for other files.
  public static func moduleName(_ path: String) -> String? {
    let file = path.split(separator: "/").last ?? ""
    for ending in [".ko", ".ko.xz", ".ko.gz", ".ko.zst"] where file.hasSuffix(ending) {
      let name = file.dropLast(ending.count)
      return name.isEmpty ? nil : String(name.map { $0 == "-" ? "_" : $0 })
    }
    return nil
  }

  /// - Parameter progress: called with the number of files read and of all.
  /// - Throws: everything wrong with any file, and every dependency cycle, at once.
  public static func read(
    _ folder: String, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [(module: KernelModule, object: KernelObject, fileBytes: Int)] {
    let paths = try paths(folder)
    var problems: [Diagnostic] = []
    var found: [(module: KernelModule, object: KernelObject, fileBytes: Int)] = []
    var seen: [String: String] = [:]
    for (index, path) in paths.enumerated() {
      progress(index, paths.count)
      let file = folder + (folder.hasSuffix("/") ? "" : "/") + path
      guard let name = moduleName(path) else { continue }
      if let other = seen.updateValue(path, forKey: name) {
        problems.append(Diagnostic(file: file, "module '\(name)' is in \(other) too"))
      }
      do {
        let bytes = try InputFile.contents(file)
        let object = try KernelObject(bytes, file: file)
        var module = object.module(name: name, path: path)
        module.fileBytes = UInt64(bytes.count)
        found.append((module, object, bytes.count))
      } catch {
        problems += error.diagnostics
      }
    }
    problems += cycles(found.map(\.module), folder)
    guard problems.isEmpty else { throw InputError(problems) }
    return found
  }

  /// One diagnostic for each module that lies on a dependency cycle found from it.
  static func cycles(_ modules: [KernelModule], _ folder: String) -> [Diagnostic] {
    let catalog = ModuleCatalog(source: folder, modules: modules)
    var reported: Set<String> = []
    var problems: [Diagnostic] = []
    for module in modules where !reported.contains(module.name) {
      do throws(DependencyError) {
        _ = try catalog.loadOrder(of: module.name)
      } catch {
        guard case .cycle(let names) = error, names.contains(module.name) else { continue }
        reported.formUnion(names)
        problems.append(Diagnostic(file: folder, error.description))
      }
    }
    return problems
  }
}
