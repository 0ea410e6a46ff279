// Makes snapshots of a lab's PCs, and lets PCs go on from them. A guest that is refused has not been touched:
// it is held while its disks are compared, and goes on.

import type { Hypervisor, Outcome, PcMachine, PcSnapshot } from "../../hypervisor/index.ts";
import { isEnd } from "../apply/guest-record.ts";
import { isoTime, type Clock } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { OperationError, sentenceOf } from "../operation-error.ts";
import { ownVersion } from "../own-version.ts";
import { packSnapshot, readHead, readMachine } from "./envelope.ts";
import { differences, SNAPSHOT_FORMAT, type SnapshotDevice, type SnapshotHeader } from "./header.ts";
import type { KeptSnapshot, Shelf } from "./shelf.ts";

/** What is being done of it, and how far that is. */
export interface SnapshotStage {
  readonly stage: "holding" | "disks" | "reading" | "saving" | "writing" | "waking";
  /** Bytes, of the disks. */
  readonly done?: number;
  readonly all?: number;
}

export interface SnapshotOptions {
  /** Must not throw. */
  readonly progressed?: (stage: SnapshotStage) => void;
  readonly signal?: AbortSignal;
}

export interface SnapshotDeskParts {
  readonly hypervisor: Pick<Hypervisor, "pcMachine" | "holdGuest" | "digestVolume" | "runCommand" | "guest">;
  readonly engine: Pick<Engine, "guests" | "lane" | "journal">;
  readonly clock: Clock;
  readonly shelf: Shelf;
}

/** A guest that goes on from a snapshot. */
export interface RestoredSnapshot {
  readonly guest: string;
  readonly name: string;
  /** Address of the guest that it was made of, and when. */
  readonly from: string;
  readonly made: string;
}

/** What a guest was while it was held. */
interface Taken {
  readonly machine: PcMachine;
  readonly devices: readonly SnapshotDevice[];
  readonly snapshot: PcSnapshot;
}

/** A guest that goes on is up when its agent has done this. */
const WOKEN = ":";
const WOKEN_MS = 120_000;

export class SnapshotDesk {
  readonly #parts: SnapshotDeskParts;

  constructor(parts: SnapshotDeskParts) {
    this.#parts = parts;
  }

