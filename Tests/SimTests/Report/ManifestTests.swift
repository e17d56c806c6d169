import Foundation
import Sim
import Testing

@Suite("Manifest")
struct ManifestTests {
  @Test("SHA-256 of the published vectors (FIPS 180-2), in memory and from a file")
  func vectors() throws {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(SHA256Digest.hex("abc") == abc)
    #expect(SHA256Digest.hex("") == empty)
    let path = NSTemporaryDirectory() + "kfrag-sha-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), to: path)
    let file = try SHA256Digest.file(path)
    #expect(file.hex == million && file.bytes == 1_000_000)
  }

  @Test("the command keeps what decides the answer and drops what does not")
  func command() {
    let manifest = Manifest(command: [
      "compare", "s.yaml", "--jobs", "8", "--json", "--seed", "7", "-o", "out.json", "--jobs=2",
      "--no-progress",
    ])
    #expect(manifest.command == ["compare", "s.yaml", "--seed", "7"])
  }

  @Test("the digest follows the content and nothing else")
  func digest() {
    let members: [String: JSONValue] = ["arms": [1, 2]]
    var more = members
    more["manifest"] = ["host": "x"]
    more["kind"] = "compare"
    #expect(Manifest.digest(of: members) == Manifest.digest(of: more))
    #expect(Manifest.digest(of: members) != Manifest.digest(of: ["arms": [1, 3]]))
  }

  @Test("presets count their evidence labels, inputs their bytes")
  func presets() throws {
    var manifest = Manifest(command: ["compare"])
    let machine = try MachineCatalog.machine("intel-skylake")
    let text = try MachineCatalog.text(of: machine.id)
    manifest.add("machine", machine.id, text: text, described: machine)
    manifest.add("machine", machine.id, text: text, described: machine)
    let json = manifest.json(of: [:])
    #expect(json["presets"]?.array?.count == 1)
    let evidence = try #require(json["presets"]?[0]?["evidence"]?.object)
    #expect(!evidence.isEmpty)
    #expect(evidence.keys.allSatisfy { Evidence(rawValue: $0) != nil })
    #expect(json["presets"]?[0]?["sha256"]?.string == SHA256Digest.hex(text))
    #expect(json["host"] == nil)
    #expect(throws: InputError.self) { try manifest.read(["/no/such/file"]) }
  }
}
