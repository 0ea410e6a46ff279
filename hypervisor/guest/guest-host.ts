// What the host has for one guest on the thread that runs it, whether it has that to itself or not: its
// verbs, what it is told of its bus, its log, its switch.

import { openStore } from "../backend/volume/open-store.ts";
import { systemClock } from "../clock.ts";
import type { Peers } from "../datapath/peers.ts";
import { Pumps } from "../datapath/pump.ts";
import { Switch } from "../datapath/switch.ts";
import type { Urgency } from "../device/connection.ts";
import { Timers } from "../device/vclock/timers.ts";
import type { RealtimeSpec } from "../hypervisor.ts";
import type { Command } from "../machine/pc/agent.ts";
import type { CopyOrder } from "../machine/pc/copy-words.ts";
import type { SnapshotOrder } from "../machine/pc/snapshot-words.ts";
import { viewGuestMemory, type Fabric, type GuestMemory } from "../memory/fabric.ts";
import { markFault, ringPorts } from "../memory/threads.ts";
import { LogWriter } from "../ring/log-ring.ts";
import { Changes } from "./changes.ts";
import type { BootLetter, GuestLetter, ThreadLetter } from "./letters.ts";
import { GuestEnd, Verbs } from "./verbs.ts";

export interface GuestHostParts {
  readonly fabric: Fabric;
  readonly pump: WebAssembly.Module;
  /** Copy instances at most. */
  readonly pairs?: number;
  /** How long it looks before it sleeps while it is realtime, nanoseconds. */
  readonly spinNs: number;
  readonly steadyNowNs: () => number;
  readonly tell: (letter: ThreadLetter) => void;
}

/** The others, as a guest's verbs see them. */
export type PeersOfGuest = Pick<Peers<never>, "memoryOf" | "readMail" | "wants">;

/** Of a boot letter what is the same for guests of every kind. */
type HostedLetter = Omit<BootLetter, "module" | "code" | "peers">;

export class GuestHost {
  readonly memory: GuestMemory;
  readonly verbs: Verbs;
  readonly changes = new Changes();
  readonly timers = new Timers();
  /** For its agent: who runs them takes them out. */
  readonly commands: Command[] = [];
  readonly copyOrders: CopyOrder[] = [];
  readonly snapshotOrders: SnapshotOrder[] = [];
  /** May change while it runs. */
  readonly urgency: Urgency;
  readonly #spinNs: number;

  constructor(letter: HostedLetter, peers: PeersOfGuest, parts: GuestHostParts) {
    const { fabric, tell, steadyNowNs, spinNs } = parts;
    const { thread } = letter;
    this.#spinNs = spinNs;
    const memory = viewGuestMemory(letter.memory);
    this.memory = memory;
    for (const device of letter.devices) this.changes.put(device);
    this.urgency = this.#urgencyOf(letter.realtime);
    const fault = (broken: number, reason: number): void => {
      if (markFault(fabric, broken, reason)) tell({ type: "fault" });
      if (broken === thread) throw new GuestEnd();
    };
    let made: Switch | undefined;
    const makeSwitch = (): Switch => {
      const pumps = new Pumps(parts.pump, fabric, memory, parts.pairs);
      const want = (of: number, incarnation: number): void => {
        if (peers.wants(of, incarnation)) tell({ type: "want", thread: of, incarnation });
      };
      return new Switch({ fabric, thread, memory, peers, pumps, want, fault, nowNs: steadyNowNs });
    };
    this.verbs = new Verbs({
      fabric,
      thread,
      incarnation: letter.incarnation,
      memory,
      boot: letter.boot,
      offered: letter.offered,
      log: new LogWriter(letter.log, () => tell({ type: "log" })),
      changes: this.changes,
      fault,
      nowNs: systemClock.nowNs,
      steadyNowNs,
      wallNs: systemClock.wallNs,
      peers,
      timers: this.timers,
      urgency: this.urgency,
      switchOf: () => (made ??= makeSwitch()),
      openStore,
      readMail: () => peers.readMail(),
      portsChanged: () => {
        if (ringPorts(fabric, thread)) tell({ type: "ports" });
      },
    });
  }

  /** A letter of control about it. */
  heed(news: GuestLetter): void {
    const { verbs, changes } = this;
    switch (news.type) {
      case "stop":
        return verbs.askToStop();
      case "command":
        return void this.commands.push(news);
      case "copy":
        return void this.copyOrders.push(news.order);
      case "snapshot":
        return void this.snapshotOrders.push(news.order);
      case "realtime":
        return void Object.assign(this.urgency, this.#urgencyOf(news.realtime));
      case "device":
        changes.put(news.device);
        return verbs.changeDevice(news.device);
      case "reconfigure":
        changes.want(news.device, news.ticket);
        return verbs.wantDevice(news.device, news.ticket);
      case "device-gone":
        changes.drop(news.id);
        return verbs.dropDevice(news.id);
    }
  }

  #urgencyOf(realtime: RealtimeSpec | undefined): Urgency {
    return { deadlineNs: realtime?.deadlineNs ?? Infinity, spinNs: realtime ? this.#spinNs : 0 };
  }
}

/** How a guest ended that was left by this. */
export function trapLetter(error: unknown): ThreadLetter {
  return { type: "trapped", message: error instanceof Error ? error.message : "an exception of its own" };
}
