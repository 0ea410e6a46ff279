// A PC as a guest: the processor's loop, its serial ports, its cards, and its end. On the guest's own thread;
// what of it runs in a verb is counted, paused and killed as every verb is.

import { LOG_WRITE_MAX, PC_TYPED_MAX } from "../../limits.ts";
import { CHANGE, FEATURE } from "../../ring/abi.ts";
import type { PcBegin, PcSnapshot } from "../../snapshots.ts";
import { Streams } from "../streams.ts";
import { dropState, keepState, openState } from "./booted.ts";
import { Agent, type Command, type CommandDone, type Fresh } from "./agent.ts";
import { sooner } from "./bridge.ts";
import type { CopyOrder } from "./copy-words.ts";
import { Emulator, type PcHardware } from "./emulator.ts";
import { heedSnapshots, type HoldingParts } from "./holding.ts";
import { PcDevices, type PcDevicesParts } from "./pc-devices.ts";
import { readParts, type SavedParts } from "./saved.ts";
import { ScreenConsole } from "./screen-console.ts";
import type { SnapshotNews, SnapshotOrder } from "./snapshot-words.ts";
import { wakeScript } from "./wake-script.ts";

export { MachineReset } from "./emulator.ts";

export interface PcParts extends Omit<PcDevicesParts, "emulator"> {
  readonly hardware: PcHardware;
  /** The file of its booted state, where its image keeps such: it is then without devices until it greets. */
  readonly stateFile: string | undefined;
  /** Where it goes on, if that is no boot. */
  readonly snapshot: PcBegin | undefined;
  /** v86's own module. */
  readonly module: WebAssembly.Module;
  /** A moment in host code: a pause, a kill, or a letter is seen. */
  readonly breathe: () => void;
  /** The guest's name, for itself. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Those to be run, in order: taken out as they are given to the agent. */
  readonly commands: Command[];
  readonly answer: (done: CommandDone) => void;
  /** The same of copies and of snapshots: taken out as they are heeded. */
  readonly copyOrders: CopyOrder[];
  readonly snapshotOrders: SnapshotOrder[];
  readonly tellOfSnapshot: (news: SnapshotNews) => void;
  readonly fresh: () => Fresh;
}

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;

export class Pc {
  readonly #parts: PcParts;
  readonly #emulator: Emulator;
  readonly #streams: Streams;
  readonly #agent: Agent;
  /** In place of the first serial port. */
  readonly #screen: ScreenConsole | undefined;
  readonly #devices: PcDevices;
  readonly #holding: HoldingParts;
  /** What the guest has shown on its first serial port, and not yet been told on. */
  readonly #shown = new Uint8Array(LOG_WRITE_MAX);
  #shownBytes = 0;
  #asked = false;

  /** What it was told of devices before it greeted: copies of the records. Undefined: it is told at once. */
  #held: Uint8Array[] | undefined;
  /** It is what was kept when it had greeted. */
  readonly #restored: boolean;
  #greeted = false;

  /** A PC that is about to start. Rejects where the emulator refuses what it is given. */
  static async make(parts: PcParts): Promise<Pc> {
    const { hardware, module, stateFile, snapshot } = parts;
    const booted = { ...hardware, kernel: undefined, initrd: undefined };
    if (snapshot) return new Pc(parts, await Emulator.start(booted, module), true);
    const kept = stateFile === undefined ? undefined : openState(stateFile);
    if (stateFile === undefined || !kept) return new Pc(parts, await Emulator.start(hardware, module), false);
    try {
      const restored = await Emulator.start(booted, module);
      restored.restore(kept.state, kept.fill);
      return new Pc(parts, restored, true);
    } catch {
      dropState(stateFile);
      return new Pc(parts, await Emulator.start(hardware, module), false);
    } finally {
      kept.close();
    }
  }

