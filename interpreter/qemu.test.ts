// The example with two QEMU machines: their firmware, iPXE, is told an address on its command line, then the
// lab's guests ping both over the sockets, and one machine opens a connection to the other through the lab.

import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test } from "vitest";
import { createHypervisor } from "../hypervisor/index.ts";
import { Bench } from "./lab.test-support.ts";

const QEMU = "qemu-system-x86_64";
const LAB = fileURLToPath(new URL("../examples/10-qemu/lab.vbus", import.meta.url));
const LIMIT_MS = 120_000;
const COMMAND_LINE = 2; // Ctrl-B.

let bench: Bench | undefined;
const machines: Machine[] = [];
afterEach(async () => {
  for (const machine of machines.splice(0)) machine.end();
  await bench?.close();
}, 60_000);

/** A QEMU machine at the command line of its firmware. */
class Machine {
  readonly #process: ChildProcessWithoutNullStreams;
  /** What its serial line has shown, without control sequences. */
  text = "";

  constructor(socket: string, last: string) {
    const device = `virtio-net-pci,netdev=n,mac=52:54:00:00:00:${last}`;
    const netdev = `stream,id=n,addr.type=unix,addr.path=${socket}`;
    const quiet = ["-nodefaults", "-nographic", "-serial", "stdio", "-boot", "n", "-m", "64"];
    this.#process = spawn(QEMU, [...quiet, "-device", device, "-netdev", netdev]);
    this.#process.stdout.on("data", (bytes: Buffer) => (this.text += plain(bytes)));
    this.#process.stderr.on("data", (bytes: Buffer) => (this.text += plain(bytes)));
    machines.push(this);
  }

  async shows(what: string, from = 0): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    // Bound: LIMIT_MS. A firmware that computes its screen has no event but its text.
    while (!this.text.includes(what, from)) {
      if (performance.now() > end) throw new Error(`the machine does not show ${what}:\n${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Types a line, each letter when the one before has been echoed, and waits for the next prompt. */
  async say(line: string): Promise<string> {
    const from = this.text.length;
    for (const letter of line) {
      // The serial line of a busy machine has room for a few letters only.
      const echoed = once(this.#process.stdout, "data");
      this.#process.stdin.write(letter);
      await echoed;
    }
    this.#process.stdin.write("\r");
    await this.shows("iPXE>", from + line.length);
    return this.text.slice(from);
  }

  async toCommandLine(ip: string): Promise<void> {
    await this.shows("Press Ctrl-B for the iPXE command line");
    this.#process.stdin.write(String.fromCharCode(COMMAND_LINE));
    await this.shows("iPXE>");
    for (const line of [`set net0/ip ${ip}`, "set net0/netmask 255.255.255.0", "ifopen net0"])
      await this.say(line);
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}

const plain = (bytes: Buffer): string => stripVTControlCharacters(bytes.toString("latin1"));

test("two QEMU machines and the lab's guests are on one network", { timeout: LIMIT_MS * 2 }, async () => {
  if (spawnSync(QEMU, ["--version"]).status !== 0) {
    expect(process.env["CI"], "CI has QEMU").toBeUndefined();
    return console.log(`skipped: no ${QEMU}, so no machine of it on a lab's network`);
  }
  bench = new Bench(readFileSync(LAB, "utf8"));
  const hypervisor = createHypervisor({ lab: "qemu" });
  const lab = await bench.open({ hypervisor });
  const socket = (name: string): string => path.join(bench?.folder ?? "", `${name}.sock`);
  const [a, b] = [new Machine(socket("a"), "0a"), new Machine(socket("b"), "0b")];
  await Promise.all([a.toCommandLine("10.0.0.11"), b.toCommandLine("10.0.0.12")]);
  const said = (): string => (bench?.lines ?? []).map(({ text }) => text).join("\n");
  await bench.until("both machines answer pings", () =>
    ["10.0.0.11", "10.0.0.12"].every((ip) => said().includes(`64 bytes from ${ip}`)),
  );
  // What one machine sends the other passes the lab, which shows it.
  const expected = "tcp and src host 10.0.0.11 and dst host 10.0.0.12";
  const begun = hypervisor.capture({ networks: ["lan"], expect: expected });
  if (!begun.ok) throw new Error(begun.refusal.message);
  const capture = begun.value;
  void a.say("imgfetch http://10.0.0.12/").catch(() => undefined);
  // Bound: the test's time.
  while (!(await capture.read()).matched);
  capture.drop();
  const counts = lab.snapshot().uplinks.map(({ carrier, rx, tx }) => carrier && rx.count > 3 && tx.count > 3);
  expect(counts).toEqual([true, true]);
});
