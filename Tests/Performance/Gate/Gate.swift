import Sim

/// Runs one kernel of `kfrag bench` once, on one thread and without a command line around it, for
/// callgrind: gate REFERENCES [KERNEL]. Without a kernel it makes the trace only.
@main
struct Gate {
  // Safe: the addresses are lent for the length of the call.
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let count = arguments.first.flatMap({ Int($0) }), count > 0 else {
      print("gate REFERENCES [KERNEL]")
      return
    }
    var generator = AddressGenerator(.mix)
    let addresses = generator.block(count)
    guard let name = arguments.dropFirst().first else { return }
    guard let kernel = BenchKernel(rawValue: name) else {
      print("no kernel \(name)")
      return
    }
    print(try unsafe addresses.withUnsafeBufferPointer { try unsafe kernel.run($0) }.prefix(2))
  }
}
