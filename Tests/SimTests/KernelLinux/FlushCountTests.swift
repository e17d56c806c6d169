import Sim
import TestSupport
import Testing

@Suite("Full flushes of a load, of freeing its init memory and of an unload, by era")
struct FlushCountTests {
  private static func module(hasInit: Bool = true) -> KernelModule {
    var module = KernelModule(name: "m")
    module.license = "GPL"
    module.isSigned = true
    module.sections.text = 5000
    module.sections.rodata = 3000
    module.sections.roAfterInit = 40
    module.sections.data = 2000
    if hasInit {
      module.sections.initText = 100
      module.sections.initRodata = 50
      module.sections.initData = 4000
    }
    return module
  }

  // Five changes of permissions at a load; one area of init memory and one of the rest up to 6.3,
  // three and four from 6.4 on; from 6.15 text is made writable and executable again, two each
  // time it is filled or freed.
  @Test(
    "areas freed flush once each, text in the cache twice",
    arguments: [
      ("linux-5.10", 5 + 1, 1), ("linux-6.1", 5 + 1, 1), ("linux-6.4", 5 + 3, 4),
      ("linux-6.12", 5 + 3, 4), ("linux-6.15", 7 + 4, 5), ("linux-7.3", 7 + 4, 5),
      ("linux-2.6", 0, 0),
    ])
  func counts(system: String, load: Int, unload: Int) throws {
    let lab = try SystemLab(system, [Self.module()])
    #expect(try lab.run("1 insert m").map(\.flushes) == [load])
    #expect(lab.kernel.flushesPerReload == load + unload)
    #expect(try lab.run("9 list").map(\.flushes) == [0], "init memory is long gone")
    #expect(try lab.run("10 unload m").map(\.flushes) == [unload])
    #expect(lab.kernel.flushes == load + unload, "every flush is on some line")
  }

  @Test("a module without init memory flushes for none", arguments: ["linux-6.1", "linux-6.4"])
  func withoutInit(system: String) throws {
    let with = try SystemLab(system, [Self.module()])
    let without = try SystemLab(system, [Self.module(hasInit: false)])
    try with.run("1 insert m")
    try without.run("1 insert m")
    // Two changes of permissions of init text and rodata, and the areas freed.
    #expect(
      with.kernel.flushesPerReload - without.kernel.flushesPerReload
        == (system == "linux-6.1" ? 3 : 5))
  }
}
