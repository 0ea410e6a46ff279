// The lab of one test: the machinery of a running lab without files, sockets and state, under the same name.
// Brought up, changed, acted upon, watched, and given back whatever happens.

import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createHypervisor } from "../../hypervisor/index.ts";
import type { Hypervisor } from "../../hypervisor/index.ts";
import { textOf } from "../../lang/index.ts";
import type { Model, TestAct, Value } from "../../lang/index.ts";
import { endText } from "../apply/guest-record.ts";
import type { Clock } from "../clock.ts";
import { graceOf, usedDevices } from "../drivers/guest.ts";
import type { ImageFiles } from "../drivers/image-files.ts";
import { refOf } from "../drivers/read.ts";
import { Engine } from "../engine.ts";
import { desiredOf } from "../plan/definition.ts";
import type { Drops, GuestTail } from "./contract.ts";
import { FrameTail } from "./frame-tail.ts";
import { GuestTexts } from "./guest-texts.ts";
import { LiveFacts, stateOf } from "./live-facts.ts";
import { Rates } from "./rates.ts";
import { ShellFacts } from "./shell-facts.ts";

/** Counters change without an event: they are looked at this often. */
const POLL_MS = 20;
/** Between two looks whether everything has ended. */
const CLOSING_MS = 20;
/** A command in a guest that takes longer has failed. */
const COMMAND_MS = 60_000;
const TAIL_LINES = 8;
const TAILS_MAX = 6;

const pause = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), ms));

type Action = TestAct & { readonly is: "action" };

export class TestLab {
  readonly live: LiveFacts;
  /** Overlays that name no file. Gone with the test. */
  readonly #volumes = path.join(tmpdir(), `vbus-test-${randomUUID()}`);
  readonly #hypervisor: Hypervisor;
  readonly #engine: Engine;
  readonly #texts: GuestTexts;
  readonly #rates: Rates;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  readonly #poll: NodeJS.Timeout;
  #burst: NodeJS.Immediate | undefined;
  #closed: Promise<void> | undefined;
  readonly #captures: boolean;
  readonly #clock: Clock;
  #tail: FrameTail | undefined;

  /** `captures`: frames are kept, for `frames`. */
  constructor(name: string, images: ImageFiles, clock: Clock, captures = false) {
    this.#captures = captures;
    this.#clock = clock;
    this.#hypervisor = createHypervisor({ lab: name, volumes: this.#volumes });
    this.#engine = new Engine({ lab: name, hypervisor: this.#untilClosing(), images, clock });
    this.#texts = new GuestTexts(this.#hypervisor);
    this.#rates = new Rates(this.#hypervisor, clock);
    const [engine, hypervisor, texts, rates] = [this.#engine, this.#hypervisor, this.#texts, this.#rates];
    const shell = new ShellFacts(hypervisor, () => this.#wake());
    this.live = new LiveFacts({ engine, hypervisor, texts, rates, shell });
    // States are looked at as they pass; what guests print comes in bursts.
    this.#unsubscribe = this.#hypervisor.on((event) => {
      if (event.type !== "log") this.#wake();
      else this.#burst ??= setImmediate(() => this.#wake());
    });
    this.#poll = setInterval(() => this.#wake(), POLL_MS);
  }

  /** Makes what runs equal to the model. A sentence where that failed; then it is as before. */
  async apply(model: Model): Promise<string | undefined> {
    const result = await this.#engine.lane.run(() => this.#engine.apply(desiredOf(model), { actor: "test" }));
    if (result.ok) return undefined;
    return `\`${result.failure.address}\`: ${result.failure.message}`;
  }

