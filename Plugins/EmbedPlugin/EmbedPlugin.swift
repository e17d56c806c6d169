import Foundation
import PackagePlugin

/// Embeds the machine and system descriptions of `Sim` in the binary, so that adding a processor
/// or an operating system means adding one YAML file and nothing else.
@main
struct EmbedPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let tool = try context.tool(named: "EmbedData")
    return ["Hardware", "Profiles"].map { folder in
      let data = target.directoryURL.appending(path: folder).appending(path: "Data")
      let out = context.pluginWorkDirectoryURL.appending(path: "Embedded\(folder).swift")
      let inputs =
        (try? FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil))
        ?? []
      return .buildCommand(
        displayName: "Embed \(folder)/Data", executable: tool.url,
        arguments: [data.path(), folder, out.path()],
        inputFiles: inputs.sorted { $0.path() < $1.path() }, outputFiles: [out])
    }
  }
}
