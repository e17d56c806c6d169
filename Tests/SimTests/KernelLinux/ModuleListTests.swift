import Sim
import TestSupport
import Testing

@Suite struct ModuleListTests {
  /// One module of that name, with some per-CPU bytes.
  private func live(_ name: String, _ bytes: UInt64) -> LinuxLiveModule {
    var module = KernelModule(name: name)
    module.sections.perCPU = bytes
    return LinuxLiveModule(LinuxModuleFacts(module))
  }

  @Test func `the list of modules is an array that finds names, whatever comes and goes`() {
    var random = Seed(7).stream("modules").generator()
    var list: LinuxModuleList = []
    var naive: [LinuxLiveModule] = []
    for step in 0..<4000 {
      let name = "m\(random.below(300))"
      switch random.below(5) {
      case 0, 1, 2:
        guard list[name] == nil else { continue }
        let module = live(name, UInt64(random.below(100)))
        list.append(module)
        naive.append(module)
      case 3:
        list.remove(name)
        naive.removeAll { $0.facts.name == name }
      default:
        list.setReferences(of: name, to: step)
        for at in naive.indices where naive[at].facts.name == name { naive[at].references = step }
      }
      #expect(list[name] == naive.first { $0.facts.name == name })
      #expect(list.perCPUBytes == naive.reduce(0) { $0 + $1.facts.perCPUBytes })
      if step % 100 == 0 { #expect(Array(list) == naive) }
    }
    #expect(Array(list) == naive && naive.count > 50)
    var again: LinuxModuleList = []
    for module in naive { again.append(module) }
    #expect(again == list && again.hashValue == list.hashValue)
  }
}
