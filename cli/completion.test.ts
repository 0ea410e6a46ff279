// Completion in the real shells, with the names of a lab that runs: the candidates, and the keys of somebody
// who types.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LIMIT = 180_000;
const desk = new Desk();
const bin = path.join(desk.folder, "bin");
const env: Record<string, string> = {
  ...desk.env,
  PATH: `${bin}:${path.dirname(process.execPath)}:${process.env["PATH"]}`,
  TERM: "dumb",
};

beforeAll(async () => {
  mkdirSync(bin);
  symlinkSync(path.join(ROOT, "cli/vbus.cjs"), path.join(bin, "vbus"));
  writeFileSync(
    path.join(desk.folder, "tenants.vbus"),
    `lab tenants { }
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }
guest vm for name in ["a", "b"] { image = echo, device eth0: venet { network = lan } }
`,
  );
  expect((await desk.run(["up", "-d", "tenants.vbus"])).exit).toBe(0);
}, LIMIT);
afterAll(() => desk.close());

/** What is offered, without what it is. */
async function offered(...words: string[]): Promise<readonly string[]> {
  const { exit, stdout, stderr } = await desk.run(["__complete", ...words]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  return stdout
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "")
    .filter((word) => word !== "");
}

test("commands, options, values, files and names that live", { timeout: LIMIT }, async () => {
  expect(await offered("pa")).toEqual(["pause"]);
  expect(await offered("")).toEqual(expect.arrayContaining(["up", "stats", "completion", "help"]));
  expect(await offered("up", "--no-")).toEqual(["--no-watch", "--no-dash"]);
  expect(await offered("wait", "--for", "")).toEqual(["running", "ready", "completed", "exited"]);
  expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await offered("check", "ten")).toEqual(["tenants.vbus"]);
  expect(await offered("check", "examples/01-hello/")).toEqual(["examples/01-hello/lab.vbus"]);
  expect(await offered("logs", "-n", "5", "ser")).toEqual(["server"]);
  expect(await offered("pause", "--lab", "tenants", "")).toEqual(["server", 'vm["a"]', 'vm["b"]']);
  expect(await offered("capture", "l")).toEqual(["lan"]);
  expect(await offered("ps", "--lab", "")).toEqual(["tenants"]);
  expect(await offered("pause", "--lab", "nobody", "")).toEqual([]);
  expect(await offered("nonsense", "")).toEqual([]);
});

const there = (shell: string): boolean => {
  const found = spawnSync(shell, ["--version"], { stdio: "ignore" }).error === undefined;
  if (!found) console.log(`skipped: there is no ${shell}`);
  return found;
};

/** Types keys at a shell in a pty until a text stands in what it wrote. */
async function typeAt(
  command: readonly [string, ...string[]],
  steps: readonly [string, string][],
): Promise<void> {
  const [file, ...args] = command;
  const shell = spawn(file, args, { cwd: desk.folder, env, cols: 120, rows: 30 });
  let written = "";
  let look = (): void => undefined;
  shell.onData((data) => {
    written += data;
    look();
  });
  try {
    for (const [keys, answer] of steps) {
      const from = written.length;
      shell.write(keys);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${answer} in:\n${written}`)), 60_000);
        look = () => {
          if (!written.slice(from).includes(answer)) return;
          clearTimeout(timer);
          resolve();
        };
        look();
      });
    }
  } finally {
    shell.kill("SIGKILL");
  }
}

test("bash: a command, a file and a guest whose name needs quoting", { timeout: LIMIT }, async () => {
  if (!there("bash")) return;
  await typeAt(
    ["bash", "--norc", "-i"],
    [
      ["PS1='> '; source <(vbus completion bash); echo got''ready\r", "gotready"],
      ["vbus pau\t", "se "],
      ["ser\t", "ver "],
      ["\u0015vbus check ten\t", "ants.vbus "],
      ["\u0015vbus pause vm\t", String.raw`\[\"`],
      ["a\t", String.raw`\"\] `],
    ],
  );
});

test("zsh: the same", { timeout: LIMIT }, async () => {
  if (!there("zsh")) return;
  await typeAt(
    ["zsh", "-f", "-i"],
    [
      [
        "PS1='> '; autoload -U compinit; compinit -u; source <(vbus completion zsh); echo got''ready\r",
        "gotready",
      ],
      ["vbus pau\t", "se "],
      ["ser\t", "ver "],
      ["\u0015vbus check ten\t", "ants.vbus "],
      ["\u0015vbus pause vm\t", String.raw`\[\"`],
    ],
  );
});

test("fish: candidates with what they are", { timeout: LIMIT }, () => {
  if (!there("fish")) return;
  const ask = (line: string): string =>
    execFileSync("fish", ["--no-config", "-c", `vbus completion fish | source; complete -C '${line}'`], {
      cwd: desk.folder,
      env,
      encoding: "utf8",
    });
  expect(ask("vbus pau")).toBe("pause\tmakes a guest of a running lab stand still\n");
  expect(ask("vbus pause ser")).toBe("server\tguest, running\n");
  expect(ask("vbus check ten")).toContain("tenants.vbus");
  expect(ask("vbus wait --for com")).toBe("completed\n");
});
