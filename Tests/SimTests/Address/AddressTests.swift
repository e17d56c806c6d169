import Sim
import Testing

@Suite("Sizes, pages and addresses mean what they say")
struct AddressTests {
  @Test(
    "sizes are read with binary units, underscores and hexadecimal",
    arguments: [
      ("4KiB", 4096), ("4K", 4096), ("2MiB", 2_097_152), ("2M", 2_097_152), ("1GiB", 1 << 30),
      ("16TiB", 1 << 44), ("100B", 100), ("0", 0), ("1_000", 1000), ("0x1000", 4096),
      ("64 KiB", 65536), ("0xffffffffc0203000", 0xffff_ffff_c020_3000),
    ] as [(String, UInt64)])
  func sizes(text: String, bytes: UInt64) { #expect(ByteCount(text)?.bytes == bytes) }

  @Test(
    "what is no size is refused, overflow included",
    arguments: [
      "", "K", "-1", "+1", "4 4", "1e3", "0x", "_1", "1_", "4kib", "0x1G", "18446744073709551616",
      "17179869184GiB", "16777216TiB",
    ])
  func notSizes(text: String) { #expect(ByteCount(text) == nil) }

  @Test("a size prints as the largest unit that divides it, and reads back")
  func printing() {
    #expect(ByteCount(12288).description == "12KiB")
    #expect(ByteCount(0).description == "0B")
    var random = Xoshiro(seed: 1)
    for _ in 0..<1000 {
      let size = ByteCount(random.next() >> UInt64(random.below(64)))
      #expect(ByteCount(size.description) == size)
    }
  }

  @Test("page sizes are the powers of two from 64 B to 16 GiB")
  func pageSizes() {
    for shift in 0..<40 {
      let size = PageSize(bytes: 1 << UInt64(shift))
      #expect((size != nil) == (6...34).contains(shift))
      if let size { #expect(PageSize(size.description) == size && size.bytes == 1 << shift) }
    }
    #expect(PageSize(bytes: 0) == nil)
    #expect(PageSize(bytes: 12288) == nil)
    #expect(PageSize("3K") == nil)
  }

  @Test("rounding and counting pages agree with division")
  func rounding() {
    var random = Xoshiro(seed: 2)
    for _ in 0..<2000 {
      let size = PageSize(shift: UInt8(6 + random.below(29)))
      let address = random.next() >> UInt64(2 + random.below(40))
      let remainder = address % size.bytes
      #expect(size.floor(address) == address - remainder)
      #expect(size.ceil(address) == (remainder == 0 ? address : address - remainder + size.bytes))
      #expect(size.number(address) == address / size.bytes)
      #expect(size.count(address) == (address + size.bytes - 1) / size.bytes)
    }
    #expect(PageSize.base4K.ceil(.max) == 0, "wraps at 2^64, as its comment says")
  }

  @Test("ranges are half open")
  func ranges() {
    let range = AddressRange(start: 0x1000, size: 0x2000)
    #expect(range.contains(0x1000) && range.contains(0x2fff) && !range.contains(0x3000))
    #expect(!range.overlaps(AddressRange(0x3000, 0x4000)))
    #expect(range.overlaps(AddressRange(0x2fff, 0x4000)))
    #expect(!range.overlaps(AddressRange(0, 0x1000)))
    #expect(AddressRange(5, 5).isEmpty)
    #expect(hex(0xffff_ffff_8100_0000) == "0xffffffff81000000" && hex(0) == "0x0")
    #expect(FrameNumber(3).advanced(by: 2).address == 0x5000)
  }
}
