// Joins the compiled modules of dist/ into few: a command loads dozens of files instead of hundreds, and
// starts in two thirds of the time (decision 0095). Packages stay packages, beside it.

import { readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { rolldown, type Plugin } from "rolldown";

/** What is started by its path, and so keeps it: the command, the library, and threads. */
const ENTRIES = /^(?:cli\/main|embed\/index|.*-thread)\.js$/;

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
    external: /^[^./]/,
    // No module is imported for what it does: what nobody asks for is left out.
    treeshake: { moduleSideEffects: false },
    plugins: [ownPlace(from)],
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
