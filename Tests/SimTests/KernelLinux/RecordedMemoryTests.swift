import Sim
import TestSupport
import Testing

/// The buddy model against a recorded page allocator: every block that leaves the zone's lists.
@Suite struct RecordedMemoryTests {
  static func check(_ rule: FallbackRule) throws -> LinuxMemoryCheck {
    let events = try MemoryEventReader.read(dataPath("linux/kmem-6.1-first80000.csv.xz"))
    let free = try MemoryEventReader.freeFrames(dataPath("linux/kmem-6.1-start.kpageflags.xz"))
    return LinuxMemoryCheck(events[...], free: free, rule: rule)
  }

  @Test func `once the unknown start is used up every frame of a recorded 6.1 zone is predicted`()
    throws
  {
    let check = try Self.check(.moveAlways)
    #expect(check.requests > 20_000)
    #expect(check.contradictions == 0)
    for tenth in check.tenths[5...] {
      #expect(tenth.requests > 500)
      #expect(tenth.exact == tenth.requests)
    }
    #expect(check.fallbacks == 9 && check.predictedFallbacks == 9)
    // The first fallbacks fall into the time the order of the lists is not known yet.
    #expect(check.sameFallbackFrames >= 8)
    #expect(Double(check.exactListPages) > 0.99 * Double(check.listRequests))
  }

  @Test func `malformed lines are named, 20 of them, and the others read`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "k.csv",
      "t_us,op,pfn,order,mt,comm\n1,A,zz,0,0,x\n2,Q,1,0,0,x\n3,A,1,11,0,x\n4,A,1,0,9,x\n5,A\n")
    do {
      _ = try MemoryEventReader.read(path)
      Issue.record("malformed lines were taken")
    } catch {
      #expect(error.diagnostics.map(\.line) == [2, 3, 4, 5, 6])
      #expect(error.diagnostics[2].message.contains("order from 0 to 10"))
    }
    let odd = try folder.write("flags", [1, 2, 3] as [UInt8])
    #expect(throws: InputError.self) { try MemoryEventReader.freeFrames(odd) }
  }
}
