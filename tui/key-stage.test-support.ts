// A lab with traffic and a dashboard that `vbus up` has attached to it, for the test of every key: goes to
// any mode by keys, and says whether the screen is whole.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect, socketPathOf } from "../interpreter/index.ts";
import type { LabClient, Snapshot } from "../interpreter/index.ts";
import { VIEWS } from "./model.ts";
import type { Mode, View } from "./model.ts";
import { patience, TestTerminal } from "./pty.test-support.ts";
import { partOf } from "./views/all.ts";

const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));
/** The first guest is the one that keys are tried on: it has a console, prints, and sends frames. */
const labOf = (interval: number, rest: string): string => `network lan { subnet = 10.0.0.0/24 }
image ping: wasm { path = "std:guests/ping" }
image echo: wasm { path = "std:guests/echo" }
guest client {
  image = ping
  args  = ["--to", server.eth0.ip, "--count", 1_000_000, "--interval", ${interval}ms]
  device eth0: venet { network = lan }
  device tty: vconsole { }
}
guest server { image = echo, device eth0: venet { network = lan } }
guest other { image = echo, device eth0: venet { network = lan } }
${rest}`;
const TABS_HEIGHT_MIN = 8;

const isView = (mode: Mode): mode is View => (VIEWS as readonly Mode[]).includes(mode);

export class KeyStage {
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #file: string;
  readonly #size: readonly [columns: number, rows: number];
  #client: LabClient | undefined;
  #terminal: TestTerminal | undefined;
  #snapshot: Snapshot | undefined;
  readonly #waiting = new Set<() => void>();
  /** Where the keys of this stage have led. */
  #mode: Mode = "guests";
  /** Milliseconds between two pings, other after each change of the file. */
  #interval = 20;
  #text = labOf(this.#interval, "");

  private constructor(folder: string, size: readonly [number, number]) {
    this.#folder = folder;
    this.#size = size;
    this.#environment = { XDG_RUNTIME_DIR: join(folder, "run"), TERM: "xterm-256color" };
    this.#file = join(folder, "hello", "lab.vbus");
  }

