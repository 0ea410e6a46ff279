// All guests of the machine room: rows, introductions, the watch over them, and reaping. Control thread.

import type { Devices, GuestsOfBus } from "../bus/devices.ts";
import type { Device } from "../bus/bus.ts";
import { refuse, success } from "../bus/outcome.ts";
import type { HostClock } from "../clock.ts";
import { FAULT } from "../datapath/fault.ts";
import { Rows } from "../datapath/plugs.ts";
import { leavePort, portOwner } from "../datapath/port.ts";
import { reapThread, type Reaped } from "../datapath/reap.ts";
import type { DeviceNotice } from "../device/connection.ts";
import { noticeOf } from "../device/notice.ts";
import type {
  GuestFacts,
  GuestSpec,
  GuestState,
  HypervisorEvent,
  Id,
  Outcome,
  RealtimeSpec,
} from "../hypervisor.ts";
import { BOOT_MS_MAX, GUESTS_MAX, PC_START_MS_MAX, WATCHDOG_MS, WATCH_EVERY_MS } from "../limits.ts";
import type { Fabric, GuestMemory, OwnMemory } from "../memory/fabric.ts";
import { WHERE } from "../memory/layout.ts";
import { hearPorts, markFault, startRow, whereOf } from "../memory/threads.ts";
import { askAgent, type AgentDesk } from "./agent-desk.ts";
import { encodeBoot } from "./boot-info.ts";
import { SharedVcpu } from "./carrier.ts";
import type { Carriers } from "./carriers.ts";
import { ControlSender } from "./control-sender.ts";
import { CpuIdle } from "./cpu-idle.ts";
import { Guest } from "./guest.ts";
import { meteredOf } from "./image.ts";
import { Interrupts } from "./interrupts.ts";
import { Introductions, peerLetter } from "./introductions.ts";
import type { BootLetter } from "./letters.ts";
import { afterAwake } from "./patience.ts";
import type { Pool } from "./pool.ts";
import { RamAllocator } from "./ram.ts";
import { holdPc } from "./pc-machine.ts";
import { heldDisk, sees } from "./seen.ts";
import { DedicatedVcpu, type Vcpu } from "./vcpu.ts";
import { wrongMemory, wrongNice, wrongRealtime, wrongSharing, wrongWords } from "./wrong.ts";

export interface GuestsParts {
  readonly fabric: Fabric;
  readonly pool: Pool;
  readonly carriers: Carriers;
  readonly devices: Devices;
  readonly clock: HostClock;
  readonly lab: string;
  readonly tell: (event: HypervisorEvent) => void;
  /** Told what each ended thread was in the middle of; for tests. */
  readonly onReaped?: ((reaped: Reaped) => void) | undefined;
}

export class Guests implements GuestsOfBus {
  readonly #parts: GuestsParts;
  readonly #guests = new Map<Id, Guest>();
  /** Names of guests that wait for their thread. */
  readonly #booting = new Map<Id, Promise<Outcome>>();
  #closed = false;
  readonly #byThread = new Map<number, Guest>();
  readonly #ram = new RamAllocator();
  readonly #rows = new Rows(GUESTS_MAX);
  readonly #introductions = new Introductions();
  /** Guests that have a thread of their own. */
  #dedicated = 0;
  readonly #sender: ControlSender;
  readonly #watch: NodeJS.Timeout;
  readonly #interrupts = new Interrupts();
  readonly #cpuIdle = new CpuIdle();

