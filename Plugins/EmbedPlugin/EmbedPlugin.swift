import Foundation
import PackagePlugin

/// Embeds the machine and system descriptions and the fitted workloads of `Sim` in the binary, so
/// that adding a processor or an operating system means adding one YAML file and nothing else.
@main
struct EmbedPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let tool = try context.tool(named: "EmbedData")
    let folders = [
      ("Hardware", "Hardware/Data"), ("Profiles", "Profiles/Data"),
      ("Workloads", "Trace/Generators/Data"),
    ]
    return folders.map { name, folder in
      let data = target.directoryURL.appending(path: folder)
      let out = context.pluginWorkDirectoryURL.appending(path: "Embedded\(name).swift")
      let inputs =
        (try? FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil))
        ?? []
      return .buildCommand(
        displayName: "Embed \(folder)", executable: tool.url,
        arguments: [data.path(), name, out.path()],
        inputFiles: inputs.sorted { $0.path() < $1.path() }, outputFiles: [out])
    }
  }
}
