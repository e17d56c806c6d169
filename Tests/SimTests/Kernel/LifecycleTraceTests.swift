import Sim
import Testing

@Suite("Load and unload traces are read line by line, faults at their place")
struct LifecycleTraceTests {
  static let forms = [
    VerbForm("modprobe", .load), VerbForm("rmmod", .unload), VerbForm("sc start", .load),
  ]

  func read(_ text: String) throws(InputError) -> [LifecycleEvent] {
    try LifecycleTrace(text: text, file: "t", forms: Self.forms, extensions: [".ko", ".ko.xz"])
      .events
  }

  func problems(_ text: String) -> [String] { diagnostics { _ = try read(text) } }

  static let good = """
    # time verb module [key=value …]
    0.000  boot    initrd=virtio_blk,ext4

    1.250  load    nf_tables
    1.300  load    zfs        license=CDDL signed=no
    9.000  unload  nf_tables   # gone
    9.100  set     modules_disabled=1
    9.200  run     references=2_000_000
    """

  @Test("the contract's own trace")
  func contract() throws {
    let events = try read(Self.good)
    #expect(events.map(\.verb) == [.boot, .load, .load, .unload, .set, .run])
    #expect(events.map(\.line) == [2, 4, 5, 6, 7, 8])
    #expect(events.map(\.time) == [0, 1.25, 1.3, 9, 9.1, 9.2])
    #expect(events.map(\.module) == ["", "nf_tables", "zfs", "nf_tables", "", ""])
    #expect(events[0]["initrd"] == "virtio_blk,ext4")
    #expect(events[2]["license"] == "CDDL" && events[2].flag("signed") == false)
    #expect(events[5]["references"] == "2_000_000")
    #expect(events[3].attributes.isEmpty, "the comment is no argument")
  }

  @Test("CR LF line ends, tabs and a missing last line end change nothing")
  func lineEnds() throws {
    let plain = try read(Self.good)
    #expect(try read(Self.good.replacing("\n", with: "\r\n") + "\r\n") == plain)
    #expect(try read(Self.good.replacing("  load", with: "\tload\t")) == plain)
  }

  @Test("the system's own verbs, two-word ones, flags, paths and endings")
  func verbs() throws {
    let events = try read(
      """
      1 modprobe ext4
      rmmod ext4
      sc start http
      2 insert -f /lib/modules/extra/zfs.ko.xz debug=1
      """)
    #expect(events.map(\.verb) == [.load, .unload, .load, .insert])
    #expect(events.map(\.word) == ["modprobe", "rmmod", "sc start", "insert"])
    #expect(events.map(\.module) == ["ext4", "ext4", "http", "zfs"])
    #expect(
      events.map(\.time) == [1, 1, 1, 2], "a line without a time happens with the one before")
    #expect(events[3].flag("-f") == true && events[3]["debug"] == "1")
  }

  @Test("all bad lines are reported at once, each with line and column")
  func badLines() {
    #expect(
      problems("5 load a\n4 load b\n6 laod c\n  7 load\n8\n9 set\n-1 load d\nnan load e\n") == [
        "t:2:1: error: time 4 is before 5.0; times must not decrease",
        "t:3:1: error: unknown verb 'laod'; did you mean 'load'?",
        "t:4:3: error: 'load' wants a module",
        "t:5:1: error: the line has a time and no verb",
        "t:6:1: error: 'set' wants NAME=VALUE",
        "t:7:1: error: time -1 is before 9.0; times must not decrease",
        "t:8:1: error: time nan is before 9.0; times must not decrease",
      ])
  }

  @Test("a trace of comments alone has no event")
  func empty() {
    #expect(problems("# nothing\n\n") == ["t:1: error: the trace has no event"])
    #expect(problems("") == ["t:1: error: the trace has no event"])
  }
}
