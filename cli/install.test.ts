// The package as somebody installs it: `npm pack`, globally into a prefix of its own, and from an empty
// folder a first lab, its test and a look at it. That runs in CI, where the registry is at hand.

import { execFile, spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { converse } from "./lsp.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const AT_LENGTH = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const LIMIT = 900_000;
const run = promisify(execFile);

/** What is promised in README.md. */
const PACKED_BYTES_MAX = 2_000_000;
const INSTALLED_BYTES_MAX = 45_000_000;

const home = mkdtempSync(path.join(tmpdir(), "vbus-install-"));
const prefix = path.join(home, "prefix");
const lab = path.join(home, "lab");
const env = {
  PATH: [path.join(prefix, "bin"), path.dirname(process.execPath), process.env["PATH"]].join(":"),
  HOME: home,
  XDG_RUNTIME_DIR: path.join(home, "run"),
};
afterAll(() => rmSync(home, { recursive: true, force: true }));

const vbus = (...args: string[]) => run("vbus", args, { cwd: lab, env });

const sizeBelow = (folder: string): number =>
  globSync("**", { cwd: folder }).reduce((sum, name) => sum + fileBytes(path.join(folder, name)), 0);
const fileBytes = (file: string): number => {
  const facts = statSync(file);
  return facts.isFile() ? facts.size : 0;
};

/** What a text of the package loads, by any of the four ways. */
const IMPORTED = /\b(?:from |import |import\(|require\()"(@?[a-z][\w./@:-]*)"/g;

test("what is packed imports nothing but what is installed with it", () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const imported = new Set<string>();
  for (const file of globSync("dist/**/*.js", { cwd: ROOT })) {
    const text = readFileSync(path.join(ROOT, file), "utf8");
    for (const [, name = ""] of text.matchAll(IMPORTED))
      if (!/^(node|std):|\.vbus$/.test(name))
        imported.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
  }
  expect(imported.size).toBeGreaterThan(5);
  expect([...imported].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
});

test("what is packed of other packages has their licences beside it", () => {
  const chunks = globSync("dist/**/*.js", { cwd: ROOT }).map((file) =>
    readFileSync(path.join(ROOT, file), "utf8"),
  );
  const joined = chunks.flatMap((text) => [
    ...text.matchAll(/^\/\/ \.\.\/((?:@[\w-]+\/)?[\w-]+)\/.*\.js$/gm),
  ]);
  const licences = readFileSync(path.join(ROOT, "dist/licences.txt"), "utf8");
  const told = [...licences.matchAll(/^(@?[\w/-]+) \d+\.\d+\.\d+$/gm)].map(([, name]) => name);
  expect(told.length).toBeGreaterThan(2);
  expect(told.toSorted()).toEqual([...new Set(joined.map(([, name]) => name))].toSorted());
});

if (AT_LENGTH)
  describe("the package, installed globally", () => {
    beforeAll(async () => {
      mkdirSync(lab);
      mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
      const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", home];
      await run("npm", pack, { cwd: ROOT });
      const archive = globSync("*.tgz", { cwd: home })[0] ?? "";
      expect(fileBytes(path.join(home, archive))).toBeLessThan(PACKED_BYTES_MAX);
      // What `npm ci` left in the cache is taken from there.
      const install = [
        "install",
        "--global",
        "--prefix",
        prefix,
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
      ];
      await run("npm", [...install, path.join(home, archive)], { cwd: home });
    }, LIMIT);

    test("has what it needs, and no tool of its makers", () => {
      const modules = path.join(prefix, "lib/node_modules/alacrityvm/node_modules");
      for (const name of ["chokidar", "ink", "yaml"]) expect(existsSync(path.join(modules, name))).toBe(true);
      for (const name of ["typescript", "vitest", "assemblyscript", "prettier", "wabt", "node"])
        expect(existsSync(path.join(modules, name)), name).toBe(false);
      const bytes = sizeBelow(prefix);
      console.log(`installed: ${(bytes / 1e6).toFixed(1)} MB`);
      expect(bytes).toBeLessThan(INSTALLED_BYTES_MAX);
    });

    test("runs a first lab from an empty folder", { timeout: LIMIT }, async () => {
      expect((await vbus("--help")).stdout).toContain("vbus runs labs");
      expect((await vbus("init")).stderr).toContain("wrote lab.vbus");
      expect((await vbus("check")).stderr).toContain("ok lab.vbus");
      expect((await vbus("up", "--wait", "--no-dash")).stdout).toContain("5 received");
      expect((await vbus("test")).stdout).toContain("1 passed");
      const shipped = path.join(prefix, "lib/node_modules/alacrityvm/examples/01-hello/lab.vbus");
      expect((await vbus("up", "--wait", "--no-dash", shipped)).stdout).toContain("5 received");
    });

    test("serves an editor", { timeout: LIMIT }, () =>
      converse(spawn("vbus", ["lsp", "--stdio"], { cwd: lab, env, stdio: ["pipe", "pipe", "inherit"] })),
    );

    test("shows a lab in the background on a dashboard", { timeout: LIMIT }, async () => {
      await vbus("up", "-d");
      expect((await vbus("dash", "--once")).stdout).toContain("server");
      await vbus("down");
    });
  });
