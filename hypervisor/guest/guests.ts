// All guests of the machine room: rows, introductions, the watch over them, and reaping. Control thread.

import type { Devices, GuestsOfBus } from "../bus/devices.ts";
import type { Device } from "../bus/bus.ts";
import { refuse, success } from "../bus/outcome.ts";
import type { HostClock } from "../clock.ts";
import { FAULT } from "../datapath/fault.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import { Rows } from "../datapath/plugs.ts";
import { leavePort, portOwner, receivingRing } from "../datapath/port.ts";
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
import {
  BOOT_MS_MAX,
  GUESTS_MAX,
  GUEST_MEMORY_MAX,
  GUEST_MEMORY_MIN,
  WATCHDOG_MS,
  WATCH_EVERY_MS,
} from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { WHERE } from "../memory/layout.ts";
import { hearPorts, markFault, startRow, whereOf } from "../memory/threads.ts";
import { CLAIMED, Claims, generationOf } from "../ring/claims.ts";
import { encodeBoot } from "./boot-info.ts";
import { Guest, allocateRam } from "./guest.ts";
import { Interrupts } from "./interrupts.ts";
import type { Pool } from "./pool.ts";
import { wrongNice, wrongRealtime } from "./wrong.ts";

export interface GuestsParts {
  readonly fabric: Fabric;
  readonly pool: Pool;
  readonly devices: Devices;
  readonly clock: HostClock;
  readonly lab: string;
  readonly tell: (event: HypervisorEvent) => void;
  /** Told what each ended thread was in the middle of; for tests. */
  readonly onReaped?: ((reaped: Reaped) => void) | undefined;
}

const KIB = 1024;
/** Row 0 of the fabric: what the control thread does itself. */
const CONTROL_THREAD = 0;

export class Guests implements GuestsOfBus {
  readonly #parts: GuestsParts;
  readonly #guests = new Map<Id, Guest>();
  /** Names of guests that wait for their thread. */
  readonly #booting = new Map<Id, Promise<Outcome>>();
  #closed = false;
  readonly #byThread = new Map<number, Guest>();
  readonly #rows = new Rows(GUESTS_MAX);
  /** Which guests a guest has been introduced to: thread rows with incarnations. */
  readonly #known = new Map<Guest, Set<Guest>>();
  readonly #typing: Claims;
  readonly #watch: NodeJS.Timeout;
  readonly #interrupts = new Interrupts();

