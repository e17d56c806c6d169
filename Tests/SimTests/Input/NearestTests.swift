import Sim
import Testing

@Suite("The nearest word")
struct NearestTests {
  /// Edits between two words by the definition, without a table or a limit.
  private func edits(_ a: Substring, _ b: Substring) -> Int {
    guard let first = a.first, let other = b.first else { return max(a.count, b.count) }
    if first == other { return edits(a.dropFirst(), b.dropFirst()) }
    return 1
      + min(
        edits(a.dropFirst(), b), edits(a, b.dropFirst()), edits(a.dropFirst(), b.dropFirst()))
  }

  @Test("it is the least of all distances, first by name, or none", arguments: 1...20)
  func isTheLeast(seed: UInt64) {
    var random = Xoshiro(seed: seed)
    let letters: [Character] = ["a", "b", "c", "A"]
    func word() -> String {
      String((0...random.below(6)).map { _ in letters[random.below(letters.count)] })
    }
    for _ in 0..<20 {
      let target = word()
      let candidates = (0..<5).map { _ in word() }
      let limit = max(2, target.count / 3)
      let scored = candidates.map { (edits(target.lowercased()[...], $0.lowercased()[...]), $0) }
      let best = scored.min { $0 < $1 }.flatMap { $0.0 <= limit ? $0.1 : nil }
      #expect(nearest(target, in: candidates) == best, "seed \(seed): \(target) in \(candidates)")
    }
  }

  @Test("words far longer than any candidate have none")
  func tooLong() {
    #expect(nearest(String(repeating: "x", count: 1000), in: ["x", "xx"]) == nil)
    #expect(nearest("ext4", in: []) == nil)
  }
}
