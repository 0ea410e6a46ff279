// An extension that drives VS Code by its own interface, run in its extension host beside ours: what the editor
// says of `lab.vbus`, the fix taken, the layout, what is offered; told in `told.json` of the folder.

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const ask = (command, ...args) => vscode.commands.executeCommand(command, ...args);

/** Resolves as soon as what is said of the document satisfies `holds`. */
const said = (uri, holds) =>
  new Promise((resolve) => {
    const look = () => {
      const all = vscode.languages.getDiagnostics(uri);
      if (!holds(all)) return;
      listener.dispose();
      resolve(all);
    };
    const listener = vscode.languages.onDidChangeDiagnostics(look);
    look();
  });

async function drive(folder) {
  const document = await vscode.workspace.openTextDocument(path.join(folder, "lab.vbus"));
  await vscode.window.showTextDocument(document);
  const { uri } = document;
  const told = { language: document.languageId };

  const diagnostics = await said(uri, (all) => all.length > 0);
  told.diagnostics = diagnostics.map(({ range, message }) => ({ line: range.start.line + 1, message }));
  const { range } = diagnostics[0];
  told.offered = (await ask("vscode.executeCompletionItemProvider", uri, range.end)).items.map(
    (one) => one.label,
  );

  const fixes = await ask("vscode.executeCodeActionProvider", uri, range);
  told.fixes = fixes.map((one) => one.title);
  await vscode.workspace.applyEdit(fixes[0].edit);
  await said(uri, (all) => all.length === 0);

  const hovers = await ask("vscode.executeHoverProvider", uri, range.start);
  told.hover = hovers.flatMap((one) => one.contents.map((part) => part.value));
  told.symbols = (await ask("vscode.executeDocumentSymbolProvider", uri)).map((one) => one.name);
  const renamed = await ask("vscode.executeDocumentRenameProvider", uri, range.start, "other");
  told.renamed = renamed.entries().flatMap(([, edits]) => edits.map((edit) => edit.range.start.line + 1));
  told.colours = (await ask("vscode.provideDocumentSemanticTokens", uri)).data.length > 0;

  // The layout is done on saving: the extension's own default for the language.
  await document.save();
  told.text = fs.readFileSync(uri.fsPath, "utf8");
  return told;
}

exports.activate = () => {
  const [folder] = vscode.workspace.workspaceFolders.map(({ uri }) => uri.fsPath);
  const tell = (told) => {
    const draft = path.join(folder, "told.draft");
    fs.writeFileSync(draft, JSON.stringify(told));
    fs.renameSync(draft, path.join(folder, "told.json"));
  };
  // Not awaited: VS Code waits for extensions to be active before it asks them.
  drive(folder).then(tell, (error) => tell({ failed: String(error.stack) }));
};