  constructor(parts: GuestsParts) {
    this.#parts = parts;
    this.#sender = new ControlSender(parts.fabric, () => this.lookForFaults());
    parts.carriers.onGone = (carrier) => this.#introductions.forget(carrier);
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MS);
    this.#watch.unref();
  }

  async boot(id: Id, spec: GuestSpec, snapshot?: BootLetter["snapshot"]): Promise<Outcome> {
    const refused = this.#refusal(id, spec);
    if (refused) return refused;
    const booted = this.#boot(id, spec, snapshot).finally(() => {
      this.#booting.delete(id);
      if (this.#booting.size === 0) this.#parts.pool.rest();
    });
    this.#booting.set(id, booted);
    return booted;
  }

  async #boot(id: Id, spec: GuestSpec, snapshot: BootLetter["snapshot"]): Promise<Outcome> {
    const bus = this.#parts.devices.bus(spec.bus);
    const boot = encodeBoot({ lab: this.#parts.lab, guest: id, args: spec.args, env: spec.env });
    if (!bus) return refuse("missing", `there is no bus \`${spec.bus}\``);
    if (!boot) return refuse("limit", "the arguments and the environment are too long");
    const module = spec.vcpu === "shared" ? await meteredOf(spec.image) : spec.image.module;
    if (typeof module === "string") return refuse("image", module);
    const held = heldDisk(spec, this.#parts.devices);
    if (held) return held;
    const row = this.#rows.take();
    if (row === undefined) return refuse("limit", "there are as many guests as this process can hold");
    const thread = row + 1;
    bus.members.add(id);
    await this.#parts.devices.lines.ready; // So that its first frame takes the line that is declared.
    const guest = await this.#launch(id, spec, { module, thread, boot }, snapshot).catch(String);
    if (typeof guest === "string") {
      bus.members.delete(id);
      this.#rows.give(row);
      return refuse("limit", `no thread or memory for the guest: ${guest}`);
    }
    if (this.#closed) await guest.kill();
    const boundMs = spec.image.files ? PC_START_MS_MAX : BOOT_MS_MAX;
    const off = afterAwake(boundMs, () => guest.giveUp(`did not reach main within ${boundMs / 1000} s`));
    await guest.entered;
    off();
    if (guest.state === "running" || guest.alive || guest.exit !== undefined) return success();
    return refuse("image", guest.reason ?? "the guest ended before it ran");
  }

  async stop(id: Id, graceMs: number): Promise<Outcome> {
    const guest = this.#guests.get(id);
    if (!guest) return refuse("missing", `there is no guest \`${id}\``);
    guest.ask();
    const timer = setTimeout(() => void guest.kill(), graceMs);
    await guest.ended;
    clearTimeout(timer);
    return success();
  }

  async kill(id: Id): Promise<Outcome> {
    const guest = this.#guests.get(id);
    if (!guest) return refuse("missing", `there is no guest \`${id}\``);
    await guest.kill();
    return success();
  }

  async pause(id: Id): Promise<Outcome> {
    const guest = this.#guests.get(id);
    if (!guest) return refuse("missing", `there is no guest \`${id}\``);
    if (guest.state === "paused") return success();
    if (guest.state !== "running") return refuse("busy", `guest \`${id}\` is ${guest.state}, not running`);
    if (await guest.pause()) return success();
    const why = guest.state === "running" ? "does not stand still" : `is ${guest.state}`;
    return refuse("busy", `guest \`${id}\` ${why}`);
  }

  resume(id: Id): Outcome {
    const guest = this.#guests.get(id);
    if (!guest) return refuse("missing", `there is no guest \`${id}\``);
    if (guest.state !== "running" && guest.state !== "paused") {
      return refuse("busy", `guest \`${id}\` is ${guest.state}, not paused`);
    }
    guest.resume();
    return success();
  }

  setNice(id: Id, nice: number): Outcome {
    const guest = this.#guests.get(id);
    if (!guest?.alive) return refuse("missing", `there is no guest \`${id}\` that runs`);
    const wrong = wrongNice(nice);
    if (wrong) return wrong;
    const refused = guest.setNice(nice);
    return refused === undefined
      ? success()
      : refuse("busy", `the system does not let guest \`${id}\` have niceness ${nice} (${refused})`);
  }

  setRealtime(id: Id, spec: RealtimeSpec | undefined): Outcome {
    const guest = this.#guests.get(id);
    if (!guest?.alive) return refuse("missing", `there is no guest \`${id}\` that runs`);
    const wrong = wrongRealtime(spec);
    if (wrong) return wrong;
    guest.setRealtime(spec);
    return success();
  }

  remove(id: Id): Outcome {
    const guest = this.#guests.get(id);
    if (!guest) return refuse("missing", `there is no guest \`${id}\``);
    if (guest.alive) return refuse("busy", `guest \`${id}\` runs`);
    this.#guests.delete(id);
    this.#parts.devices.bus(guest.spec.bus)?.members.delete(id);
    return success();
  }

  /** Types on the console. */
  type(deviceId: Id, text: string): Outcome<number> {
    const device = this.#parts.devices.device(deviceId);
    if (device?.spec.class !== "vconsole") return refuse("missing", `there is no console \`${deviceId}\``);
    const guest = device.openBy === undefined ? undefined : this.#guests.get(device.openBy);
    return this.#sender.type(device, guest?.alive ? guest.memory : undefined, text);
  }

  /** As `SnapshotDoor.holdGuest`. */
  readonly hold = (id: Id, why: "save" | "replace") => holdPc(this.#guests, this.#parts.devices, id, why);

  /** What the agent of a guest answers. */
  ask<T>(id: Id, question: (agent: AgentDesk) => T): T | ReturnType<typeof refuse> {
    return askAgent(this.#guests, id, question);
  }

  facts(id: Id): GuestFacts | undefined {
    return this.#guests.get(id)?.facts();
  }

  states(): ReadonlyMap<Id, GuestState> {
    return new Map([...this.#guests].map(([id, { state }]) => [id, state]));
  }

  all(): readonly GuestFacts[] {
    return [...this.#guests.values()].map((guest) => guest.facts());
  }

  memoryOf(id: Id): OwnMemory | undefined {
    return this.#guests.get(id)?.memory;
  }

  /** The row of its thread. */
  placeOf(id: Id): { readonly thread: number } | undefined {
    return this.#guests.get(id);
  }

  deviceChanged(device: Device): void {
    for (const guest of this.#seeing(device)) guest.send({ type: "device", device: noticeOf(device) }, true);
  }

  deviceGone(device: Device): void {
    for (const guest of this.#seeing(device)) guest.send({ type: "device-gone", id: device.deviceId }, true);
  }

  canReconfigure(thread: number): boolean {
    return this.#byThread.get(thread)?.took("reconfigure") ?? false;
  }

  askToReconfigure(thread: number, device: DeviceNotice, ticket: number): void {
    this.#byThread.get(thread)?.send({ type: "reconfigure", device, ticket }, true);
  }

  introduce(devices: readonly Device[]): void {
    if (this.#dedicated === 0) return;
    const here = new Set(devices.flatMap((device) => [...this.#seeing(device)]));
    const listeners = new Set([...here].map(({ listener }) => listener));
    for (const listener of listeners) this.#introductions.introduce(listener, here);
  }

  userOf(device: Device): Id | undefined {
    // Who is a member and has no thread boots; what it sees isn't known yet.
    return [...(this.#parts.devices.bus(device.bus)?.members ?? [])].find((id) => {
      const guest = this.#guests.get(id);
      return !guest?.alive || sees(guest.spec, device);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#closed = true;
    await Promise.all([...this.#guests.values()].map((guest) => guest.kill()));
    await Promise.all(this.#booting.values());
    this.#interrupts.close();
  }

  #refusal(id: Id, spec: GuestSpec): Outcome | undefined {
    const old = this.#guests.get(id);
    if (old?.alive || this.#booting.has(id)) return refuse("exists", `guest \`${id}\` runs already`);
    const wrong = wrongMemory(spec) ?? wrongSharing(spec) ?? wrongWords(spec);
    return wrong ?? wrongNice(spec.nice ?? 0) ?? wrongRealtime(spec.realtime);
  }

  async #vcpuFor(spec: GuestSpec, thread: number): Promise<Vcpu> {
    const { fabric, pool, carriers, clock } = this.#parts;
    const interrupts = this.#interrupts;
    if (spec.vcpu !== "shared")
      return new DedicatedVcpu({ fabric, clock, thread, interrupts, warm: await pool.take() });
    const carrier = await carriers.take();
    this.#introductions.begin(carrier, this.#byThread.values());
    return new SharedVcpu({ fabric, clock, thread, carrier });
  }

  async #launch(
    id: Id,
    spec: GuestSpec,
    { module, thread, boot }: Pick<BootLetter, "module" | "thread" | "boot">,
    snapshot: BootLetter["snapshot"],
  ): Promise<Guest> {
    const { fabric, clock, devices, tell } = this.#parts;
    const ram = this.#ram.allocate(spec); // First: a carrier that is taken expects its guest.
    const vcpu = await this.#vcpuFor(spec, thread);
    const incarnation = startRow(fabric, thread);
    const seen = [...(devices.bus(spec.bus)?.devices.values() ?? [])].filter((device) => sees(spec, device));
    // Carriers know everybody, so where nobody else is there nobody has to be looked for.
    const neighbours = vcpu.carrier && this.#dedicated === 0 ? [] : this.#neighbours(seen);
    const guest = new Guest(id, spec, ram, {
      fabric,
      clock,
      thread,
      incarnation,
      vcpu,
      module,
      boot,
      devices: seen.map(noticeOf),
      peers: vcpu.carrier ? [] : [...neighbours].map(peerLetter),
      reap: (ended) => this.#reap(ended),
      onState: (changed) => tell(changed.news),
      onLog: (_, text) => tell({ type: "log", id, text }),
      onPorts: () => {
        hearPorts(fabric, thread);
        devices.lookAtPorts(spec.bus, thread, id);
      },
      onWant: ({ listener }, of, wanted) => {
        const guest = this.#byThread.get(of);
        if (guest?.incarnation === wanted) this.#introductions.hand(listener, guest);
      },
      onFault: () => this.lookForFaults(),
      cpuIdle: this.#cpuIdle,
    });
    this.#guests.set(id, guest);
    this.#byThread.set(thread, guest);
    if (!vcpu.carrier) this.#dedicated++;
    if (!vcpu.carrier) this.#introductions.note(guest, neighbours);
    for (const host of devices.hostThreads) host.meet(peerLetter(guest));
    this.#introductions.came(guest, neighbours);
    if (!vcpu.carrier) this.#parts.carriers.flush();
    guest.start(snapshot);
    return guest;
  }

  /** After its thread is gone: claims, counters, ports, and the news to those that knew it. */
  #reap(guest: Guest): void {
    const { fabric, devices } = this.#parts;
    const inVerb = whereOf(fabric, guest.thread) === WHERE.host;
    const reaped = reapThread(fabric, guest.thread, (thread, incarnation) =>
      this.#memoryAt(thread, incarnation),
    );
    this.#parts.onReaped?.(reaped);
    const bus = devices.bus(guest.spec.bus);
    for (const device of bus?.devices.values() ?? [])
      if (portOwner(fabric, device.port) === guest.thread) leavePort(fabric, device.port);
    if (inVerb) this.#wakeAll();
    devices.lookAtPorts(guest.spec.bus, guest.thread, guest.id);
    devices.releaseRemoved(guest.thread);
    bus?.members.delete(guest.id);
    this.#byThread.delete(guest.thread);
    const gone = { type: "peer", thread: guest.thread, incarnation: guest.incarnation } as const;
    for (const host of devices.hostThreads) host.meet(gone);
    this.#introductions.gone(guest);
    if (guest.listener === guest) this.#dedicated--;
    this.#rows.give(guest.thread - 1);
  }

  /**
   * The dead thread may have published without signalling: everybody looks once more. Its devices may be gone
   * by now, or on other networks, so it can't be said who need not.
   */
  #wakeAll(): void {
    const { fabric, devices } = this.#parts;
    for (const device of devices.all()) {
      this.#sender.wake(device, () => {
        const owner = this.#byThread.get(portOwner(fabric, device.port));
        return owner?.alive ? owner.memory : undefined;
      });
      devices.lines.lookAgain(device.port);
    }
    devices.uplinks.lookAgain();
  }

  #look(): void {
    this.#parts.devices.networks.passTime(this.#parts.clock.nowNs());
    for (const guest of this.#guests.values()) {
      if (!guest.alive || !guest.looping(guest.spec.watchdogMs ?? WATCHDOG_MS)) continue;
      markFault(this.#parts.fabric, guest.thread, FAULT.watchdog);
    }
    this.lookForFaults();
  }

  lookForFaults(): void {
    for (const guest of this.#guests.values()) guest.quarantine();
  }

  #memoryAt(thread: number, incarnation: number): GuestMemory | undefined {
    const host = this.#parts.devices.hostThreads.find(({ peer }) => peer.thread === thread);
    if (host) return host.memory;
    const guest = this.#byThread.get(thread);
    return guest?.incarnation === incarnation ? guest.memory : undefined;
  }

  #neighbours(devices: readonly Device[]): Set<Guest> {
    const reached = new Set(devices.flatMap((device) => this.#parts.devices.reachedBy(device)));
    return new Set([...reached].flatMap((device) => [...this.#seeing(device)]));
  }

  *#seeing(device: Device): Iterable<Guest> {
    for (const id of this.#parts.devices.bus(device.bus)?.members ?? []) {
      const guest = this.#guests.get(id);
      if (guest?.alive && sees(guest.spec, device)) yield guest;
    }
  }
}
