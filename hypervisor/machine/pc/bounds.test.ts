// The bounds of PCs, at them and beyond.

import { expect, test } from "vitest";
import type { PcFiles } from "../../images.ts";
import * as limits from "../../limits.ts";
import {
  PC_COMMAND_LINE_MAX,
  PC_FILE_BYTES_MAX,
  PC_LINE_MAX,
  PC_MEMORY_MAX,
  PC_MEMORY_MIN,
  PC_OUTPUT_MAX,
} from "../../limits.ts";
import { Agent, type CommandDone } from "./agent.ts";
import { judgePc } from "./image.ts";

/** Not tested at the bound, and why. */
const NOT_MET: Readonly<Record<string, string>> = {
  PC_CARDS_MAX: "what the place for the rings is divided by; more devices are not there for the PC",
  PC_CARD_BYTES: "the size that a ring of slots is cut to",
  PC_RING_MAX: "how many frames wait beside the PC, before the ring is full for senders",
  PC_DISKS_MAX: "as PC_CARDS_MAX",
  PC_STATES_MAX: "booted.test.ts",
  PC_START_MS_MAX: "two minutes of waiting",
  PC_FIRST_BOOT_MS: "half an hour without a greeting",
  PC_BUDGET_REQUESTS: "fairness between devices, not asserted on a noisy machine",
  PC_QUEUE_MAX: "what a virtio queue offers; the driver takes fewer or as many",
  PC_CHAIN_MAX: "split-queue.test.ts has longer and endless chains",
  BRIDGE_BATCH: "bridge.test.ts: where a busy guest is asked to kick",
  PC_BUDGET_FRAMES: "fairness between cards, not asserted on a noisy machine",
  PC_COMMANDS_MAX: "so many commands that don't end; guest/commands.test.ts",
  PC_COMMAND_MAX: "guest/commands.test.ts",
  PC_MEDIUM_BYTES_MAX: "media.test.ts",
  PC_DMA_PARTS_MAX: "media.test.ts",
  PC_SCREEN_COLUMNS_MAX: "media.test.ts",
  PC_SCREEN_ROWS_MAX: "media.test.ts",
  PC_SCREEN_EVERY_MS: "media.test.ts",
  PC_COPY_BYTES: "copy-card.test.ts, guest/copies.test.ts",
  PC_COPY_GREETING_MAX: "copy-card.test.ts",
  PC_HOLD_MS_MAX: "holding.test.ts",
  PC_SAVE_MS_MAX: "a minute of a thread that does not answer",
  PC_TYPED_MAX: "what waits in the serial port; the rest waits in the console",
};

test("what is not tested is a bound all the same", () => {
  expect(Object.keys(NOT_MET).filter((name) => !(name in limits))).toEqual([]);
});

/** Enough of a kernel for whoever looks at its first sector. */
function kernel(bytes = 1024): Uint8Array {
  const made = new Uint8Array(bytes);
  made.set([0x55, 0xaa], 0x1fe);
  made.set(Buffer.from("HdrS"), 0x202);
  return made;
}

function files(change: Partial<PcFiles> = {}): PcFiles {
  const bios = new Uint8Array(1 << 17);
  return { kernel: kernel(), bios, vgaBios: new Uint8Array(100), commandLine: "quiet", ...change };
}

const problem = (change: Partial<PcFiles>): string | undefined => {
  const judged = judgePc(files(change), 0);
  return "problem" in judged ? judged.problem : undefined;
};

test("what is no kernel, no BIOS or no command line is said", () => {
  expect(problem({})).toBeUndefined();
  expect(problem({ kernel: Buffer.from("MZ") })).toContain("no Linux kernel");
  expect(problem({ kernel: kernel().fill(0, 0x202) })).toContain("no Linux kernel");
  expect(problem({ bios: new Uint8Array(1000) })).toContain("the BIOS has 1000 bytes");
  expect(problem({ vgaBios: new Uint8Array(70_000) })).toContain("BIOS of the screen");
  expect(problem({ commandLine: "name=Jürgen" })).toContain("ASCII");
});

test("as long a command line as a kernel reads, and no longer", () => {
  expect(problem({ commandLine: "x".repeat(PC_COMMAND_LINE_MAX) })).toBeUndefined();
  expect(problem({ commandLine: "x".repeat(PC_COMMAND_LINE_MAX + 1) })).toContain("more than the 2047");
});

test("kernel and initrd as large as there is room for, and no larger", () => {
  const initrd = new Uint8Array(PC_FILE_BYTES_MAX - 1024);
  expect(problem({ initrd })).toBeUndefined();
  expect(problem({ initrd, kernel: kernel(1025) })).toContain("are larger than");
});

test("memory: the image's own least, or a PC's, and the most", () => {
  expect(judgePc(files(), 0)).toMatchObject({ memoryMin: PC_MEMORY_MIN, memoryMax: PC_MEMORY_MAX });
  expect(judgePc(files(), PC_MEMORY_MIN + 1)).toMatchObject({ memoryMin: PC_MEMORY_MIN + 1 });
});

test("each part of an image is in its digest", () => {
  const digest = (change: Partial<PcFiles>): unknown => judgePc(files(change), 0);
  const all = [
    digest({}),
    digest({ initrd: new Uint8Array(1) }),
    digest({ commandLine: "quiet " }),
    digest({ vgaBios: new Uint8Array(101) }),
    digest({ bios: new Uint8Array(1 << 16) }),
    digest({ kernel: kernel(1025) }),
  ];
  expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(all.length);
});

