/// How memory is touched.
public enum AccessKind: UInt8, CaseIterable, Sendable { case fetch, load, store }
