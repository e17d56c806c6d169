/// What a system's own listing command prints about the loaded modules.
///
/// Columns and order follow the vendors' pages; spacing is that of the tools where it is known
/// and otherwise left-aligned columns.
struct ModuleListing {
  let profile: SystemProfile
  let kernel: SimulatedKernel
  let residence: [String: ProfileRules.Residence]

  private var modules: [LoadedImage] { kernel.loaded }

  var text: String {
    switch profile.family {
    case .freebsd: kldstat
    case .macos: kextstat
    case .illumos, .solaris: modinfo
    case .nt: driverquery
    case .aix: genkex
    case .hpux: profile.released >= 2003 ? kcmodule : kmadmin
    case .vxworks: moduleShow
    case .netware: modulesCommand
    case .netbsd: modstat
    case .haiku: imageList
    case .linux: lsmod
    case .minix: ""
    }
  }

  private func start(_ image: LoadedImage) -> UInt64 { image.pieces.first?.range.lower ?? 0 }

  private func references(_ image: LoadedImage) -> Int {
    (residence[image.module.name]?.references ?? 1) + image.users.count
  }

  private func digits(_ value: UInt64, width: Int = 0) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private func right(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func left(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return text + String(repeating: " ", count: max(0, width - text.count))
  }

  private var lsmod: String {
    "Module                  Size  Used by\n"
      + modules.reversed().map {
        let by = $0.users.isEmpty ? "" : " " + $0.users.joined(separator: ",")
        return left($0.module.name, 19) + " " + right($0.listedSize, 8) + "  "
          + "\($0.users.count + (residence[$0.module.name]?.uses ?? 0))" + by + "\n"
      }.joined()
  }

  /// FreeBSD kldstat(8): the kernel is file 1; sizes in hexadecimal.
  private var kldstat: String {
    let base = kernel.image.range
    var lines = ["Id Refs Address                Size Name"]
    lines.append(
      right(1, 2) + " " + right(modules.count + 1, 4) + " 0x" + digits(base.lower, width: 16)
        + " " + right(digits(base.size), 8) + " kernel")
    for image in modules {
      let ending = profile.lifecycle.names.extensions.first ?? ""
      lines.append(
        right(image.serial + 1, 2) + " " + right(references(image), 4) + " 0x"
          + digits(start(image), width: 16) + " " + right(digits(image.listedSize), 8) + " "
          + image.module.name + ending)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// macOS kextstat(8).
  private var kextstat: String {
    var lines = [
      "Index Refs Address            Size       Wired      Name (Version) <Linked Against>"
    ]
    for image in modules {
      let linked = image.module.dependencies.compactMap { kernel.image(of: $0)?.serial }.sorted()
      let version = value(image, "version", "1")
      lines.append(
        right(image.serial, 5) + " " + right(image.users.count, 4) + " 0x"
          + left(digits(start(image)), 16) + " 0x" + left(digits(image.listedSize), 8) + " 0x"
          + left(digits(wired(image)), 8) + " " + image.module.name + " (\(version)) <"
          + linked.map(String.init).joined(separator: " ") + ">")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Solaris modinfo(1M): size in hexadecimal, module name with its description.
  private var modinfo: String {
    var lines = [" Id         Loadaddr   Size Info Rev Module Name"]
    for image in modules {
      lines.append(
        right(image.serial, 3) + " " + right(digits(start(image)), 16) + " "
          + right(digits(image.listedSize), 6) + " " + right(value(image, "info", "-"), 4) + " "
          + right(value(image, "rev", "1"), 3) + " " + image.module.name)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Windows driverquery.
  private var driverquery: String {
    var lines = [
      "Module Name  Display Name           Driver Type   Link Date",
      "============ ====================== ============= ======================",
    ]
    for image in modules {
      lines.append(
        left(image.module.name, 12) + " " + left(value(image, "display", image.module.name), 22)
          + " " + left("Kernel", 13) + " " + value(image, "date", ""))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// AIX genkex: address and size in hexadecimal, file; headings as tools that parse it quote them
  /// (Ohai's AIX kernel plugin and its test).
  private var genkex: String {
    "    Text address     Size File\n"
      + modules.reversed().map {
        right(digits(start($0)), 16) + " " + right(digits($0.listedSize), 8) + " "
          + value($0, "path", "/usr/lib/drivers/" + $0.module.name) + "\n"
      }.joined()
  }

  /// HP-UX kmadmin -s.
  private var kmadmin: String {
    var lines = [
      "Name                    ID      Status          Type",
      "=====================================================",
    ]
    for image in modules {
      lines.append(
        left(image.module.name, 23) + " " + left(image.serial, 7) + " " + left("LOADED", 15) + " "
          + value(image, "type", "WSIO"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// HP-UX 11i v2 and later kcmodule.
  private var kcmodule: String {
    var lines = [left("Module", 20) + left("State", 10) + "Cause"]
    for image in modules {
      let cause = residence[image.module.name]?.isAutoloaded == true ? "depend" : "explicit"
      lines.append(left(image.module.name, 20) + left("loaded", 10) + cause)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// VxWorks moduleShow().
  private var moduleShow: String {
    var lines = [
      "MODULE NAME     MODULE ID  GROUP #    TEXT START DATA START  BSS START",
      "--------------- ---------- ---------- ---------- ---------- ----------",
    ]
    for image in modules {
      let ending = profile.lifecycle.names.extensions.first ?? ""
      func address(_ kind: SectionKind) -> String {
        right(image.address(of: kind).map { "0x" + digits($0) } ?? "NO SEGMENT", 10)
      }
      lines.append(
        left(image.module.name + ending, 15) + " " + right("0x" + digits(start(image)), 10) + " "
          + right(image.serial, 10) + " " + address(.text) + " " + address(.data) + " "
          + address(.bss))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// NetWare MODULES: one module a paragraph.
  private var modulesCommand: String {
    modules.map {
      let ending = (profile.lifecycle.names.extensions.first ?? ".NLM").uppercased()
      return $0.module.name.uppercased() + ending + "\n  "
        + value($0, "description", $0.module.name)
        + "\n  Version " + value($0, "version", "1.00") + "\n  Code Address: "
        + digits($0.address(of: .text) ?? start($0), width: 8) + "h  Length: "
        + digits($0.listedSize, width: 8) + "h\n"
    }.joined()
  }

  /// NetBSD modstat(8).
  private var modstat: String {
    var lines = [
      left("NAME", 20) + left("CLASS", 9) + left("SOURCE", 9) + left("REFS", 5) + left("SIZE", 9)
        + "REQUIRES"
    ]
    for image in modules {
      let source = residence[image.module.name]?.isFromBoot == true ? "boot" : "filesys"
      let needs = image.module.dependencies.joined(separator: ",")
      lines.append(
        left(image.module.name, 20) + left(value(image, "class", "driver"), 9) + left(source, 9)
          + left(image.users.count, 5) + left(image.listedSize, 9) + (needs.isEmpty ? "-" : needs))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Haiku listimage: text and data of kernel images.
  private var imageList: String {
    var lines = ["   ID                                Name       text       data  seq#      init#"]
    for image in modules {
      lines.append(
        right(image.serial, 5) + " " + right(image.module.name, 35) + " 0x"
          + digits(image.address(of: .text) ?? start(image), width: 8) + " 0x"
          + digits(image.address(of: .data) ?? 0, width: 8) + "     0          0")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func wired(_ image: LoadedImage) -> UInt64 {
    image.pieces.reduce(0) { $0 + UInt64($1.frames.count) * $1.pageSize.bytes }
  }

  private func value(_ image: LoadedImage, _ name: String, _ fallback: String) -> String {
    residence[image.module.name]?.attributes.first { $0.name == name }?.value ?? fallback
  }
}