/** An agent's host, and what it says to the guest. */
function host(): {
  readonly agent: Agent;
  readonly said: string[];
  readonly done: CommandDone[];
  hear(text: string): void;
} {
  const said: string[] = [];
  const made = {
    said,
    done: [] as CommandDone[],
    hear: (text: string): void => {
      for (const byte of Buffer.from(text)) made.agent.hear(byte);
    },
    agent: new Agent({
      send: (text) => void said.push(text),
      name: "pc",
      env: { start: "ip route" },
      cards: () => [
        {
          id: 1,
          name: "eth0",
          mac: Uint8Array.from([2, 0, 0, 0, 0, 10]),
          mtu: 1500,
          up: true,
          address: "10.0.0.2",
          gateway: "10.0.0.1",
          prefix: 24,
          ring: 256,
          bridged: false,
          own: false,
        },
      ],
      fresh: () => ({ seconds: 1234.5, seed: Uint8Array.of(1, 2, 3) }),
      greeted: () => made.agent.configure(),
      answer: (done) => void made.done.push(done),
    }),
  };
  return made;
}

test("a guest that greets is told what it is; what was asked too early is asked when it is up", () => {
  const pc = host();
  pc.hear("vbus 3\r\n");
  expect(pc.said).toEqual([
    "host pc\nclock 1235\nseed AQID\nenv start ip route\nnet 02:00:00:00:00:0a eth0 10.0.0.2/24 10.0.0.1\ngo\n",
  ]);
  pc.agent.run({ id: 7, command: "uname -a" });
  expect(pc.agent.stop()).toBe(false);
  pc.hear("up\nup\n");
  // The guest has numbers of its own for them.
  expect(pc.said.slice(1)).toEqual(["run 1 uname -a\n", "stop\n"]);
  pc.hear("end 1 0\n");
  expect(pc.done).toMatchObject([{ id: 7, status: 0 }]);
});

test("what the guest's shell is to read is one line that `printf %b` makes again what it was", () => {
  const pc = host();
  pc.hear("up\n");
  for (const [id, command] of [" a  b ", "x\ty\n\\0z", "Grüße 100%", " ", ""].entries())
    pc.agent.run({ id, command });
  expect(pc.said).toEqual([
    "run 1 \\0040a  b\\0040\n",
    "run 2 x\\0011y\\0012\\01340z\n",
    "run 3 Gr\\0303\\0274\\0303\\0237e 100%\n",
    "run 4 \\0040\n",
    "run 5 \n",
  ]);
});

test("an agent that goes on ends its line, is woken first, and takes no answer of before", () => {
  const before = host();
  before.hear("up\n");
  for (const id of [1, 2]) before.agent.run({ id, command: "x" });
  before.hear(`out 1 ${btoa("half")}`.slice(0, -2));
  const cut = host();
  cut.agent.goOn({ line: [...Buffer.from("en")], last: 0 }, "script");
  cut.hear("d 1 0\n");
  expect(cut.agent.up).toBe(true);
  const pc = host();
  pc.agent.goOn(before.agent.save(), "script");
  expect(pc.said).toEqual(["run 3 script\n"]);
  pc.agent.run({ id: 1, command: "one" });
  // The rest of that line, and what the guest still does of what another was asked for.
  pc.hear("==\nend 1 0\nend 2 0\n");
  expect([pc.agent.up, pc.done, pc.said.length]).toEqual([false, [], 1]);
  pc.hear("end 3 0\n");
  expect([pc.agent.up, pc.said.slice(1)]).toEqual([true, ["run 4 one\n"]]);
  pc.hear(`end 3 0\nout 4 ${btoa("yes")}\nend 4 0\n`);
  expect(pc.done).toEqual([{ id: 1, status: 0, output: new Uint8Array(Buffer.from("yes")), cut: false }]);
});

test("what a command prints comes with its status; more than is kept is cut off", () => {
  const pc = host();
  pc.hear("up\n");
  pc.agent.run({ id: 1, command: "one" });
  pc.agent.run({ id: 2, command: "two" });
  pc.hear(
    `out 2 ${btoa("hel")}\nout 1 ${btoa("x")}\nout 2 ${btoa("lo")}\nend 2 3\nend 2 4\nout 9 eA==\nend 9 0\n`,
  );
  expect(pc.done).toEqual([{ id: 2, status: 3, output: new Uint8Array(Buffer.from("hello")), cut: false }]);
  const piece = Buffer.alloc(1024).toString("base64");
  for (let kib = 0; kib < PC_OUTPUT_MAX / 1024; kib++) pc.hear(`out 1 ${piece}\n`);
  pc.hear("end 1 nonsense\n");
  expect(pc.done.at(-1)).toMatchObject({ id: 1, status: -1, cut: true });
  expect(pc.done.at(-1)?.output.length).toBe(PC_OUTPUT_MAX);
});

test("a line as long as may be is heard; a longer one is forgotten, and the next one is heard", () => {
  const pc = host();
  pc.hear(`${" ".repeat(PC_LINE_MAX - 6)}vbus 3\n`);
  expect(pc.said).toHaveLength(0); // Heard, and no greeting.
  pc.hear(`vbus 3${" ".repeat(PC_LINE_MAX - 6)}\n`);
  expect(pc.said).toHaveLength(1);
  pc.hear(`vbus 3${" ".repeat(PC_LINE_MAX - 5)}\n`);
  expect(pc.said).toHaveLength(1);
  pc.hear("\0\xff\nvbus 3\n");
  expect(pc.said).toHaveLength(2);
});
