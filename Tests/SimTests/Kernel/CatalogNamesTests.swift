import Testing

@testable import Sim

@Suite("Module names")
struct CatalogNamesTests {
  @Test("a dependency written with a hyphen is the module the kernel lists with an underscore")
  func hyphensAreUnderscores() throws {
    let text = "module,text,depends\nsnd_timer,100,\nsnd_pcm,100,snd-timer\n"
    let catalog = try CatalogReader.read(text, file: "c.csv")
    #expect(catalog["snd_pcm"]?.dependencies == ["snd_timer"])
    #expect(try catalog.loadOrder(of: "snd-pcm").map(\.name) == ["snd_timer", "snd_pcm"])
  }

  @Test("a name no module has stays as it was written")
  func unknownNamesStay() throws {
    let catalog = try CatalogReader.read("module,text,depends\na,1,b-c\n", file: "c.csv")
    #expect(catalog["a"]?.dependencies == ["b-c"])
  }
}
