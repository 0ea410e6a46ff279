// One guest's life on the control thread: boot, its thread's letters, stop, kill, and the end with its
// reason.

import type { HostClock } from "../clock.ts";
import { faultText } from "../datapath/fault.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import type { GuestFacts, GuestSpec, GuestState, HypervisorEvent, Id, RealtimeSpec } from "../hypervisor.ts";
import { LOG_RING_BYTES, SHARED_LOG_RING_BYTES } from "../limits.ts";
import type { Fabric, OwnMemory } from "../memory/fabric.ts";
import {
  eventsOf,
  exitsOf,
  faultOf,
  featuresOf,
  interruptsOf,
  lateOf,
  signalsOf,
} from "../memory/threads.ts";
import { FEATURE, FEATURE_NAMES, type FeatureName } from "../ring/abi.ts";
import { LogReader, createLogRing } from "../ring/log-ring.ts";
import { askToStop, tellChange, wake } from "../ring/signal.ts";
import { AgentDesk } from "./agent-desk.ts";
import { bootLetter } from "./boot-letter.ts";
import type { CpuIdle } from "./cpu-idle.ts";
import { Holds } from "./holds.ts";
import type { BootLetter, DeviceNotice, GuestLetter, InboxLetter, ThreadLetter } from "./letters.ts";
import type { GuestRam } from "./ram.ts";
import { niceOf, type Listener, type Vcpu } from "./vcpu.ts";

/** A sleeping guest is woken to read its letters when so many wait. */
const LETTERS_MAX = 64;

export interface GuestParts {
  readonly fabric: Fabric;
  readonly clock: HostClock;
  readonly thread: number;
  readonly incarnation: number;
  readonly vcpu: Vcpu;
  /** What it runs: its image's, or that metered. */
  readonly module: WebAssembly.Module;
  readonly boot: Uint8Array;
  readonly devices: readonly DeviceNotice[];
  readonly peers: readonly PeerLetter[];
  /** The thread has ended: reap it. Called once, before the promise of `ended`. */
  readonly reap: (guest: Guest) => void;
  readonly onState: (guest: Guest) => void;
  readonly onLog: (guest: Guest, text: string) => void;
  readonly onPorts: (guest: Guest) => void;
  /** It is to be given the memory of the guest in a thread row. */
  readonly onWant: (guest: Guest, thread: number, incarnation: number) => void;
  /** Somebody's fault word was set. */
  readonly onFault: () => void;
  readonly cpuIdle: CpuIdle;
}

export class Guest implements Listener {
  readonly id: Id;
  readonly spec: GuestSpec;
  readonly thread: number;
  readonly incarnation: number;
  readonly memory: OwnMemory;
  /** See `GuestRam`. */
  readonly isCounted: boolean;
  /** Settles when its thread is gone and everything is reaped. */
  readonly ended: Promise<void>;
  readonly #gone = Promise.withResolvers<void>();
  state: GuestState = "booting";
  exit: number | undefined;
  reason: string | undefined;
  readonly #parts: GuestParts;
  readonly #ramBytes: number;
  readonly #vcpu: Vcpu;
  readonly #log: LogReader;
  readonly #letter: BootLetter;
  readonly #bootedNs: number;
  /** What its agent does, if it has one. */
  readonly agent: AgentDesk;
  readonly holds: Holds;
  readonly #running = Promise.withResolvers<void>();
  #endedNs: number | undefined;
  #pausing: Promise<boolean> | undefined;
  #cpu = { cpuMs: 0, queueMs: 0 };
  #nice = 0;
  /** What it has while it is not realtime. */
  #usualNice: number;
  #realtime: RealtimeSpec | undefined;
  #goesBefore: string | undefined;
  #exits = 0;
  #signals = 0;
  #interrupts = 0;
  #late = 0;
  #askedToStop = false;
  #letters = 0;
  /** CPU time when it last entered the host, for the watchdog. */
  #cpuAtExit = 0;

