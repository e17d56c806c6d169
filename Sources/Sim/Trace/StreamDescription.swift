/// A named part of a stream.
public struct StreamStep: Hashable, Sendable {
  public let number: UInt32
  public let name: String

  public init(_ number: UInt32, _ name: String) {
    self.number = number
    self.name = name
  }
}

/// References that name no section of an object file, counted under one name.
public struct Unattributed: Hashable, Sendable {
  public let name: String
  public let pages: Int
  /// References to those pages over the whole recording; 0 when the recording has no totals.
  public let references: UInt64

  public init(name: String, pages: Int, references: UInt64) {
    self.name = name
    self.pages = pages
    self.references = references
  }
}

/// All that is known of a stream beside its records.
public struct StreamDescription: Sendable {
  public var table: SiteTable
  /// Where every site lay, and on which page, while the stream was recorded.
  public var recorded: Binding?
  /// Steps in the order of their numbers.
  public var steps: [StreamStep] = []
  /// What could not be brought to a section of an object, by name.
  public var unattributed: [Unattributed] = []
  /// Accesses of an address trace that touched two pages or more, each one reference a page here.
  /// Known only while the trace itself is read.
  public var crossings: UInt64 = 0
  /// LRU filter the stream was stripped with, when it was.
  public var filter: StripFilter?

  public init(table: SiteTable, recorded: Binding? = nil) {
    self.table = table
    self.recorded = recorded
  }
}

/// A source that can describe its stream.
public protocol DescribedSource: ReferenceSource {
  var description: StreamDescription { get }
}

extension DescribedSource {
  public var table: SiteTable { description.table }
}

extension Binding {
  /// A binding with one translation a site; equal translations become one.
  public init(addresses: [UInt64], translations: [Translation]) {
    let order = addresses.indices.sorted {
      let (a, b) = (translations[$0], translations[$1])
      return (a.virtualBase, a.size, $0) < (b.virtualBase, b.size, $1)
    }
    self.init(
      translationOfSite: Array(repeating: 0, count: addresses.count), addressOfSite: addresses)
    for site in order {
      if self.translations.last != translations[site] {
        self.translations.append(translations[site])
      }
      translationOfSite[site] = UInt32(self.translations.count - 1)
    }
  }
}
