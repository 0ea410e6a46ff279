// WASI programs for tests: a list of calls as a module that does them one after the other and prints what
// each answered, and a lab with folders in which they run.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compileImage } from "../../guest/image.ts";
import type { GuestFacts, Image } from "../../hypervisor.ts";
import { TestLab, must } from "../../machine-room.test-support.ts";
import { wat } from "../../wat.test-support.ts";
import { ERRNO, MODULE, RIGHT } from "./abi.ts";

const I32 = "i32";
const I64 = "i64";
/** Parameters of each function; all but `proc_exit` answer an errno. */
export const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  args_get: [I32, I32],
  args_sizes_get: [I32, I32],
  environ_get: [I32, I32],
  environ_sizes_get: [I32, I32],
  clock_res_get: [I32, I32],
  clock_time_get: [I32, I64, I32],
  random_get: [I32, I32],
  sched_yield: [],
  proc_exit: [I32],
  proc_raise: [I32],
  poll_oneoff: [I32, I32, I32, I32],
  sock_accept: [I32, I32, I32],
  sock_recv: [I32, I32, I32, I32, I32, I32],
  sock_send: [I32, I32, I32, I32, I32],
  sock_shutdown: [I32, I32],
  fd_advise: [I32, I64, I64, I32],
  fd_allocate: [I32, I64, I64],
  fd_close: [I32],
  fd_datasync: [I32],
  fd_fdstat_get: [I32, I32],
  fd_fdstat_set_flags: [I32, I32],
  fd_fdstat_set_rights: [I32, I64, I64],
  fd_filestat_get: [I32, I32],
  fd_filestat_set_size: [I32, I64],
  fd_filestat_set_times: [I32, I64, I64, I32],
  fd_pread: [I32, I32, I32, I64, I32],
  fd_prestat_dir_name: [I32, I32, I32],
  fd_prestat_get: [I32, I32],
  fd_pwrite: [I32, I32, I32, I64, I32],
  fd_read: [I32, I32, I32, I32],
  fd_readdir: [I32, I32, I32, I64, I32],
  fd_renumber: [I32, I32],
  fd_seek: [I32, I64, I32, I32],
  fd_sync: [I32],
  fd_tell: [I32, I32],
  fd_write: [I32, I32, I32, I32],
  path_create_directory: [I32, I32, I32],
  path_filestat_get: [I32, I32, I32, I32, I32],
  path_filestat_set_times: [I32, I32, I32, I32, I64, I64, I32],
  path_link: [I32, I32, I32, I32, I32, I32, I32],
  path_open: [I32, I32, I32, I32, I32, I64, I64, I32, I32],
  path_readlink: [I32, I32, I32, I32, I32, I32],
  path_remove_directory: [I32, I32, I32],
  path_rename: [I32, I32, I32, I32, I32, I32],
  path_symlink: [I32, I32, I32, I32, I32],
  path_unlink_file: [I32, I32, I32],
};

/** A number; a text, which stands for its place and its length; or the u32 that stands at a place. */
type Argument = number | bigint | string | { readonly at: number };
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** The first folder that a program is given. */
export const ROOT = 3;
const ALL_RIGHTS = BigInt(RIGHT.poll * 2 - 1);
/** Free for a program's own use: its second page. */
export const FREE_AT = 65_536;
/** Where what is shown at the end stands, and how much of it: in the third page. */
const SHOWN_AT = 131_072;
const VECTOR_AT = 16;
const TEXTS_AT = 262_144;
const PAGES = 16;

/** Opens a path of a folder and leaves the descriptor at `out`. */
export function open(
  path_: string,
  out: number,
  { folder = ROOT as Argument, oflags = 0, follow = 1 } = {},
): Call {
  const args = [folder, follow, path_, oflags, ALL_RIGHTS, ALL_RIGHTS, 0, out];
  return { name: "path_open", args };
}

export function call(name: string, ...args: readonly Argument[]): Call {
  return { name, args };
}

/** Calls as text, and the data that they point at. */
function render(calls: readonly Call[]): { readonly data: string; readonly lines: readonly string[] } {
  let data = "";
  let textAt = TEXTS_AT;
  const text = (value: string): string => {
    const bytes = Buffer.from(value);
    const escaped = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
    data += `(data (i32.const ${textAt}) "${escaped}")\n`;
    textAt += bytes.length;
    return `(i32.const ${textAt - bytes.length}) (i32.const ${bytes.length})`;
  };
  const lines = calls.map(({ name, args }) => {
    const types = [...(PARAMETERS[name] ?? [])];
    const pushed = args.map((argument) => {
      if (typeof argument === "string") {
        types.splice(0, 2);
        return text(argument);
      }
      const type = types.shift();
      if (typeof argument === "object") return `(i32.load (i32.const ${argument.at}))`;
      return `(${type}.const ${argument})`;
    });
    return `(call $${name} ${pushed.join(" ")})`;
  });
  return { data, lines };
}