  constructor(id: Id, spec: GuestSpec, ram: GuestRam, parts: GuestParts) {
    this.ended = this.#gone.promise;
    this.id = id;
    this.spec = spec;
    this.thread = parts.thread;
    this.incarnation = parts.incarnation;
    this.memory = ram.memory;
    this.isCounted = ram.isCounted;
    this.#ramBytes = ram.bytes;
    this.#parts = parts;
    this.#vcpu = parts.vcpu;
    this.#bootedNs = parts.clock.nowNs();
    this.agent = new AgentDesk((letter) => this.send(letter, true));
    this.holds = new Holds({
      name: id,
      send: (order) => this.send({ type: "snapshot", order }, true),
      letRun: () => {
        if (this.state === "paused") this.#vcpu.pause.end();
      },
      standStill: async () => {
        if (this.state === "paused") await this.#vcpu.pause.begin(() => undefined);
      },
    });
    this.#usualNice = spec.nice ?? 0;
    this.#realtime = spec.realtime;
    const refused = this.#go();
    if (spec.realtime !== undefined) this.#goesBefore = refused;
    const log = createLogRing(this.#vcpu.kind === "shared" ? SHARED_LOG_RING_BYTES : LOG_RING_BYTES);
    this.#log = new LogReader(log);
    this.#letter = bootLetter(id, spec, ram, log, parts);
  }

  /** Starts its thread. Once, and not before everybody that it may send to has been told of it. */
  start(snapshot?: BootLetter["snapshot"]): void {
    // It is large, and nobody needs it any more once it is sent.
    this.#vcpu.boot(snapshot ? { ...this.#letter, snapshot } : this.#letter, {
      said: (said) => this.#take(said),
      broke: (why) => (this.reason ??= why),
      gone: () => {
        this.#finish();
        this.#gone.resolve();
      },
    });
  }

  /** Who has to know its neighbours. */
  get listener(): Listener {
    return this.#vcpu.carrier ?? this;
  }

  meet(letter: PeerLetter): void {
    this.send(letter, false);
  }

  /** Resolves when main has been entered or the guest has ended before. */
  get entered(): Promise<void> {
    return this.#running.promise;
  }

  /** Whether it has agreed to a feature. */
  took(feature: FeatureName): boolean {
    return (featuresOf(this.#parts.fabric, this.thread) & FEATURE[feature]) !== 0;
  }

  get alive(): boolean {
    return this.#endedNs === undefined;
  }

  /** Puts a letter into the guest's inbox; `tell` also says that its devices have changed. */
  send(letter: InboxLetter, tell: boolean): void {
    if (!this.alive) return;
    this.#vcpu.send(letter as GuestLetter);
    const events = eventsOf(this.#parts.fabric, this.thread);
    if (tell) tellChange(this.memory, events);
    else if (++this.#letters % LETTERS_MAX === 0) wake(this.memory, events, true);
  }

  /** Asks it to end by itself. */
  ask(): void {
    if (!this.alive || this.state === "stopping") return;
    this.#askedToStop = true;
    this.#vcpu.pause.end();
    this.#setState("stopping");
    // Both: a guest that has no event area yet reads the letter when it makes one.
    this.send({ type: "stop" }, false);
    askToStop(this.memory, eventsOf(this.#parts.fabric, this.thread));
  }

  /**
   * Makes a running guest stand still. False where it could not be, or no longer: it ended, was asked to
   * stop, was resumed, or was not reached in time.
   */
  pause(): Promise<boolean> {
    this.#pausing ??= this.#vcpu.pause
      .begin(() => {
        if (this.state === "running") this.#setState("paused");
      })
      .finally(() => (this.#pausing = undefined));
    return this.#pausing;
  }

  /** Lets a paused guest run on, also one that does not stand still yet. */
  resume(): void {
    this.#vcpu.pause.end();
    if (this.state === "paused") this.#setState("running");
  }

  /** Why not, where the system refuses. A realtime guest has it when it is none any more. */
  setNice(nice: number): string | undefined {
    const before = this.#usualNice;
    this.#usualNice = nice;
    const refused = this.#realtime ? undefined : this.#go();
    if (refused !== undefined) this.#usualNice = before;
    return refused;
  }

  /** How urgent it is from now on; a sleeping guest, from its next wake-up. */
  setRealtime(spec: RealtimeSpec | undefined): void {
    this.#realtime = spec;
    this.#goesBefore = this.#go();
    this.send({ type: "realtime", realtime: spec }, false);
  }

  #go(): string | undefined {
    const nice = this.#realtime ? niceOf(this.#realtime) : this.#usualNice;
    this.#parts.cpuIdle.keepAwake(this, this.alive && this.#realtime !== undefined);
    const refused = this.#vcpu.goAt(nice, this.#realtime);
    if (refused === undefined) this.#nice = nice;
    return refused;
  }

  /** Ends it as failed, for this reason. */
  giveUp(reason: string): void {
    this.reason ??= reason;
    this.#end();
  }

  /** Ends its thread wherever it is. */
  async kill(): Promise<void> {
    this.#askedToStop = true;
    this.#end();
    await this.ended;
  }

  /** Ends it for what stands in its fault word. */
  quarantine(): void {
    if (!this.alive || faultOf(this.#parts.fabric, this.thread) === 0) return;
    this.#end();
  }

  /** True when it has burned more CPU than its watchdog allows without entering the host. */
  looping(watchdogMs: number): boolean {
    this.#readCpu();
    const { cpuMs: cpu } = this.#cpu;
    if (!this.alive || cpu === 0) return false;
    const exits = exitsOf(this.#parts.fabric, this.thread);
    if (exits !== this.#exits || this.#cpuAtExit === 0) {
      this.#exits = exits;
      this.#cpuAtExit = cpu;
      return false;
    }
    return cpu - this.#cpuAtExit > watchdogMs;
  }

  /** What is told of its state. */
  get news(): HypervisorEvent {
    const { id, state, exit, reason } = this;
    return {
      type: "guest",
      id,
      state,
      ...(exit === undefined ? {} : { exit }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  facts(): GuestFacts {
    const { fabric, clock } = this.#parts;
    const live = this.alive;
    if (live) this.#readCpu();
    return {
      id: this.id,
      state: this.state,
      ...(this.exit === undefined ? {} : { exit: this.exit }),
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      bus: this.spec.bus,
      imageDigest: this.spec.image.digest,
      vcpu: this.#vcpu.kind,
      memory: this.#ramBytes,
      features: live ? FEATURE_NAMES.filter((name) => this.took(name)) : [],
      uptimeMs: ((this.#endedNs ?? clock.nowNs()) - this.#bootedNs) / 1e6,
      ...this.#cpu,
      nice: this.#nice,
      ...(this.#realtime && {
        realtime: { ...this.#realtime, ...(this.#goesBefore !== undefined && { refused: this.#goesBefore }) },
      }),
      late: live ? lateOf(fabric, this.thread) : this.#late,
      exits: live ? exitsOf(fabric, this.thread) : this.#exits,
      signals: live ? signalsOf(fabric, this.thread) : this.#signals,
      interrupts: live ? interruptsOf(fabric, this.thread) : this.#interrupts,
    };
  }

  #end(): void {
    if (this.alive) this.#vcpu.end();
  }

  #readCpu(): void {
    this.#cpu = this.#vcpu.cpu() ?? this.#cpu;
  }

  #take(letter: ThreadLetter): void {
    switch (letter.type) {
      case "running":
        if (this.state === "booting") this.#setState("running");
        this.#running.resolve();
        return;
      case "returned":
        this.exit = letter.exit;
        this.#end();
        return;
      case "stopped":
        this.#end();
        return;
      case "trapped":
        this.reason ??= `trap: ${letter.message}`;
        this.#end();
        return;
      case "log":
        this.#readLog();
        return;
      case "ports":
        this.#parts.onPorts(this);
        return;
      case "want":
        this.#parts.onWant(this, letter.thread, letter.incarnation);
        return;
      case "command-done":
      case "copy":
        this.agent.hear(letter);
        return;
      case "snapshot":
        this.holds.hear(letter.news);
        return;
      case "failed":
        this.reason ??= letter.reason;
        this.#end();
        return;
      case "fault":
        this.#parts.onFault();
        return;
      case "ready":
        return;
    }
  }

  #readLog(): void {
    const text = this.#log.read();
    if (text !== "") this.#parts.onLog(this, text);
  }

  #finish(): void {
    this.agent.end();
    this.holds.end();
    const { fabric, clock, cpuIdle } = this.#parts;
    cpuIdle.keepAwake(this, false);
    this.#readLog();
    this.#exits = exitsOf(fabric, this.thread);
    this.#signals = signalsOf(fabric, this.thread);
    this.#interrupts = interruptsOf(fabric, this.thread);
    this.#late = lateOf(fabric, this.thread);
    const fault = faultOf(fabric, this.thread);
    this.#endedNs = clock.nowNs();
    this.#parts.reap(this);
    this.#setState(this.#endState(fault));
    this.#running.resolve();
  }

  #endState(fault: number): GuestState {
    if (fault !== 0) {
      this.reason = faultText(fault);
      return "quarantined";
    }
    if (this.#askedToStop && this.reason === undefined) return "stopped";
    if (this.exit === 0) return "completed";
    if (this.exit !== undefined) this.reason ??= `main returned ${this.exit}`;
    this.reason ??= "its thread ended";
    return "failed";
  }

  #setState(state: GuestState): void {
    this.state = state;
    this.#parts.onState(this);
  }
}
