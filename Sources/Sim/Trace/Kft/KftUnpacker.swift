/// Turns the words of a chunk into records.
///
/// A word is kind (2), count, site (`siteBits`), from the top; a count of 0 says that the next word
/// is the count.
struct KftUnpacker {
  // Safe: words are read below their count and records written below the block's.
  private let siteBits: UInt32
  private let siteCount: UInt32
  private let siteMask: UInt32
  private let countMask: UInt32
  /// Words tried at once.
  private static let group = 64

  struct State {
    /// Words read so far.
    var word: Int
    /// References found, markers left out.
    var references: UInt64 = 0
    /// False when a word fits nothing, or the words end before the block is full.
    var isWhole = true
  }

  init(siteBits: UInt32, siteCount: UInt32) {
    self.siteBits = siteBits
    self.siteCount = siteCount
    siteMask = 1 &<< siteBits &- 1
    countMask = 1 &<< (30 &- siteBits) &- 1
  }

  /// Fills `block` from word `from` on.
  func unpack(
    _ words: UnsafeBufferPointer<UInt32>, from: Int,
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) -> State {
    var state = State(word: from)
    guard let input = words.baseAddress, let output = block.baseAddress else { return state }
    let group = KftUnpacker.group
    var done = 0
    while done < block.count, state.isWhole {
      let isRoomy = block.count - done >= group && words.count - state.word >= group
      if isRoomy, let found = unsafe unpackGroup(input + state.word, output + done) {
        state.references &+= found
        state.word &+= group
        done &+= group
        continue
      }
      let end = min(done + group, block.count)
      while done < end, state.isWhole {
        unsafe unpackOne(words, &state, output + done)
        done &+= 1
      }
    }
    return state
  }

  /// A group of words that each are a whole record, without a branch among them: vector code on
  /// every CPU. Returns its references; nil when a word is none such.
  private func unpackGroup(
    _ words: UnsafePointer<UInt32>, _ block: UnsafeMutablePointer<ReferenceRecord>
  ) -> UInt64? {
    // The top bit tells: of a site beyond the last, of a count of 0, of a marker.
    var misfits: UInt32 = 0
    let last = siteCount &- 1
    var references: UInt64 = 0
    for index in 0..<KftUnpacker.group {
      let word = unsafe UInt32(littleEndian: words[index])
      let site = word & siteMask
      let count = (word &>> siteBits) & countMask
      misfits |= (last &- site) | (count &- 1) | (word & word &<< 1)
      references &+= UInt64(count)
      unsafe block[index] = ReferenceRecord(
        rawValue: UInt64(word &>> 30) &<< 62 | UInt64(count) &<< 32 | UInt64(site))
    }
    return misfits &>> 31 == 0 ? references : nil
  }

  @inline(__always)
  private func unpackOne(
    _ words: UnsafeBufferPointer<UInt32>, _ state: inout State,
    _ record: UnsafeMutablePointer<ReferenceRecord>
  ) {
    state.isWhole = false
    guard state.word < words.count else { return }
    let word = unsafe UInt32(littleEndian: words[state.word])
    let site = word & siteMask
    var count = (word &>> siteBits) & countMask
    state.word &+= 1
    if count == 0 {
      guard state.word < words.count else { return }
      count = unsafe UInt32(littleEndian: words[state.word])
      state.word &+= 1
      guard count < 1 << 30 else { return }
    }
    if word >= 0xc000_0000 {
      guard StreamMarker(rawValue: site) != nil else { return }
    } else {
      guard site < siteCount, count != 0 else { return }
      state.references &+= UInt64(count)
    }
    state.isWhole = true
    unsafe record.pointee = ReferenceRecord(
      rawValue: UInt64(word &>> 30) &<< 62 | UInt64(count) &<< 32 | UInt64(site))
  }
}
