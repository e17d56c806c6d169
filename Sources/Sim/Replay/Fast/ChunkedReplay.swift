extension RawReplay {
  static func chunked(
    _ addresses: UnsafeBufferPointer<UInt64>, levels: [TLBGeometry], pageSize: PageSize,
    _ portable: Bool, jobs: Int
  ) -> Counts {
    var pipeline = LRUPipeline(levels, pageSize: pageSize, portable: portable)
    pipeline.process(addresses)
    return pipeline.counts
  }
}
