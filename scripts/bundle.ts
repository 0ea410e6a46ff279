// Joins the compiled modules of dist/ into few: a command loads dozens of files instead of hundreds, and
// starts in half the time (decisions 0095 and 0102). Packages that a command starts with are joined in, and
// their licences go along; others stay packages, beside it.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { rolldown, type OutputAsset, type OutputChunk, type Plugin } from "rolldown";

/** What is started by its path, and so keeps it: the command, the library, and threads. */
const ENTRIES = /^(?:cli\/main|embed\/index|.*-thread)\.js$/;

/** Packages that nearly every command loads: their sixty files would be looked up one by one. */
const JOINED = /^(?:commander|chevrotain|@chevrotain\/[\w-]+|vscode-jsonrpc)(?:\/|$)/;

/** Modules of Node that take long to load, and of which only functions are used. */
const LATE = new Set(["node:crypto", "node:child_process"]);

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
    preserveEntrySignatures: "allow-extension",
    external: (id) => /^[^./]/.test(id) && !JOINED.test(id),
    // No module is imported for what it does: what nobody asks for is left out.
    treeshake: { moduleSideEffects: false },
    plugins: [ownPlace(from), asksNode],
    onLog(level, { code, message }) {
      if (level !== "debug" && level !== "info" && code !== "INEFFECTIVE_DYNAMIC_IMPORT")
        throw new Error(message);
    },
  });
  const plain = await bundled.generate({ format: "esm" });
  const groups = groupsOf(from, plain.output.filter(isChunk), names);
  const { output } = await bundled.write({
    dir: to,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: { groups, includeDependenciesRecursively: false },
  });
  await bundled.close();
  const modules = output.filter(isChunk).flatMap(({ moduleIds }) => moduleIds);
  await writeFile(join(to, "licences.txt"), await licencesOf(modules));
  return { files: output.length };
}

const isChunk = (file: OutputAsset | OutputChunk): file is OutputChunk => file.type === "chunk";

/** What is loaded where a lab is read, and where a running one is only asked. */
const READING = ["cli/commands/check.js", "interpreter/check.js"];
const ASKING = [
  "cli/commands/ps.js",
  "cli/commands/status.js",
  "cli/commands/down.js",
  "interpreter/control/client.js",
];

/**
 * What every command begins with comes in one file, and what a reading of a lab loads in two, the language
 * and the rest: to find and open a file takes longer than what most hold. Without what threads and the asking
 * commands load of it, which would get the whole.
 */
function groupsOf(from: string, chunks: readonly OutputChunk[], entries: readonly string[]): Group[] {
  const loadedBy = (names: readonly string[]): ReadonlySet<string> =>
    modulesLoaded(
      chunks,
      names.map((name) => join(from, name)),
    );
  const begun = loadedBy(["cli/main.js"]);
  const read = loadedBy(READING);
  const others = loadedBy([...ASKING, ...entries.filter((name) => name.endsWith("-thread.js"))]);
  const isBegun = (id: string): boolean => begun.has(id) && id !== join(from, "cli/main.js");
  const isRead = (id: string): boolean => read.has(id) && !begun.has(id) && !others.has(id);
  const isLanguage = (id: string): boolean => id.startsWith(join(from, "lang/")) || CHEVROTAIN.test(id);
  return [
    { name: "start", test: isBegun },
    { name: "lang", test: (id) => isRead(id) && isLanguage(id) },
    { name: "reading", test: isRead },
  ];
}

interface Group {
  readonly name: string;
  readonly test: (id: string) => boolean;
}

const CHEVROTAIN = /\/node_modules\/@?chevrotain\//;

/** The modules that come with these before they run. */
function modulesLoaded(chunks: readonly OutputChunk[], ids: readonly string[]): ReadonlySet<string> {
  const loaded = new Set(chunks.filter(({ facadeModuleId: id }) => id !== null && ids.includes(id)));
  for (const { imports } of loaded)
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk);
  return new Set([...loaded].flatMap(({ moduleIds }) => moduleIds));
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
 * `node:fs` alone take 5 ms. One that is asked for gives what is taken; a late one is asked when it is used.
 */
const asksNode: Plugin = {
  name: "asks-node",
  renderChunk: (code) =>
    code.replaceAll(OF_NODE, (_, names: string, module: string) => {
      const asked = `process.getBuiltinModule("${module}")`;
      if (!LATE.has(module)) return `const ${names.replaceAll(" as ", ": ")} = ${asked};`;
      if (!names.startsWith("{"))
        return `const ${names} = new Proxy({}, { get: (_, part) => ${asked}[part] });`;
      return partsOf(names)
        .map(([part, own]) => `const ${own} = (...given) => ${asked}.${part}(...given);`)
        .join("\n");
    }),
};

/** `{ a, b as c }` as pairs: a and a, b and c. */
const partsOf = (names: string): [part: string, own: string][] =>
  names
    .slice(1, -1)
    .split(",")
    .map((name) => name.trim().split(" as "))
    .map(([part = "", own = part]) => [part, own]);

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