  private constructor(parts: PcParts, emulator: Emulator, restored: boolean) {
    this.#parts = parts;
    this.#emulator = emulator;
    this.#restored = restored;
    this.#held = parts.stateFile === undefined && !parts.snapshot ? undefined : [];
    this.#devices = new PcDevices({ ...parts, emulator });
    this.#streams = new Streams(parts.verbs, parts.driver, (at) => this.#takeChange(at));
    this.#agent = new Agent({
      send: (text) => emulator.sendSerial(1, Buffer.from(text)),
      name: parts.name,
      env: parts.env,
      cards: () => this.#devices.cards,
      fresh: parts.fresh,
      greeted: () => (this.#greeted = true),
      answer: parts.answer,
      woken: () => this.#devices.guard(false),
    });
    this.#holding = {
      orders: parts.snapshotOrders,
      tell: parts.tellOfSnapshot,
      unfit: () => this.#unfit,
      busy: () => this.#devices.busy,
      move: () => this.#devices.move(),
      save: () => this.#save(),
      sleep: (ns) => this.#sleep(ns),
    };
    const onScreen = parts.hardware.media?.console === "screen";
    this.#screen = onScreen ? new ScreenConsole(emulator) : undefined;
    emulator.onSerial(0, (byte) => this.#show(byte));
    emulator.onSerial(1, (byte) => this.#agent.hear(byte));
  }

  /** Runs until the machine halts; answers whether it was asked to. Throws what the machine broke with. */
  run(started: () => void): "halted" | "stopped" {
    this.#streams.begin();
    this.#streams.take(FEATURE.segment);
    this.#streams.lookAtDevices();
    this.#goOn();
    started();
    if (this.#restored && this.#held) this.#introduce();
    // Event loop: ends when the machine halts.
    for (;;) {
      this.#attend();
      const waitUs = this.#devices.move();
      const waitMs = this.#emulator.run();
      const collectedUs = this.#devices.collect();
      this.#flush();
      if (this.#emulator.halted) return this.#asked ? "stopped" : "halted";
      if (this.#greeted) this.#introduce();
      else if (collectedUs < 0) this.#parts.breathe();
      else {
        const retryUs = sooner(sooner(waitUs, collectedUs), this.#screen?.waitUs() ?? 0);
        this.#rest(waitMs * NS_PER_MS, retryUs * NS_PER_US);
      }
    }
  }

  /** It has greeted: what it is now is kept, its devices are put in, and it is told who it is. */
  #introduce(): void {
    this.#greeted = false;
    const { stateFile } = this.#parts;
    const held = this.#held ?? [];
    if (this.#held && stateFile !== undefined && !this.#restored)
      keepState(stateFile, this.#emulator.saveApart());
    this.#held = undefined;
    for (const record of held) this.#devices.change(new DataView(record.buffer), 0);
    this.#agent.configure();
  }

  /** From a snapshot: it is what it was then, and is told what has changed. */
  #goOn(): void {
    const { snapshot, name, fresh } = this.#parts;
    if (!snapshot) return;
    const parts = readParts(snapshot.parts);
    this.#devices.plugAs(parts.slots, this.#held ?? []);
    this.#held = undefined;
    this.#emulator.restore(snapshot.state);
    this.#devices.goOn(parts.slots);
    for (const port of [0, 1] as const)
      this.#emulator.restoreInput(port, Uint8Array.from(parts.inputs[port]));
    this.#devices.guard(true);
    const { cards } = this.#devices;
    this.#agent.goOn(parts.agent, wakeScript({ name, cards, fork: snapshot.fork, fresh: fresh() }));
  }

  #save(): PcSnapshot {
    const inputs = ([0, 1] as const).map((port) => [...this.#emulator.inputOf(port)]);
    const parts: SavedParts = {
      slots: this.#devices.save(),
      inputs: inputs as [number[], number[]],
      agent: this.#agent.save(),
    };
    return { parts: JSON.stringify(parts), state: this.#emulator.save() };
  }

  /** Why there can be no snapshot of it: the end of a sentence. */
  get #unfit(): string | undefined {
    if (this.#parts.hardware.media) return "is of class pc: what its drives have is in no snapshot";
    if (!this.#agent.up) return "has no agent that answers: it boots, or its image has none";
    return this.#devices.unfit;
  }

  #sleep(ns: number): void {
    this.#streams.takeSignals();
    this.#streams.doze(ns);
  }

  /** Sleeps until the machine's next timer is due, or it is told something. */
  #rest(timerNs: number, retryNs: number): void {
    if (timerNs <= 0) return this.#parts.breathe();
    this.#streams.doze(retryNs > 0 ? Math.min(timerNs, retryNs) : timerNs);
  }

  #attend(): void {
    this.#streams.takeSignals();
    if (this.#streams.asked && !this.#asked) {
      this.#asked = true;
      this.#agent.stop();
    }
    this.#streams.lookAtDevices();
    heedSnapshots(this.#holding);
    for (const command of this.#parts.commands.splice(0)) this.#agent.run(command);
    // Before it has greeted it has no device.
    if (!this.#held) for (const order of this.#parts.copyOrders.splice(0)) this.#devices.heedCopy(order);
    if (this.#screen) return this.#screen.type((room) => this.#streams.typed(room));
    const room = PC_TYPED_MAX - this.#emulator.unreadSerial(0);
    if (room <= 0) return;
    const typed = this.#streams.typed(room);
    if (typed.length > 0) this.#emulator.sendSerial(0, typed);
  }

  #show(byte: number): void {
    if (this.#screen) return;
    this.#shown[this.#shownBytes++] = byte;
    if (this.#shownBytes === LOG_WRITE_MAX) this.#flush();
  }

  #flush(): void {
    this.#screen?.say((bytes) => this.#streams.show([bytes]));
    if (this.#shownBytes === 0) return;
    const bytes = this.#shown.slice(0, this.#shownBytes);
    this.#shownBytes = 0;
    this.#streams.show([bytes]);
  }

  /** A record of a change of the bus lies at `at` of the driver's memory. */
  #takeChange(at: number): void {
    const { u8, view } = this.#parts.driver;
    if (this.#held) this.#held.push(u8.slice(at, at + CHANGE.size));
    else this.#devices.change(view, at);
  }
}