  constructor(parts: GuestsParts) {
    this.#parts = parts;
    this.#typing = new Claims(parts.fabric, CONTROL_THREAD);
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MS);
    this.#watch.unref();
  }

  async boot(id: Id, spec: GuestSpec): Promise<Outcome> {
    const refused = this.#refusal(id, spec);
    if (refused) return refused;
    const booted = this.#boot(id, spec).finally(() => this.#booting.delete(id));
    this.#booting.set(id, booted);
    return booted;
  }

  async #boot(id: Id, spec: GuestSpec): Promise<Outcome> {
    const bus = this.#parts.devices.bus(spec.bus);
    const boot = encodeBoot({ lab: this.#parts.lab, guest: id, args: spec.args, env: spec.env });
    if (!bus) return refuse("missing", `there is no bus \`${spec.bus}\``);
    if (!boot) return refuse("limit", "the arguments and the environment are too long");
    const row = this.#rows.take();
    if (row === undefined) return refuse("limit", "there are as many guests as this process can hold");
    const thread = row + 1;
    bus.members.add(id);
    await this.#parts.devices.lines.ready; // So that its first frame takes the line that is declared.
    const guest = await this.#launch(id, spec, thread, boot).catch((error: unknown) => String(error));
    if (typeof guest === "string") {
      bus.members.delete(id);
      this.#rows.give(row);
      return refuse("limit", `no thread or memory for the guest: ${guest}`);
    }
    if (this.#closed) await guest.kill();
    const timer = setTimeout(
      () => guest.giveUp(`did not reach main within ${BOOT_MS_MAX / 1000} s`),
      BOOT_MS_MAX,
    );
    await guest.entered;
    clearTimeout(timer);
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

  /** Types on the console: the control thread is one more sender to its ring. */
  type(deviceId: Id, text: string): Outcome<number> {
    const { devices, fabric } = this.#parts;
    const device = devices.device(deviceId);
    const guest = device?.openBy === undefined ? undefined : this.#guests.get(device.openBy);
    if (device?.spec.class !== "vconsole") return refuse("missing", `there is no console \`${deviceId}\``);
    const ring = receivingRing(fabric, device.port);
    if (!guest?.alive || ring < 0) return refuse("busy", "no guest reads this console");
    const bytes = new TextEncoder().encode(text);
    const generation = generationOf(fabric, ring);
    if (this.#typing.claim(ring, guest.memory, bytes.length, 0, generation) !== CLAIMED)
      return { ok: true, value: 0 };
    guest.memory.u8.set(bytes, this.#typing.address);
    this.#typing.publish(bytes.length);
    this.#typing.release();
    this.#typing.signal(ring, guest.memory, generation);
    return { ok: true, value: bytes.length };
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

  memoryOf(id: Id): GuestMemory | undefined {
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
    const here = new Set(devices.flatMap((device) => [...this.#seeing(device)]));
    for (const guest of here) for (const other of here) this.#introduceTo(guest, other);
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
    if (spec.memory < GUEST_MEMORY_MIN || spec.memory > GUEST_MEMORY_MAX) {
      return refuse("invalid", "a guest's memory is from 64 KiB to 4 GiB");
    }
    if (spec.memory < spec.image.memoryMin) {
      return refuse(
        "image",
        `the image needs ${spec.image.memoryMin / KIB} KiB of memory, the guest has ${spec.memory / KIB} KiB`,
      );
    }
    return wrongNice(spec.nice ?? 0) ?? wrongRealtime(spec.realtime);
  }

  async #launch(id: Id, spec: GuestSpec, thread: number, boot: Uint8Array): Promise<Guest> {
    const { fabric, pool, clock, devices, tell } = this.#parts;
    const warm = await pool.take();
    const ram = allocateRam(spec);
    const incarnation = startRow(fabric, thread);
    const seen = [...(devices.bus(spec.bus)?.devices.values() ?? [])].filter((device) => sees(spec, device));
    const neighbours = this.#neighbours(seen);
    const guest = new Guest(id, spec, ram, {
      fabric,
      clock,
      thread,
      incarnation,
      warm,
      interrupts: this.#interrupts,
      boot,
      devices: seen.map(noticeOf),
      peers: [...[...neighbours].map(peerLetter), ...devices.hostThreads.map(({ peer }) => peer)],
      reap: (ended) => this.#reap(ended),
      onState: ({ state, exit, reason }) =>
        tell({
          type: "guest",
          id,
          state,
          ...(exit === undefined ? {} : { exit }),
          ...(reason === undefined ? {} : { reason }),
        }),
      onLog: (_, text) => tell({ type: "log", id, text }),
      onPorts: () => {
        hearPorts(fabric, thread);
        devices.lookAtPorts(spec.bus, thread, id);
      },
      onFault: () => this.lookForFaults(),
    });
    this.#guests.set(id, guest);
    this.#byThread.set(thread, guest);
    this.#known.set(guest, new Set(neighbours));
    for (const host of devices.hostThreads) host.meet(peerLetter(guest));
    for (const neighbour of neighbours) this.#introduceTo(neighbour, guest);
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
    for (const device of bus?.devices.values() ?? []) {
      if (portOwner(fabric, device.port) !== guest.thread) continue;
      leavePort(fabric, device.port);
    }
    if (inVerb) this.#wakeAll();
    devices.lookAtPorts(guest.spec.bus, guest.thread, guest.id);
    devices.releaseRemoved(guest.thread);
    bus?.members.delete(guest.id);
    this.#byThread.delete(guest.thread);
    this.#known.delete(guest);
    const gone = { type: "peer", thread: guest.thread, incarnation: guest.incarnation } as const;
    for (const host of devices.hostThreads) host.meet(gone);
    for (const [other, known] of this.#known) {
      if (known.delete(guest)) other.send(gone, false);
    }
    this.#rows.give(guest.thread - 1);
  }

  /**
   * The dead thread may have published without signalling: everybody looks once more. Its devices may be gone
   * by now, or on other networks, so it can't be said who need not.
   */
  #wakeAll(): void {
    const { fabric, devices } = this.#parts;
    for (const device of devices.all()) {
      const ring = receivingRing(fabric, device.port);
      const generation = ring < 0 ? 0 : generationOf(fabric, ring);
      const owner = this.#byThread.get(portOwner(fabric, device.port));
      // One that was replaced meanwhile is looked at by its owner anyway.
      const current = ring >= 0 && receivingRing(fabric, device.port) === ring;
      if (current && owner?.alive) this.#typing.signal(ring, owner.memory, generation);
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

  #introduceTo(guest: Guest, other: Guest): void {
    const known = this.#known.get(guest);
    if (guest === other || !known || known.has(other)) return;
    known.add(other);
    guest.send(peerLetter(other), false);
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

function sees(spec: GuestSpec, device: Device): boolean {
  return spec.use === undefined || spec.use.includes(device.id);
}

function peerLetter(guest: Guest): PeerLetter {
  const { thread, incarnation, memory } = guest;
  return { type: "peer", thread, incarnation, memory: memory.memory };
}
