import CSQLite

/// One SQLite file with tables of results, written whole or not at all. Equal rows, equal bytes.
public struct SQLiteFile {
  // Safe: the database and each statement are closed where they were opened; SQLite copies what is
  // bound (SQLITE_TRANSIENT is the pointer -1), and the image is copied before it is freed.
  /// A table: column names, and rows of as many values.
  public struct Table: Sendable {
    public var name: String
    public var columns: [String]
    public var rows: [[JSONValue]]

    public init(name: String, columns: [String], rows: [[JSONValue]]) {
      self.name = name
      self.columns = columns
      self.rows = rows
    }
  }

  /// The bytes of a database that holds `tables`, built in memory.
  /// - Throws: `InputError` of kind `cannotWrite` with SQLite's own words.
  public static func bytes(_ tables: [Table], name: String) throws(InputError) -> [UInt8] {
    var handle: OpaquePointer?
    guard unsafe sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle = unsafe handle else {
      throw InputError(file: name, kind: .cannotWrite, "SQLite cannot open a database")
    }
    defer { unsafe sqlite3_close(handle) }
    let database = unsafe Database(handle: handle, name: name)
    try database.run("BEGIN")
    for table in tables { try database.write(table) }
    try database.run("COMMIT")
    var size: Int64 = 0
    guard let image = unsafe sqlite3_serialize(handle, "main", &size, 0) else {
      throw database.failure()
    }
    defer { unsafe sqlite3_free(image) }
    return unsafe Array(UnsafeBufferPointer(start: image, count: Int(size)))
  }

  /// `bytes`, at `path`.
  public static func write(_ tables: [Table], to path: String) throws(InputError) {
    try AtomicFile.write(bytes(tables, name: path), to: path)
  }

  @safe private struct Database {
    let handle: OpaquePointer
    let name: String

    func failure() -> InputError {
      let text = unsafe String(cString: sqlite3_errmsg(handle))
      return InputError(file: name, kind: .cannotWrite, "SQLite: \(text)")
    }

    func run(_ sql: String) throws(InputError) {
      guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    func write(_ table: Table) throws(InputError) {
      let columns = table.columns.map(quoted).joined(separator: ", ")
      try run("CREATE TABLE \(quoted(table.name)) (\(columns))")
      let marks = table.columns.map { _ in "?" }.joined(separator: ", ")
      var statement: OpaquePointer?
      let sql = "INSERT INTO \(quoted(table.name)) VALUES (\(marks))"
      guard unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK,
        let statement = unsafe statement
      else {
        throw failure()
      }
      defer { unsafe sqlite3_finalize(statement) }
      for row in table.rows {
        for (index, value) in row.enumerated() {
          try unsafe bind(value, statement, Int32(index + 1))
        }
        guard unsafe sqlite3_step(statement) == SQLITE_DONE,
          unsafe sqlite3_reset(statement) == SQLITE_OK
        else { throw failure() }
      }
    }

    private func quoted(_ name: String) -> String {
      "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
    }

    private func bind(
      _ value: JSONValue, _ statement: OpaquePointer, _ column: Int32
    ) throws(InputError) {
      // SQLITE_TRANSIENT: the text is copied.
      let copies = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      let status: Int32
      switch value {
      case .null: status = unsafe sqlite3_bind_null(statement, column)
      case .bool(let flag): status = unsafe sqlite3_bind_int64(statement, column, flag ? 1 : 0)
      case .integer(let number): status = unsafe sqlite3_bind_int64(statement, column, number)
      case .number(let number): status = unsafe sqlite3_bind_double(statement, column, number)
      default:
        status = unsafe sqlite3_bind_text(statement, column, CSVTable.field(value), -1, copies)
      }
      guard status == SQLITE_OK else { throw failure() }
    }
  }
}
