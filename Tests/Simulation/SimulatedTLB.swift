import Sim
import TestSupport

/// The machine of a simulation under the kernel's changing layout, beside the naive machine.
///
/// The kernel flushes what it unmaps. Whatever the engine counts must be what the naive machine
/// counts, and after a full flush the first reference to every page must walk.
struct SimulatedTLB {
  // Safe: the records are lent for the length of the call.
  private let engine: ReplayEngine
  private var naive: NaiveMachine
  private let modules: [String]
  private var binding = Binding()
  private var references: UInt64 = 0

  /// Sites: three offsets in each of text and data of every module, and of the base image.
  private static let kinds: [SectionKind] = [.text, .data, .image]
  private static let offsets: [UInt64] = [0, 4096, 70_000]

  init(_ plan: SimulationPlan, _ kernel: SimulatedKernel) throws {
    modules = plan.modules.map(\.name)
    binding = SimulatedTLB.binding(modules, kernel)
    var options = ReplayOptions(seed: plan.seed)
    options.forcesDetail = plan.forcesDetail
    engine = try ReplayEngine(machine: plan.machine, binding: binding, options: options)
    naive = NaiveMachine(plan.machine, seed: plan.seed)
  }

  private static func binding(_ modules: [String], _ kernel: SimulatedKernel) -> Binding {
    var binding = Binding()
    var known: [Translation: UInt32] = [:]
    func add(_ address: UInt64?) {
      let translation = address.flatMap { kernel.space.translation(at: $0) }
      binding.addressOfSite.append(address ?? 0)
      guard let translation else { return binding.translationOfSite.append(.max) }
      let next = UInt32(binding.translations.count)
      let index = known[translation] ?? next
      if index == next {
        known[translation] = next
        binding.translations.append(translation)
      }
      binding.translationOfSite.append(index)
    }
    for offset in offsets { add(kernel.image.range.lower + offset) }
    for name in modules {
      let image = kernel.image(of: name)
      for kind in kinds {
        let section = image?.pieces.lazy.flatMap(\.sections).first { $0.kind == kind }
        for offset in offsets {
          add(section.flatMap { $0.size > offset ? $0.address + offset : nil })
        }
      }
    }
    return binding
  }

  /// Takes the kernel's layout after an event, flushing what is mapped otherwise than before.
  mutating func follow(_ kernel: SimulatedKernel) throws {
    let next = SimulatedTLB.binding(modules, kernel)
    let now = Set(next.translations)
    for gone in binding.translations where !now.contains(gone) {
      flush(AddressRange(start: gone.virtualBase, size: gone.size.bytes))
    }
    binding = next
    try engine.rebind(binding)
  }

  private mutating func flush(_ range: AddressRange) {
    engine.flush(.range(range))
    naive.flush { name in
      let words = name.split(separator: " ")
      guard words.count == 3, let size = PageSize(String(words[1])), let number = UInt64(words[2])
      else { return false }
      let lower = number << UInt64(size.shift)
      return lower < range.upper && range.lower <= lower + (size.bytes - 1)
    }
  }

  /// Flushes everything; then the first reference to each page finds nothing.
  mutating func flushAll() throws(BrokenInvariant) {
    engine.flush(.all)
    naive.flush { _ in true }
    guard let site = binding.translationOfSite.firstIndex(where: { $0 != .max }) else { return }
    if binding.translations[Int(binding.translationOfSite[site])].isLocked { return }
    let before = engine.counters.walks
    try reference([ReferenceRecord(.fetch, site: UInt32(site))])
    guard engine.counters.walks == before + 1 else {
      throw BrokenInvariant("the TLB held a translation that had been flushed")
    }
  }

  /// Some references drawn from `draw`.
  mutating func references(_ draw: UInt64) throws(BrokenInvariant) {
    var random = Xoshiro(seed: draw)
    let sites = binding.translationOfSite.count
    let hot = random.below(sites)
    var records: [ReferenceRecord] = []
    for _ in 0..<(4 + random.below(12)) {
      let site = random.below(3) == 0 ? (hot + random.below(4)) % sites : random.below(sites)
      records.append(
        ReferenceRecord(
          AccessKind.allCases[random.below(3)], site: UInt32(site),
          count: 1 + UInt32(random.below(3))))
    }
    try reference(records)
  }

  private mutating func reference(_ records: [ReferenceRecord]) throws(BrokenInvariant) {
    unsafe records.withUnsafeBufferPointer { unsafe engine.process($0) }
    for record in records {
      references += UInt64(record.count)
      let site = Int(record.site)
      let translation = binding.translationOfSite[site]
      guard translation != .max else { continue }
      for _ in 0..<record.count {
        naive.reference(
          AccessKind.allCases[record.kindBits], binding.addressOfSite[site],
          binding.translations[Int(translation)])
      }
    }
    try compare()
  }

  private func compare() throws(BrokenInvariant) {
    let counters = engine.counters
    let counted = counters.fetches + counters.loads + counters.stores
    guard counted == references else {
      throw BrokenInvariant("\(references) references, \(counted) counted")
    }
    for (index, array) in counters.arrays.enumerated() {
      guard array.misses <= array.lookups, Int(array.lookups) == naive.lookups[index],
        Int(array.misses) == naive.misses[index]
      else {
        throw BrokenInvariant(
          "\(engine.machine.arrays[index].name) counts \(array.misses) misses of "
            + "\(array.lookups), the naive model \(naive.misses[index]) of \(naive.lookups[index])")
      }
    }
    guard Int(counters.walks) == naive.walks else {
      throw BrokenInvariant("\(counters.walks) walks, the naive model has \(naive.walks)")
    }
  }
}
