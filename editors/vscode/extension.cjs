// The client: starts `vbus lsp` and hands it the files that are open.

const { existsSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

/** The program of the settings, of the workspace, or of the PATH. Code of a workspace is run only if it is trusted. */
function programOf() {
  const named = vscode.workspace.getConfiguration("vbus").get("path");
  if (named) return { command: named };
  const name = process.platform === "win32" ? "vbus.cmd" : "vbus";
  const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
  for (const { uri } of folders) {
    const bin = path.join(uri.fsPath, "node_modules", ".bin");
    const own = path.join(bin, name);
    // As `npx` would: the Node that a project brings along comes before the one that the editor was started with.
    const PATH = [bin, process.env.PATH].join(path.delimiter);
    if (existsSync(own)) return { command: own, options: { env: { ...process.env, PATH } } };
  }
  return { command: name };
}

/** `--disable` and `--deny`, as the settings say. */
function lintOptions() {
  const settings = vscode.workspace.getConfiguration("vbus.lint");
  return ["disable", "deny"].flatMap((name) => settings.get(name, []).flatMap((lint) => [`--${name}`, lint]));
}

async function start() {
  const program = programOf();
  const server = { ...program, args: ["lsp", ...lintOptions()], transport: TransportKind.stdio };
  client = new LanguageClient("vbus", "vbus", server, {
    documentSelector: [{ scheme: "file", language: "vbus" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.vbus") },
  });
  try {
    await client.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(
      `The language server \`${program.command} lsp\` does not start: ${error.message ?? error}`,
      "Output",
      "Settings",
    );
    if (choice === "Output") client?.outputChannel.show();
    if (choice === "Settings")
      await vscode.commands.executeCommand("workbench.action.openSettings", "vbus.path");
  }
}

async function stop() {
  const old = client;
  client = undefined;
  await old?.dispose();
}

exports.activate = async (context) => {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("vbus.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (["vbus.path", "vbus.lint"].some((name) => change.affectsConfiguration(name))) void restart();
    }),
  );
  await start();
};

exports.deactivate = stop;
