import Sim
import TestSupport
import Testing

@Suite struct MemoryFileTests {
  /// Snapshot of a 6.1 kernel's four files at one moment.
  @Test func `a recorded kernel's files are reproduced byte for byte from its free lists`() throws {
    let text = try dataText("linux/f90-end.pagetypeinfo")
    let zones = try MemoryFileReader.pagetypeinfo(text, file: "pagetypeinfo")
    #expect(ZoneReport.pagetypeinfo(zones) == text)
    let buddy = try dataText("linux/f90-end.buddyinfo")
    let read = try MemoryFileReader.buddyinfo(buddy, file: "buddyinfo")
    let reports = read.map { zone in
      ZoneReport(
        node: zone.node, zone: zone.zone,
        counts: [zone.counts] + Array(repeating: FreeCounts([]), count: 4), pageblocks: [])
    }
    #expect(reports.map(\.buddyinfo).joined() == buddy)
    // The index files were read a moment later: the busy zone had moved on by then.
    let unusable = try dataText("linux/f90-end.unusable_index")
    #expect(unusable.hasPrefix(reports[0].unusableIndex))
    #expect(unusable.utf8.count == reports.map(\.unusableIndex).joined().utf8.count)
    let extfrag = try dataText("linux/f90-end.extfrag_index")
    #expect(reports.map(\.extfragIndex).joined() == extfrag)
  }

  @Test func `malformed lines of buddyinfo are named and the others read`() {
    let text = """
      Node 0, zone      DMA      0      1
      Node 0, zone    DMA32      x      1
      rubbish
      Node 0, zone   Normal   1 2 3 4 5 6 7 8 9 10 11 12
      Node 0, zone   Normal   99999999999999999999
      """
    do {
      _ = try MemoryFileReader.buddyinfo(text, file: "b")
      Issue.record("malformed lines were taken")
    } catch { #expect(error.diagnostics.map(\.line) == [2, 3, 4, 5]) }
    #expect(throws: InputError.self) { try MemoryFileReader.buddyinfo("", file: "b") }
    #expect(throws: InputError.self) { try MemoryFileReader.pagetypeinfo("Node 0", file: "b") }
  }

  @Test func `ftrace events are read with commands that hold blanks`() throws {
    let text = try dataText("linux/ftrace-6.1-head.txt")
    let events = try FtraceReader.read(text, file: "trace")
    #expect(events.count == 26)
    #expect(events.first?.kind == .moduleRequest(name: "crypto-hmac(sha256)", waits: true))
    #expect(
      events.contains { $0.kind == .moduleLoad(name: "acpi_cpufreq", taints: "") })
    #expect(events.contains { $0.kind == .modulePut(name: "button", references: 1) })
    let lifecycle = FtraceReader.lifecycle(events)
    #expect(lifecycle.prefix(3).map(\.word) == ["module_load", "module_free", "module_load"])
    let kmem = "  my prog-7 [001] d..1. 3.5: mm_page_alloc: page=0x1 pfn=0x12 order=3 migratetype=1"
    let page = try FtraceReader.read(kmem, file: "t")
    #expect(
      page.map(\.kind) == [.pageAlloc(frame: FrameNumber(0x12), order: 3, type: .movable)])
  }

  @Test func `an ftrace line cut in half is named and the rest still read`() {
    let text = """
      a-1 [000] ..... 1.0: module_load: x O
      a-1 [000] ..... 1.1: module_get: x call_si
      a-1 [000] ..
      a-1 [000] ..... 1.2:
      a-1 [000] ..... 1.3: mm_page_free: page=0 pfn=zz order=0
      """
    do {
      _ = try FtraceReader.read(text, file: "t")
      Issue.record("cut lines were taken")
    } catch { #expect(error.diagnostics.map(\.line) == [2, 3, 4, 5]) }
  }

  @Test func `modules.dep gives names and what they need`() throws {
    let text = """
      kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz
      kernel/fs/mbcache.ko.xz:
      """
    let entries = try ModulesDepReader.read(text, file: "modules.dep")
    #expect(entries.map(\.name) == ["ext4", "mbcache"])
    #expect(entries[0].needs == ["crc16", "mbcache"])
    let bad = "kernel/a.ko: kernel/a.ko\nkernel/b.txt:\nkernel/a.ko:\n"
    do {
      _ = try ModulesDepReader.read(bad, file: "modules.dep")
      Issue.record("malformed lines were taken")
    } catch { #expect(error.diagnostics.map(\.line) == [1, 2, 3]) }
  }

  @Test func `three real machines' modules need 758, 3572 and 8364 base pages`() throws {
    for (file, pages) in [
      ("lsmod-htpc-2011-ubuntu.txt", 758), ("lsmod-debian12-6.1-host.txt", 3572),
      ("lsmod-debian-6.6plus-k8s-zfs-server.txt", 8364),
    ] {
      let path = dataPath("../../Scenarios/data/\(file)")
      let set = try LoadedSet(text: InputFile.text(path), file: file)
      let counted = set.modules.reduce(0) { $0 + Int(PageSize.base4K.count($1.size)) }
      #expect(counted == pages, "\(file)")
    }
  }

  @Test func `check tells the kernel's own files by their content`() throws {
    let folder = Debian12.path("Tests/Data/linux")
    for (name, kind) in [
      ("f90-end.buddyinfo", InputKind.buddyInfo), ("f90-end.pagetypeinfo", .pagetypeInfo),
      ("ftrace-6.1-head.txt", .ftrace), ("seed-6.1.vmallocinfo", .vmallocInfo),
    ] {
      #expect(try InputCheck.check("\(folder)/\(name)") == kind, "\(name)")
    }
  }
}
