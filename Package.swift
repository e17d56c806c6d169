// swift-tools-version: 6.2
// kfrag: what loading kernel modules costs in TLB misses, compared with linking them in.
import PackageDescription

/// In CI a warning is an error.
let warnings: [SwiftSetting] =
  Context.environment["KFRAG_CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// Settings every target shares. No unsafe flags: a source build adds `-Xcc -march=native`
/// through `make`; a packaged binary picks its kernels at run time.
let strict: [SwiftSetting] =
  warnings + [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

/// Outside the test suites all that is unsafe is marked, and says why it is right.
let safe = strict + [.strictMemorySafety()]

let package = Package(
  name: "kfrag",
  products: [
    .library(name: "Sim", targets: ["Sim"]),
    .executable(name: "kfrag", targets: ["Bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
    .target(name: "CLanes"),
    .target(name: "CLoops"),
    .executableTarget(name: "EmbedData", swiftSettings: safe),
    .plugin(name: "EmbedPlugin", capability: .buildTool(), dependencies: ["EmbedData"]),
    .target(
      name: "Sim",
      dependencies: [
        "CGSL", "CZstd", "CLzma", "CZlib", "CElf", "CCrypto", "CSQLite", "CLanes", "CLoops",
        .product(name: "Yams", package: "Yams"),
      ],
      exclude: ["Hardware/Data", "Profiles/Data", "Trace/Generators/Data"],
      swiftSettings: safe,
      plugins: ["EmbedPlugin"]
    ),
    .executableTarget(
      name: "Bench",
      dependencies: [
        "Sim", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: safe
    ),
    .executableTarget(
      name: "Gate", dependencies: ["Sim"], path: "Tests/Performance/Gate", swiftSettings: safe),
    .target(
      name: "TestSupport", dependencies: ["Sim"], path: "Tests/TestSupport",
      swiftSettings: safe),
    .target(
      name: "FuzzReaders", dependencies: ["Sim"], path: "Tests/Fuzz/Readers",
      swiftSettings: safe),
    .target(
      name: "Simulation", dependencies: ["Sim", "TestSupport"], path: "Tests/Simulation",
      swiftSettings: safe),
    .executableTarget(
      name: "Soak", dependencies: ["Simulation"], path: "Tests/Soak", swiftSettings: safe),
    .testTarget(
      name: "RobustTests",
      dependencies: ["Bench", "FuzzReaders", "Sim", "Simulation", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SimTests", dependencies: ["Sim", "TestSupport"], exclude: ["Data"],
      swiftSettings: strict),
    .testTarget(name: "BenchTests", dependencies: ["Bench", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ResultsTests", dependencies: ["Sim", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["Sim", "TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// `make doc` only: nobody else needs the documentation compiler's plugin.
if Context.environment["KFRAG_DOCC"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.5"))
}

// `make fuzz` only: an executable whose main function is libFuzzer's.
if Context.environment["KFRAG_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["FuzzReaders"], path: "Tests/Fuzz/Driver",
      swiftSettings: safe))
}
