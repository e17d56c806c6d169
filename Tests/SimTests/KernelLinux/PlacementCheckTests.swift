import Sim
import TestSupport
import Testing

@Suite struct PlacementCheckTests {
  static func check(_ log: String, seeds: String) throws -> LinuxPlacementCheck {
    let profile = try ProfileCatalog.profile(log.contains("6.12") ? "linux-6.12" : "linux-6.1")
    let arena = try #require(profile.arena("modules"))
    let areas = try VmallocInfoReader.read(dataText("linux/\(seeds)"), file: seeds)
    let events = try PlacementEventReader.read(dataText("linux/\(log)"), file: log)
    return LinuxPlacementCheck(
      events, arena: arena, basePage: .base4K, seeds: areas.map(\.range))
  }

  @Test func `all 5,024 recorded addresses of a 6.1 kernel are predicted`() throws {
    let check = try Self.check("placement-6.1.csv.xz", seeds: "seed-6.1.vmallocinfo")
    #expect(check.allocations == 5024)
    #expect(check.exact == 5024)
    #expect(check.misses.isEmpty)
    // One size the log got wrong, one free it noted too early.
    #expect(check.exactAsLogged == 5023)
    #expect(check.corrections.map(\.line).sorted() == [237, 5373])
    #expect(check.corrections.contains { $0.what.contains("nhc_udp's load line says 20480") })
  }

  @Test func `all recorded addresses of a 6.12 kernel are predicted from the log alone`() throws {
    let check = try Self.check(
      "placement-6.12-first1500.csv.xz", seeds: "seed-6.12.vmallocinfo")
    #expect(check.allocations == 957)
    #expect(check.exactAsLogged == 957)
    #expect(check.corrections.isEmpty)
  }

  @Test func `the catalog's section sizes give every field of all 2,491 recorded loads`() throws {
    let profile = try ProfileCatalog.profile("linux-6.1")
    let file = dataPath("../../Scenarios/data/debian-6.1.192-amd64-modules.csv")
    let catalog = try CatalogReader.read(InputFile.text(file), file: file)
    let events = try PlacementEventReader.read(
      dataText("linux/placement-6.1.csv.xz"), file: "log")
    let sizes = LinuxLoadFields.compare(events, with: catalog, profile)
    #expect(sizes.loads == 2491)
    #expect(sizes.exact == 2491, "\(sizes.misses.prefix(3))")
    #expect(sizes.unknown == 0)
  }

  @Test func `the seven areas of 6.12 have the sizes of all 177 recorded loads`() throws {
    let profile = try ProfileCatalog.profile("linux-6.12")
    let file = dataPath("../../Scenarios/data/debian-6.12.117-amd64-modules.csv.xz")
    let catalog = try CatalogReader.read(InputFile.text(file), file: file)
    let events = try PlacementEventReader.read(
      dataText("linux/placement-6.12-first1500.csv.xz"), file: "log")
    let sizes = LinuxLoadFields.compare(events, with: catalog, profile)
    #expect(sizes.loads == 177)
    #expect(sizes.exact == 177, "\(sizes.misses.prefix(3))")
  }

  @Test func `without the areas live before it the same log misses`() throws {
    let profile = try ProfileCatalog.profile("linux-6.1")
    let arena = try #require(profile.arena("modules"))
    let events = try PlacementEventReader.read(
      dataText("linux/placement-6.12-first1500.csv.xz"), file: "log")
    let check = LinuxPlacementCheck(events, arena: arena, basePage: .base4K, seeds: [])
    #expect(check.exact < check.allocations)
    #expect(check.misses.first?.why.contains("passed over") == true)
  }

  @Test func `one wrong address is one miss`() throws {
    let base: UInt64 = 0xffff_ffff_c000_0000
    func line(_ time: Int, _ offset: UInt64) -> String {
      "\(time),alloc,\(String(base + offset, radix: 16)),4096,,load_module"
    }
    let text = [
      PlacementLog.header, line(1000, 0), line(2000, 0x9000), line(3000, 0x2000),
      line(4000, 0x4000),
    ].joined(separator: "\n")
    let events = try PlacementEventReader.read(text, file: "log")
    let arena = try #require(ProfileCatalog.profile("linux-6.1").arena("modules"))
    let check = LinuxPlacementCheck(events, arena: arena, basePage: .base4K, seeds: [])
    #expect(check.allocations == 4)
    #expect(check.misses.map(\.line) == [3])
    #expect(check.misses.first?.predicted == base + 0x2000)
  }
}

enum PlacementLog {
  static let header = "t_us,event,addr,size,name,detail"
}

@Suite struct PlacementReaderTests {
  @Test func `every malformed line is named and the rest still read`() {
    let text = """
      \(PlacementLog.header)
      12,alloc,ffffffffc0203000,20480,,load_module
      x,alloc,ffffffffc0203000,20480,,load_module
      13,alloc,zz,20480,,load_module
      14,alloc,ffffffffc0203000,-1,,load_module
      15,allok,ffffffffc0203000,4096,,load_module
      16,load,,,ext4,csize=
      17,free
      18,alloc,fffffffffffff000,4096,,load_module
      """
    do {
      _ = try PlacementEventReader.read(text, file: "log.csv")
      Issue.record("malformed lines were taken")
    } catch {
      #expect(error.diagnostics.map(\.line) == [3, 4, 5, 6, 7, 8, 9])
      #expect(error.description.contains("log.csv:6:4: error: unknown event 'allok'; did you mean"))
    }
  }

  @Test(arguments: ["", "\n", "t_us,event\n1,mark,,,a,", "\u{0}\u{1}"])
  func `no log at all is an error`(_ text: String) {
    #expect(throws: InputError.self) { try PlacementEventReader.read(text, file: "log") }
  }

  @Test func `vmallocinfo keeps guard, caller and pages and refuses hashed addresses`() throws {
    let text = """
      0xffffffffc0000000-0xffffffffc0201000 2101248 bpf_prog_pack_alloc+0x292/0x3b0 pages=512 vmalloc N0=512
      0xffffc900006b0000-0xffffc900006b5000   20480 unpurged vm_area
      """
    let areas = try VmallocInfoReader.read(text, file: "v")
    #expect(areas[0].range == AddressRange(start: 0xffff_ffff_c000_0000, size: 2_101_248))
    #expect(areas[0].caller == "bpf_prog_pack_alloc")
    #expect(areas[0].pages == 512)
    #expect(areas[1].isUnpurged)
    let hashed = "0x0000000001cce14d-0x00000000587b6663   20480 irq_init+0xca/0x100 vmap\nrubbish"
    do {
      _ = try VmallocInfoReader.read(hashed, file: "v")
      Issue.record("hashed addresses were taken")
    } catch {
      #expect(error.diagnostics.count == 2)
      #expect(error.description.contains("kptr_restrict"))
    }
  }
}