/** A module that does the calls and prints a letter for each answer: `answersOf` reads them. */
export async function programOf(calls: readonly Call[]): Promise<Image> {
  const { data, lines } = render(calls);
  const noted = lines.map(
    (line, index) => `(i32.store8 (i32.const ${SHOWN_AT + index}) (i32.add (i32.const 32) ${line}))`,
  );
  return imageOf(`${importsOf(calls.map(({ name }) => name))}
    (memory (export "memory") ${PAGES})
    ${data}
    (func (export "_start")
      ${noted.join("\n")}
      (i32.store (i32.const ${VECTOR_AT}) (i32.const ${SHOWN_AT}))
      (i32.store (i32.const ${VECTOR_AT + 4}) (i32.const ${calls.length}))
      (drop (call $fd_write (i32.const 1) (i32.const ${VECTOR_AT}) (i32.const 1) (i32.const 8))))`);
}

/**
 * A module that does the calls, whatever they do to its memory, traps where an answer is none, and ends with
 * how many different answers it got.
 */
export async function countingProgramOf(calls: readonly Call[]): Promise<Image> {
  const { data, lines } = render(calls);
  const [most] = Object.values(ERRNO).toSorted((a, b) => b - a);
  return imageOf(`${importsOf([...calls.map(({ name }) => name), "proc_exit"])}
    (memory (export "memory") ${PAGES})
    ${data}
    (global $seen (mut i64) (i64.const 0))
    (func $note (param $answer i32)
      (if (i32.gt_u (local.get $answer) (i32.const ${most})) (then (unreachable)))
      (global.set $seen
        (i64.or (global.get $seen) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $answer))))))
    (func (export "_start")
      ${lines.map((line) => `(call $note ${line})`).join("\n")}
      (call $proc_exit (i32.wrap_i64 (i64.popcnt (global.get $seen)))))`);
}

/** The imports of these functions, and of `fd_write`. */
export function importsOf(names: readonly string[]): string {
  return [...new Set([...names, "fd_write"])]
    .map((name) => {
      const parameters = (PARAMETERS[name] ?? []).join(" ");
      const result = name === "proc_exit" ? "" : "(result i32)";
      return `(import "${MODULE}" "${name}" (func $${name} (param ${parameters}) ${result}))`;
    })
    .join("\n");
}

export async function imageOf(text: string): Promise<Image> {
  return must(await compileImage(await wat(`(module ${text})`), "wasi"));
}

const NAMES = new Map(Object.entries(ERRNO).map(([name, number]) => [number as number, name]));

/** What each call answered, by name. */
export function answersOf(log: string): readonly string[] {
  return [...log].map((letter) => {
    const number = letter.charCodeAt(0) - 32;
    return NAMES.get(number) ?? `errno ${number}`;
  });
}

/** A lab for programs: a bus `desk` with the folder `inside` of `outer`, found as `/`. */
export class ProgramLab extends TestLab {
  readonly outer = mkdtempSync(path.join(tmpdir(), "vbus-wasi-"));
  readonly inside = path.join(this.outer, "inside");
  readonly log = new Map<string, string>();

  constructor({ readonly = false } = {}) {
    super({ warm: 0 });
    mkdirSync(this.inside);
    must(this.hv.createBus("desk"));
    this.hv.on((event) => {
      if (event.type === "log") this.log.set(event.id, (this.log.get(event.id) ?? "") + event.text);
    });
    this.#readonly = readonly;
  }
  readonly #readonly: boolean;

  /** Gives its programs the folder. */
  async give(): Promise<void> {
    const folder = { volume: "files", at: "/", readonly: this.#readonly };
    must(
      await this.hv.createVolume("files", {
        class: "folder",
        path: this.inside,
        create: false,
        readonly: false,
      }),
    );
    must(this.hv.addDevice("desk", "d", { class: "folder", name: "d", folder }));
  }

  console(): void {
    must(
      this.hv.addDevice("desk", "tty", {
        class: "vconsole",
        name: "tty",
        vconsole: { columns: 80, rows: 24 },
      }),
    );
  }

  async start(id: string, image: Image, options: ProgramOptions = {}): Promise<void> {
    const { args = [], env = {}, memory = 2 ** 24, watchdogMs } = options;
    const watchdog = watchdogMs === undefined ? {} : { watchdogMs };
    must(await this.hv.bootGuest(id, { bus: "desk", image, args, env, memory, ...watchdog }));
  }

  /** Runs a program to its end. */
  async run(id: string, image: Image, options: ProgramOptions = {}): Promise<GuestFacts> {
    await this.start(id, image, options);
    return this.ended(id, 120_000);
  }

  override async close(): Promise<void> {
    await super.close();
    rmSync(this.outer, { recursive: true });
  }
}

interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly memory?: number;
  readonly watchdogMs?: number;
}
