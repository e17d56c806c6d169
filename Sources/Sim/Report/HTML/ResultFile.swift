private import Foundation

/// A result some command wrote as JSON, read back and checked to be whole and of a known shape.
public struct ResultFile: Sendable {
  // Safe: `isFolder` is a variable of ours, lent for the call.
  /// The path it was read from.
  public var path: String
  /// `compare`, `layout`, `curve`, ….
  public var kind: String
  public var json: JSONValue

  /// True when the members are still those the digest of the manifest was taken of; nil when
  /// there is no digest.
  public var agreesWithDigest: Bool? {
    guard let object = json.object, let stated = json["manifest"]?["digest"]?.string else {
      return nil
    }
    return stated == Manifest.digest(of: object)
  }

  /// How many files of a folder are read at most.
  public static let folderLimit = 20_000

  /// Reads results: files as named, and of a folder every `.json` below it, by path.
  /// - Throws: when one is missing, truncated, no result, or of a newer shape than this build's.
  public static func read(_ paths: [String]) throws(InputError) -> [ResultFile] {
    var results: [ResultFile] = []
    for path in paths {
      var isFolder: ObjCBool = false
      if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        isFolder.boolValue
      {
        let found = try folder(path)
        if found.isEmpty { throw InputError(file: path, "holds no results (no .json of kfrag's)") }
        results += found
      } else {
        results.append(try file(path))
      }
    }
    return results
  }

  /// One result.
  public static func file(_ path: String) throws(InputError) -> ResultFile {
    let bytes = try InputFile.contents(path, limit: 1 << 28)
    guard !bytes.isEmpty else { throw InputError(file: path, "the file is empty") }
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes, file: path)
    } catch {
      throw InputError(
        error.diagnostics + [
          Diagnostic(file: path, "not a whole result; was its writing interrupted?")
        ])
    }
    return try checked(json, path: path)
  }

  /// A parsed result. - Throws: when it is none or of a newer shape.
  public static func checked(_ json: JSONValue, path: String) throws(InputError) -> ResultFile {
    guard let version = json["schemaVersion"]?.int, let kind = json["kind"]?.string else {
      throw InputError(
        file: path, "not a result of kfrag: it has no 'schemaVersion' and 'kind'; see --json")
    }
    guard version <= ReportDocument.schemaVersion else {
      throw InputError(
        file: path,
        "written by a newer kfrag: schema \(version), this one reads to "
          + "\(ReportDocument.schemaVersion)")
    }
    return ResultFile(path: path, kind: kind, json: json)
  }

  /// Every result below a folder; JSON files that are none of ours, such as a job's state, are
  /// passed over, broken ones are not. Of a sweep's `points`, only those its `points.csv` lists:
  /// others are left over from a plan since changed.
  private static func folder(_ path: String) throws(InputError) -> [ResultFile] {
    let names = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".json") && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
      .sorted()
    guard names.count <= folderLimit else {
      throw InputError(
        file: path, "holds \(names.count) .json files; at most \(folderLimit) fit a report")
    }
    let stale = try StalePoints(folder: path)
    var results: [ResultFile] = []
    for name in names where !(try stale.holds(name)) {
      let file = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      let bytes = try InputFile.contents(file, limit: 1 << 28)
      let json: JSONValue
      do { json = try JSONValue(parsing: bytes, file: file) } catch {
        throw InputError(
          error.diagnostics + [
            Diagnostic(file: file, "not a whole result; was its writing interrupted?")
          ])
      }
      guard json["schemaVersion"] != nil, json["kind"] != nil else { continue }
      results.append(try checked(json, path: file))
    }
    return results
  }
}