  /** A lab, and a dashboard of this size that asks on leaving. */
  static async open(columns: number, rows: number): Promise<KeyStage> {
    const stage = new KeyStage(await mkdtemp(join(tmpdir(), "vbus-keys-")), [columns, rows]);
    await mkdir(join(stage.#folder, "run"), { mode: 0o700 });
    await mkdir(join(stage.#folder, "hello"));
    await stage.restore();
    await stage.attach();
    return stage;
  }

  /** `vbus up`: the lab if it isn't there, and a dashboard. */
  async attach(): Promise<void> {
    const command = [process.execPath, VBUS, "up", "--max-disruption", "live", this.#file] as const;
    const [columns, rows] = this.#size;
    await this.#terminal?.end();
    this.#terminal = new TestTerminal({ columns, rows, command, environment: this.#environment });
    this.#mode = "guests";
    await this.until("all guests", (screen) => screen.includes("3/3"));
    await this.whole("the beginning");
    this.#client?.close();
    const client = await connect(socketPathOf(this.#file, this.#environment));
    client.on("snapshot", (snapshot) => {
      this.#snapshot = snapshot;
      for (const look of this.#waiting) look();
    });
    await client.request("subscribe", { snapshots: true });
    this.#client = client;
  }

  get terminal(): TestTerminal {
    if (this.#terminal === undefined) throw new Error("no dashboard is open");
    return this.#terminal;
  }

  /** What the lab said last. */
  get lab(): Snapshot {
    if (this.#snapshot === undefined) throw new Error("the lab has said nothing yet");
    return this.#snapshot;
  }

  get columns(): number {
    return this.#size[0];
  }

  get rows(): number {
    return this.#size[1];
  }

  type(...keys: readonly string[]): void {
    this.terminal.type(...keys);
  }

  /** A key has led elsewhere. */
  at(mode: Mode): void {
    this.#mode = mode;
  }

  shows(text: string): Promise<void> {
    return this.until(`\`${text}\``, (screen) => screen.includes(text));
  }

  hides(text: string): Promise<void> {
    return this.until(`no \`${text}\``, (screen) => !screen.includes(text));
  }

  until(what: string, wanted: (screen: string, terminal: TestTerminal) => boolean): Promise<void> {
    return this.terminal.until(what, wanted);
  }

  /** The lab is so. */
  untilLab(what: string, wanted: (snapshot: Snapshot) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const look = (): void => {
      if (this.#snapshot !== undefined && wanted(this.#snapshot)) resolve(undefined);
    };
    const timer = patience(() =>
      reject(new Error(`the lab never became ${what}; the screen is\n${this.terminal.screen}`)),
    );
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearInterval(timer);
      this.#waiting.delete(look);
    });
  }

  /** Resolves when the lab has ended. */
  get labEnded(): Promise<unknown> {
    return this.#client?.closed ?? Promise.resolve();
  }

  readFile(): Promise<string> {
    return readFile(this.#file, "utf8");
  }

  /** Saves what the file said before a key or the lab wrote into it. */
  restore(): Promise<void> {
    return this.#save(this.#text);
  }

  /** As many editors do: who reads the file meanwhile reads all of it. */
  async #save(text: string): Promise<void> {
    const draft = join(this.#folder, "draft");
    await writeFile(draft, text);
    await rename(draft, this.#file);
  }

  /** Saves a lab in which the first guest is started anew: it waits for a word. */
  change(): Promise<void> {
    return this.#pingEach(this.#interval + 1);
  }

  /** Saves the lab of before the last change. */
  revert(): Promise<void> {
    return this.#pingEach(this.#interval - 1);
  }

  #pingEach(interval: number): Promise<void> {
    this.#interval = interval;
    this.#text = labOf(interval, "");
    return this.restore();
  }

  /** The same with much more, for a long plan that nobody applies. */
  propose(rest: string): Promise<void> {
    return this.#save(labOf(this.#interval + 1, rest));
  }

  /** The lines of the view alone, with what is said above it. */
  get body(): string {
    return this.terminal.lines.slice(this.#hasTabs ? 2 : 1, -2).join("\n");
  }

  /** The last line that is drawn. */
  get footer(): string {
    return this.terminal.lines.at(-2) ?? "";
  }

  get #hasTabs(): boolean {
    return this.rows - 1 >= TABS_HEIGHT_MIN;
  }

  /** By keys, from wherever it is, unless it is there already. */
  async go(mode: Mode): Promise<void> {
    if (this.#mode === mode) return;
    if (!isView(this.#mode)) {
      this.type("esc");
      this.#mode = "guests";
      await this.whole("nothing is typed or asked");
    }
    if (isView(mode)) return this.#show(mode);
    await this.#show("guests");
    if (mode === "typing") this.type("/");
    else if (mode === "commanding") this.type(":");
    else if (mode === "asking") this.type("q");
    else this.type(":down", "enter");
    this.#mode = mode;
    await this.whole(`it is ${mode}`);
  }

  async #show(view: View): Promise<void> {
    if (this.#mode === view) return;
    if (this.#mode === "console") this.type("ctrl-]");
    if (view === "output") return this.run("version --help", "--json");
    this.type(partOf(view).key ?? "");
    this.#mode = view;
    await this.whole(`the view ${view}`);
  }

  /** Runs a command, which prints `wanted`. */
  async run(line: string, wanted: string): Promise<void> {
    this.type(":", line);
    await this.until(`\`${line}\` is typed`, () => this.footer.startsWith(` :${line}`));
    this.type("enter");
    this.#mode = "output";
    await this.until(wanted, () => this.#isAt("output") && this.body.includes(wanted));
    await this.whole(`\`${line}\` was run`);
  }

  /** The title of the view is where it belongs; a guest's terminal has the screen for itself. */
  #isAt(view: View): boolean {
    const { terminal } = this;
    if (view === "console") return this.footer.includes("ctrl-]") && !terminal.lines[0]?.startsWith(" hello");
    const key = partOf(view).key ?? "";
    if (!this.#hasTabs) return terminal.standsOut(0).startsWith(` hello ${key === "" ? ":" : key}`);
    const title = terminal.standsOut(1);
    return title.startsWith(` ${key} ${view}`.replace("  ", " ")) || title.startsWith(` ${view} `);
  }

  /** Nothing is wider or longer than the screen, and each thing is where it belongs. */
  #isWhole(): boolean {
    const { lines, wrapped, isAlternate } = this.terminal;
    const titles = lines.map((_, row) => this.terminal.standsOut(row));
    const headers = titles.filter((title) => title.startsWith(" hello ")).length;
    const view = isView(this.#mode) ? this.#mode : "guests";
    const isHeaded = view === "console" ? headers === 0 : headers === 1 && lines[0]?.startsWith(" hello ");
    return (
      isAlternate &&
      wrapped === 0 &&
      lines.at(-1) === "" &&
      isHeaded === true &&
      this.#isAt(view) &&
      this.#isPrompted()
    );
  }

  /** What is typed or asked, or neither, is at the bottom. */
  #isPrompted(): boolean {
    const { footer } = this;
    if (this.#mode === "typing") return footer.startsWith(" /");
    if (this.#mode === "commanding") return footer.startsWith(" :");
    if (this.#mode === "asking") return footer.includes("s stop");
    if (this.#mode === "confirming") return /hello(\?| to go on)/u.test(footer);
    return footer !== "" && !/^ [/:]|s stop|hello(\?| to go on)/u.test(footer);
  }

  whole(what: string): Promise<void> {
    return this.until(`a whole screen after ${what}`, () => this.#isWhole());
  }

  /** Ends a lab that runs. */
  async down(): Promise<void> {
    await this.#vbusDown();
    await this.labEnded;
  }

  async #vbusDown(): Promise<void> {
    const env = { ...process.env, ...this.#environment };
    await promisify(execFile)(process.execPath, [VBUS, "down", this.#file], { env });
  }

  /** Ends the dashboard, however it is, and the lab. */
  async close(): Promise<void> {
    await this.#terminal?.end();
    this.#client?.close();
    await this.#vbusDown().catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