  /** Throws `OperationError`; then nothing is kept, and the guest goes on. */
  async make(guest: string, name: string, options: SnapshotOptions = {}): Promise<KeptSnapshot> {
    const { shelf, clock } = this.#parts;
    shelf.expectRoom(name);
    // Nothing else changes the lab while it is held.
    const { machine, devices, snapshot } = await this.#parts.engine.lane.run(() =>
      this.#take(guest, options),
    );
    options.progressed?.({ stage: "writing" });
    const facts = {
      format: SNAPSHOT_FORMAT,
      vbus: ownVersion(),
      emulator: machine.emulator,
      name,
      guest,
      made: isoTime(clock),
      imageDigest: machine.imageDigest,
      memory: machine.memory,
      healthy: this.#parts.engine.guests.record(guest)?.healthy ?? false,
      devices,
    };
    const pieces = await packSnapshot(facts, snapshot);
    expectGoing(options);
    const bytes = await shelf.add(name, pieces);
    this.#tell(guest, `snapshot ${name}: ${bytes} bytes`);
    return { name, guest, made: facts.made, bytes, memory: facts.memory, vbus: facts.vbus };
  }

  async #take(guest: string, options: SnapshotOptions): Promise<Taken> {
    const machine = this.#machine(guest);
    options.progressed?.({ stage: "holding" });
    const held = got(await this.#parts.hypervisor.holdGuest(guest, "save"));
    try {
      const devices = await this.#devices(machine, options);
      options.progressed?.({ stage: "saving" });
      return { machine, devices, snapshot: got(await held.save()) };
    } finally {
      await held.release();
    }
  }

  /** Throws `OperationError`; then the guest is as it was, unless the machine itself could not go on. */
  async restore(guest: string, name: string, options: SnapshotOptions = {}): Promise<RestoredSnapshot> {
    // Nothing else changes the lab meanwhile.
    const { guest: from, made } = await this.#parts.engine.lane.run(() =>
      this.#restore(guest, name, options),
    );
    got(await this.#parts.hypervisor.runCommand(guest, WOKEN, WOKEN_MS));
    this.#tell(guest, `goes on from snapshot ${name} of ${from}`);
    return { guest, name, from, made };
  }

  async #restore(guest: string, name: string, options: SnapshotOptions): Promise<SnapshotHeader> {
    const { hypervisor, shelf, engine } = this.#parts;
    const head = await shelf.read(name, readHead);
    const { header } = head;
    const machine = this.#machine(guest);
    refuseFor(name, guest, differences(header, { ...machine, vbus: ownVersion() }));
    options.progressed?.({ stage: "reading" });
    const snapshot = await shelf.read(name, (file) => readMachine(file, head));
    const state = hypervisor.guest(guest)?.state;
    options.progressed?.({ stage: "holding" });
    const isUp = state !== undefined && !isEnd(state);
    const held = isUp ? got(await hypervisor.holdGuest(guest, "replace")) : undefined;
    try {
      refuseFor(name, guest, changedDisks(header, await this.#devices(machine, options)));
      expectGoing(options);
      options.progressed?.({ stage: "waking" });
      got(await engine.guests.goOn(guest, { ...snapshot, fork: header.guest !== guest }, header.healthy));
    } finally {
      await held?.release();
    }
    return header;
  }

  #tell(address: string, message: string): void {
    this.#parts.engine.journal.add({ type: "guest", address, message, level: "info", actor: "control" });
  }

  /** The machine's devices, its disks with what they hold now. */
  async #devices(machine: PcMachine, options: SnapshotOptions): Promise<readonly SnapshotDevice[]> {
    const { hypervisor } = this.#parts;
    const all = machine.devices.reduce((sum, { size = 0 }) => sum + size, 0);
    const devices: SnapshotDevice[] = [];
    let before = 0;
    for (const { volume, ...device } of machine.devices) {
      if (volume === undefined) devices.push(device);
      else {
        const progressed = (done: number): void =>
          options.progressed?.({ stage: "disks", done: before + done, all });
        const { signal } = options;
        const digested = await hypervisor.digestVolume(volume, { progressed, ...(signal && { signal }) });
        devices.push({ ...device, digest: got(digested) });
        before += device.size ?? 0;
      }
    }
    return devices;
  }

  #machine(guest: string): PcMachine {
    const spec = this.#parts.engine.guests.specOf(guest);
    if (!spec) throw new OperationError("failed", `There is no guest \`${guest}\` that could run now.`);
    const machine = this.#parts.hypervisor.pcMachine(spec);
    if (machine.ok) return machine.value;
    throw new OperationError("failed", `\`${guest}\`: ${machine.refusal.message}.`);
  }
}

function changedDisks(header: SnapshotHeader, now: readonly SnapshotDevice[]): readonly string[] {
  return header.devices
    .filter(({ name, digest }) => digest !== now.find((device) => device.name === name)?.digest)
    .map(({ name }) => `\`${name}\` holds something else than it did then`);
}

/** Throws where there is a difference, with all of them. */
function refuseFor(name: string, guest: string, found: readonly string[]): void {
  if (found.length === 0) return;
  const words = found.join("; ");
  throw new OperationError("failed", `VB8001: snapshot \`${name}\` does not fit \`${guest}\`: ${words}.`);
}

function expectGoing({ signal }: SnapshotOptions): void {
  if (signal?.aborted === true) throw new OperationError("failed", "It was called off.");
}

function got<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new OperationError("failed", sentenceOf(outcome.refusal.message));
}
