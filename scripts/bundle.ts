// Joins the compiled modules of dist/ into few: a command loads dozens of files instead of hundreds, and
// starts in half the time (decisions 0095 and 0102). Packages that a command starts with are joined in, and
// their licences go along; others stay packages, beside it.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { rolldown, type Plugin } from "rolldown";

/** What is started by its path, and so keeps it: the command, the library, and threads. */
const ENTRIES = /^(?:cli\/main|embed\/index|.*-thread)\.js$/;

/** Packages that nearly every command loads: their sixty files would be looked up one by one. */
const JOINED = /^(?:commander|chevrotain|@chevrotain\/[\w-]+|vscode-jsonrpc)(?:\/|$)/;

/** Stands for the way from a bundled module to the top of dist/ until the module has its place. */
const TOP = "TOP_OF_DIST/";

/**
 * Joins the compiled modules in `from` and writes them to `to`. What a module finds beside itself by its own
 * URL, it finds beside the place that it had. Throws with the bundler's words.
 */
export async function bundle(from: string, to: string): Promise<{ readonly files: number }> {
  const names = (await readdir(from, { recursive: true })).filter((name) => ENTRIES.test(name));
  const bundled = await rolldown({
    input: Object.fromEntries(names.map((name) => [name.replace(/\.js$/, ""), join(from, name)])),
    // Chunks say in comments what is in them, by paths from here.
    cwd: from,
    platform: "node",
    external: (id) => /^[^./]/.test(id) && !JOINED.test(id),
    // No module is imported for what it does: what nobody asks for is left out.
    treeshake: { moduleSideEffects: false },
    plugins: [ownPlace(from), asksNode],
    onLog(level, { code, message }) {
      if (level !== "debug" && level !== "info" && code !== "INEFFECTIVE_DYNAMIC_IMPORT")
        throw new Error(message);
    },
  });
  const { output } = await bundled.write({
    dir: to,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
  });
  await bundled.close();
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  await writeFile(join(to, "licences.txt"), await licencesOf(modules));
  return { files: output.length };
}

/** `import.meta.url` stays what it was for each module, wherever it is put. */
function ownPlace(from: string): Plugin {
  return {
    name: "own-place",
    transform(code, id) {
      const place = relative(from, id);
      if (place.startsWith("..") || !code.includes("import.meta.url")) return null;
      return code.replaceAll("import.meta.url", `new URL("${TOP}${place}", import.meta.url).href`);
    },
    renderChunk(code, { fileName }) {
      const top = relative(dirname(fileName), ".");
      return code.replaceAll(TOP, top === "" ? "./" : `${top}/`);
    },
  };
}

/** What a chunk takes of Node at its top: one name for the whole, or some of its parts. */
const OF_NODE = /^import (?:\* as )?([\w$]+|\{[^}]*\}) from "(node:[\w/]+)";$/gm;

/**
 * A module of Node that is imported shows all its parts first, which loads half of Node: streams for
 * `node:fs` alone take 5 ms. One that is asked for gives what is taken.
 */
const asksNode: Plugin = {
  name: "asks-node",
  renderChunk: (code) =>
    code.replaceAll(
      OF_NODE,
      (_, names: string, module: string) =>
        `const ${names.replaceAll(" as ", ": ")} = process.getBuiltinModule("${module}");`,
    ),
};

/** The licences of the packages that modules were taken from, each with the package's name and version. */
async function licencesOf(modules: readonly string[]): Promise<string> {
  const folders = modules.map((id) => /^.*\/node_modules\/(?!\.)(?:@[\w-]+\/)?[\w-]+/.exec(id)?.[0]);
  const texts = [...new Set(folders)].map(async (folder) => {
    if (folder === undefined) return "";
    const { name, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} brings no licence along`);
    return `${name} ${version}\n\n${await readFile(join(folder, file), "utf8")}`;
  });
  return (await Promise.all(texts)).filter((text) => text !== "").join("\n\n");
}
