// The commands of README.md and of the gallery's pages, typed as they stand there by somebody in a folder of
// their own. What runs on until it is stopped is watched until it shows what it is for. At length, so in CI.

import * as fs from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Shell } from "./docs/tutorial-shell.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const AT_LENGTH = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const LIMIT_MS = 300_000;

const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8");
const blocks = (page: string, language: string): readonly string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, text = ""]) => text,
  );
/** The lines of the page's blocks for a shell, without what is said of them. */
const commands = (page: string): readonly string[] =>
  blocks(page, "sh").flatMap((text) =>
    text
      .trim()
      .split("\n")
      .map((line) => line.replace(/ {2,}# .*$/, "")),
  );

/** Commands that run until they are stopped, and what they show when they do what they are for. */
const RUNNING_ON: readonly (readonly [RegExp, RegExp])[] = [
  [/vbus up(?: lab\.vbus)?$/, /generation 1: .* applied/],
  [/vbus stats --watch$/, /^GUEST /m],
  [/vbus capture \S+ -w \S+$/, /^capturing /m],
];

/** Somebody at terminals of this machine, in a folder that is gone afterwards. */
class Reader {
  readonly home = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "vbus-typed-")));
  readonly folder: string;
  readonly #shells: Shell[] = [];

  /** The packages of this project are there, as in a clone of it. */
  constructor(folder = "lab") {
    this.folder = path.join(this.home, folder);
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(this.home, "node_modules"));
    fs.mkdirSync(path.join(this.home, "run"), { mode: 0o700 });
    fs.mkdirSync(this.folder, { recursive: true });
  }

  write(name: string, text: string): void {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  #shell(): Shell {
    const bin = path.join(ROOT, "node_modules/.bin");
    const { home } = this;
    const env = {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: home,
      XDG_RUNTIME_DIR: path.join(home, "run"),
    };
    const shell = new Shell(env, this.folder);
    this.#shells.push(shell);
    return shell;
  }

  /** Types a command, and waits for its end or, where it runs on, for what it shows. */
  async type(command: string): Promise<void> {
    const shell = this.#shell();
    shell.type(command);
    const [, shown] = RUNNING_ON.find(([form]) => form.test(command)) ?? [];
    const said = (): string => `${command}\n${shell.text}`;
    if (shown) {
      await shell.until(() => shown.test(shell.text), LIMIT_MS).catch(() => expect.unreachable(said()));
      return;
    }
    const { exit, text } = await shell.ended(LIMIT_MS).catch(() => expect.unreachable(said()));
    expect([command, exit, exit === 0 ? "" : text]).toEqual([command, 0, ""]);
  }

  async leave(): Promise<void> {
    const last = this.#shell();
    last.type("vbus down");
    await last.ended(LIMIT_MS);
    for (const shell of this.#shells) await shell.close();
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

async function asReader(use: (reader: Reader) => Promise<void>, folder?: string): Promise<void> {
  const reader = new Reader(folder);
  try {
    await use(reader);
  } finally {
    await reader.leave();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Their commands are those of other tests: pc.test.ts, package.test.ts, pc-media.test.ts. */
const ELSEWHERE = ["07-linux", "08-embedding", "22-pc"].map((name) => `examples/${name}/README.md`);
const GALLERY = fs
  .globSync("examples/*/README.md", { cwd: ROOT })
  .filter((page) => !ELSEWHERE.includes(page))
  .sort();

test("the lab that README.md shows is example 01", () => {
  const [shown = ""] = blocks("README.md", "vbus");
  expect(read("examples/01-hello/lab.vbus").startsWith(shown)).toBe(true);
});

test("what docs/tutorial.md does first is done by CI", () => {
  expect(commands("docs/tutorial.md")).toEqual(["cd ~/alacrityvm && npm ci"]);
  expect(read(".ci/run")).toMatch(/^npm ci$/m);
});

if (AT_LENGTH)
  describe("as they stand there", () => {
    test.each(GALLERY)("the commands of %s", { timeout: 3 * LIMIT_MS }, (page) =>
      asReader(async (reader) => {
        fs.cpSync(path.join(ROOT, path.dirname(page)), reader.folder, { recursive: true });
        const typed = commands(page);
        expect(typed.length).toBeGreaterThan(0);
        // A port of this machine that nobody else has.
        const port = String(await freePort());
        const lab = path.join(reader.folder, "lab.vbus");
        reader.write(
          "lab.vbus",
          fs.readFileSync(lab, "utf8").replace("port: int = 8080", `port: int = ${port}`),
        );
        for (const command of typed) await reader.type(command.replace(":8080/", `:${port}/`));
      }, path.dirname(page)),
    );

    test("npm start, as README.md begins", { timeout: LIMIT_MS }, () =>
      asReader(async (reader) => {
        const [start = "", check = ""] = commands("README.md");
        // CI itself begins with the first, and this is a part of the last.
        expect([start, check]).toEqual(["npm ci && npm start", "npm ci && npm test"]);
        await reader.type(`cd ${ROOT} && ${start.replace("npm ci && ", "")}`);
      }),
    );

    test("the commands of README.md", { timeout: 3 * LIMIT_MS }, () =>
      asReader(async (reader) => {
        reader.write("lab.vbus", read("examples/01-hello/lab.vbus").replace("within 5s", "within 60s"));
        reader.write("compose.yaml", "services: { web: { image: nginx } }\n");
        for (const command of commands("README.md").slice(2)) {
          // At no terminal it draws once; at one it is tested elsewhere.
          await reader.type(command.replace(/vbus dash$/, "vbus dash --once"));
          // There has to be a third generation to go back to.
          if (!command.endsWith("vbus apply")) continue;
          for (const rate of [10, 20, 30]) await reader.type(`vbus set server.eth0.rate ${rate}Mbps`);
        }
      }),
    );
  });
