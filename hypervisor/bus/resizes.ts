// Devices that are to have other rings while a guest has them open: the guest is asked, and what it was
// asked for holds when it has acknowledged. Control thread.

import { askToReconfigure, isAskedFor, portOwner, withdraw } from "../datapath/port.ts";
import type { DeviceNotice } from "../device/connection.ts";
import { noticeOf } from "../device/notice.ts";
import type { DeviceSpec, Outcome } from "../hypervisor.ts";
import { RECONFIGURE_MS } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import type { Device } from "./bus.ts";
import { refuse, success } from "./outcome.ts";

interface Asked {
  readonly spec: DeviceSpec;
  /** The thread row that has the device open. */
  readonly thread: number;
  readonly ticket: number;
  readonly timer: NodeJS.Timeout;
  readonly settle: (outcome: Outcome) => void;
}

export interface ResizeParts {
  readonly canReconfigure: (thread: number) => boolean;
  readonly ask: (thread: number, device: DeviceNotice, ticket: number) => void;
  /** The device is like this from now on: its guests are to be told. */
  readonly done: (device: Device, spec: DeviceSpec) => void;
}

const TICKETS = 0x7fff_ffff;

export class Resizes {
  readonly #fabric: Fabric;
  readonly #parts: ResizeParts;
  readonly #asked = new Map<Device, Asked>();
  #tickets = 0;

  constructor(fabric: Fabric, parts: ResizeParts) {
    this.#fabric = fabric;
    this.#parts = parts;
  }

  /** Nobody has it open, or a guest that knows how. */
  possible({ port }: Device): boolean {
    const thread = portOwner(this.#fabric, port);
    return thread === 0 || this.#parts.canReconfigure(thread);
  }

  isAsked(device: Device): boolean {
    return this.#asked.has(device);
  }

  /** Makes the device like `spec`. Resolves when it is, or when all is as before. */
  ask(device: Device, spec: DeviceSpec): Promise<Outcome> {
    const { id, port } = device;
    const thread = portOwner(this.#fabric, port);
    if (this.isAsked(device)) return answer(refuse("busy", `device \`${id}\` is being reconfigured`));
    if (thread === 0) {
      this.#parts.done(device, spec);
      return answer(success());
    }
    if (!this.possible(device))
      return answer(refuse("busy", `the guest that has \`${id}\` open can't change its rings while it runs`));
    const ticket = (this.#tickets = (this.#tickets % TICKETS) + 1);
    const { promise, resolve: settle } = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => this.#giveUp(device), RECONFIGURE_MS);
    this.#asked.set(device, { spec, thread, ticket, timer, settle });
    askToReconfigure(this.#fabric, port, ticket);
    this.#parts.ask(thread, noticeOf({ ...device, spec }), ticket);
    return promise;
  }

  /** The device's guest may have acknowledged, or let it go. */
  look(device: Device): void {
    const asked = this.#asked.get(device);
    if (!asked) return;
    const { thread, ticket } = asked;
    const waits = isAskedFor(this.#fabric, device.port, ticket);
    if (waits && portOwner(this.#fabric, device.port) === thread) return;
    // Let go without a word: who opens it next is told how it is.
    withdraw(this.#fabric, device.port, ticket);
    this.#end(device, asked, success());
  }

  /** The device is going. */
  forget(device: Device): void {
    const asked = this.#asked.get(device);
    if (!asked) return;
    withdraw(this.#fabric, device.port, asked.ticket);
    this.#asked.delete(device);
    clearTimeout(asked.timer);
    asked.settle(refuse("missing", `device \`${device.id}\` was removed`));
  }

  #giveUp(device: Device): void {
    const asked = this.#asked.get(device);
    if (!asked) return;
    if (!withdraw(this.#fabric, device.port, asked.ticket)) return this.#end(device, asked, success());
    const late = `the guest did not acknowledge \`${device.id}\` within ${RECONFIGURE_MS} ms`;
    this.#end(device, asked, refuse("late", `${late}; its rings are as before`));
  }

  #end(device: Device, { spec, timer, settle }: Asked, outcome: Outcome): void {
    clearTimeout(timer);
    this.#asked.delete(device);
    // Also where it is as before: what was asked for is not to be done any more.
    this.#parts.done(device, outcome.ok ? spec : device.spec);
    settle(outcome);
  }
}

function answer(outcome: Outcome): Promise<Outcome> {
  return Promise.resolve(outcome);
}