  /** Calls a guest's action. A sentence where it could not be done. */
  act({ kind, address, name, args }: Action): Promise<string | undefined> {
    if (kind !== "guest") return Promise.resolve(`nothing does \`${name}\` of a ${kind} yet`);
    switch (name) {
      case "start":
        return this.#engine.lane.run(() => this.#start(address));
      case "stop":
        return this.#stop(address);
      case "kill":
        return this.#kill(address);
      case "restart":
        return this.#engine.lane.run(() => this.#restart(address));
      case "type":
        return Promise.resolve(this.#type(address, args[0]));
      case "shell":
        return this.#shell(address, args[0]);
      default:
        return Promise.resolve(`no driver does \`${name}\` yet`);
    }
  }

  /** Called when something may have changed: at once for states, soon after prints, often for counters. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The guests that say something about a failure since `sinceWall` (milliseconds since 1970): first those
   * that the test asked about, each part by name.
   */
  tails(sinceWall: number): readonly GuestTail[] {
    const since = new Date(sinceWall).toISOString();
    const tails: GuestTail[] = [];
    const { askedGuests } = this.live;
    const order = (guest: string): string => `${askedGuests.has(guest) ? 0 : 1}${guest}`;
    const records = [...this.#engine.guests.records()].toSorted(([a], [b]) => (order(a) < order(b) ? -1 : 1));
    for (const [guest, record] of records) {
      const all = this.#engine.logs.last([guest]);
      const fresh = all.filter((line) => line.time >= since);
      const asked = askedGuests.has(guest);
      const bad = record.phase === "ended" && record.end !== undefined && record.end.state !== "completed";
      if (fresh.length === 0 && !asked && !bad) continue;
      const lines = (fresh.length > 0 ? fresh : all).slice(-TAIL_LINES).map((line) => line.text);
      const now = stateOf(record, this.#hypervisor.guest(guest)?.state);
      tails.push({ guest, state: record.end === undefined ? now : endText(record.end), lines });
    }
    return tails.slice(0, TAILS_MAX);
  }

  /** The frames since a moment of the clock as pcapng, where they are kept and there are any. */
  async frames(since: number): Promise<Uint8Array | undefined> {
    return this.#tail?.end(since);
  }

  drops(): readonly Drops[] {
    const networks = this.#hypervisor.networks().map(({ id, frames }) => [id, "frames", frames] as const);
    const devices = this.#hypervisor
      .devices()
      .flatMap(({ id, rx, tx }) => [[id, "rx", rx] as const, [id, "tx", tx] as const]);
    return [...networks, ...devices].flatMap(([address, counter, { dropped, droppedBy }]) =>
      dropped === 0 ? [] : [{ address, counter, dropped, by: droppedBy }],
    );
  }

  /** Kills every guest and waits for their threads. Twice is fine. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      clearInterval(this.#poll);
      clearImmediate(this.#burst);
      this.#unsubscribe();
      this.#listeners.clear();
      this.#tail?.drop();
      this.#rates.close();
      this.#texts.close();
      this.#engine.close();
      // What the lane is in the middle of may still boot one: it ends when all that run are killed.
      const idle = this.#engine.lane.idle().then(() => true);
      // Bound: nothing boots any more, and each round kills what had been booting.
      do await this.#hypervisor.close();
      while (!(await Promise.race([idle, pause(CLOSING_MS)])));
      await this.#hypervisor.close();
      rmSync(this.#volumes, { recursive: true, force: true });
    })();
    return this.#closed;
  }

  /** The machine room as the engine has it: nothing boots once the test is over. */
  #untilClosing(): Hypervisor {
    const real = this.#hypervisor;
    return {
      ...real,
      bootGuest: (id, spec, from) => {
        // Networks are there before guests are, and no frame before them.
        if (this.#captures) this.#tail ??= FrameTail.begin(real, this.#clock);
        if (this.#closed === undefined) return real.bootGuest(id, spec, from);
        return Promise.resolve({ ok: false, refusal: { code: "busy", message: "the test is over" } });
      },
    };
  }

  #wake(): void {
    this.#burst = undefined;
    for (const listener of this.#listeners) listener();
  }

  async #start(address: string): Promise<string | undefined> {
    const { guests } = this.#engine;
    const record = guests.record(address);
    if (record === undefined) return `there is no guest ${address}`;
    if (record.phase !== "ended") return `${address} is up already`;
    const started = await guests.startAgain(address);
    return started.ok ? undefined : started.refusal.message;
  }

  async #restart(address: string): Promise<string | undefined> {
    const { guests } = this.#engine;
    const record = guests.record(address);
    if (record === undefined) return `there is no guest ${address}`;
    const stopped = await guests.stop(address, graceOf(record.resource));
    if (!stopped.ok) return stopped.refusal.message;
    const started = await guests.start(record.resource, record.restarts + 1);
    return started.ok ? undefined : started.refusal.message;
  }

  /** What has ended stays so. */
  async #stop(address: string): Promise<string | undefined> {
    const record = this.#engine.guests.record(address);
    if (record?.phase !== "up") return record === undefined ? `there is no guest ${address}` : undefined;
    const stopped = await this.#hypervisor.stopGuest(address, graceOf(record.resource));
    return stopped.ok ? undefined : stopped.refusal.message;
  }

  async #kill(address: string): Promise<string | undefined> {
    const record = this.#engine.guests.record(address);
    if (record?.phase !== "up") return record === undefined ? `there is no guest ${address}` : undefined;
    const killed = await this.#hypervisor.killGuest(address);
    return killed.ok ? undefined : killed.refusal.message;
  }

  async #shell(address: string, command: Value | undefined): Promise<string | undefined> {
    const text = command === undefined ? "" : textOf(command);
    const done = await this.#hypervisor.runCommand(address, text, COMMAND_MS);
    if (!done.ok) return done.refusal.message;
    const { status, output } = done.value;
    return status === 0 ? undefined : `\`${text}\` ended with ${status}: ${output.trim().slice(-200)}`;
  }

  #type(address: string, text: Value | undefined): string | undefined {
    const guest = this.#engine.guests.record(address)?.resource;
    if (guest === undefined) return `there is no guest ${address}`;
    const bus = refOf(guest, "bus");
    const seen = usedDevices(guest);
    const terminal = this.#hypervisor
      .devices()
      .find(({ id, class: sort, bus: on }) => sort === "vconsole" && (seen?.includes(id) ?? on === bus));
    if (terminal === undefined) return `${address} has no console`;
    const typed = this.#hypervisor.typeConsole(terminal.id, text === undefined ? "" : textOf(text));
    return typed.ok ? undefined : typed.refusal.message;
  }
}
