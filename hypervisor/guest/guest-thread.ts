// The thread of one guest: waits in the pool, boots one guest, ends with it. The composition root of that
// thread.

import { randomFillSync } from "node:crypto";
import { readlinkSync } from "node:fs";
import { MessageChannel, parentPort, workerData, type MessagePort } from "node:worker_threads";
import { openStore } from "../backend/volume/open-store.ts";
import { makeSteadyNowNs, systemClock, threadCpuNs } from "../clock.ts";
import { Peers } from "../datapath/peers.ts";
import { Pumps } from "../datapath/pump.ts";
import { countRequest } from "../datapath/port.ts";
import { Switch } from "../datapath/switch.ts";
import type { Urgency } from "../device/connection.ts";
import { Timers } from "../device/vclock/timers.ts";
import type { RealtimeSpec } from "../hypervisor.ts";
import { REALTIME_SPIN_NS } from "../limits.ts";
import type { BusVerbs } from "../machine/wasi/streams.ts";
import { Program, type GivenFolder } from "../machine/wasi/program.ts";
import { viewFabric, viewGuestMemory } from "../memory/fabric.ts";
import { faultOf, markFault, ringPorts } from "../memory/threads.ts";
import { LogWriter } from "../ring/log-ring.ts";
import { Changes } from "./changes.ts";
import { INTERRUPT } from "./interrupts.ts";
import type { DeviceNotice, FolderNotice } from "../device/connection.ts";
import type { BootLetter, InboxLetter, ThreadLetter, ThreadStart } from "./letters.ts";
import { mayBeInOwnWait } from "./own-wait.ts";
import { GuestEnd, Verbs } from "./verbs.ts";

type OwnLetter = Exclude<InboxLetter, { readonly type: "peer" }>;

const control = parentPort as MessagePort;
const start = workerData as ThreadStart;
const fabric = viewFabric(start.fabric);
const steadyNowNs = makeSteadyNowNs();
const { port1: inbox, port2: inboxForControl } = new MessageChannel();

function tell(letter: ThreadLetter): void {
  control.postMessage(letter);
}

/** The kernel's id of this thread, for accounting; 0 where there is no /proc. */
function threadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").pop());
  } catch {
    return 0;
  }
}

function urgencyOf(realtime: RealtimeSpec | undefined): Urgency {
  return { deadlineNs: realtime?.deadlineNs ?? Infinity, spinNs: realtime ? REALTIME_SPIN_NS : 0 };
}

function boot(letter: BootLetter): void {
  const { thread } = letter;
  const memory = viewGuestMemory(letter.memory);
  const changes = new Changes();
  for (const device of letter.devices) changes.put(device);
  const urgency = urgencyOf(letter.realtime);
  const log = new LogWriter(letter.log, () => tell({ type: "log" }));
  const peers = new Peers<OwnLetter>(fabric, thread, inbox, (news) => {
    if (news.type === "stop") return verbs.askToStop();
    if (news.type === "realtime") return void Object.assign(urgency, urgencyOf(news.realtime));
    if (news.type === "device") {
      changes.put(news.device);
      return verbs.changeDevice(news.device);
    }
    if (news.type === "reconfigure") {
      changes.want(news.device, news.ticket);
      return verbs.wantDevice(news.device, news.ticket);
    }
    changes.drop(news.id);
    verbs.dropDevice(news.id);
  });
  for (const peer of letter.peers) peers.take(peer);
  // Two devices of one guest may be on one network.
  peers.take({ type: "peer", thread, incarnation: letter.incarnation, memory: letter.memory });
  const fault = (broken: number, reason: number): void => {
    if (markFault(fabric, broken, reason)) tell({ type: "fault" });
    if (broken === thread) throw new GuestEnd();
  };
  const nowNs = systemClock.nowNs;
  const pumps = new Pumps(start.pump, fabric, memory);
  const verbs = new Verbs({
    fabric,
    thread,
    incarnation: letter.incarnation,
    memory,
    boot: letter.boot,
    offered: letter.offered,
    log,
    changes,
    fault,
    nowNs,
    steadyNowNs,
    wallNs: systemClock.wallNs,
    peers,
    timers: new Timers(),
    urgency,
    switch: new Switch({ fabric, thread, memory, peers, pumps, fault, nowNs: steadyNowNs }),
    openStore,
    readMail: () => peers.readMail(),
    portsChanged: () => {
      if (ringPorts(fabric, thread)) tell({ type: "ports" });
    },
  });
  const interrupted = (): boolean => verbs.interrupted(() => mayBeInOwnWait(letter.code));
  Object.defineProperty(globalThis, INTERRUPT, { value: interrupted });
  run(letter, verbs, () =>
    letter.programMemory ? runProgram(letter, verbs, changes) : runMain(letter, verbs),
  );
}

/** What a guest ended with, or that it was asked to end. */
type End = number | "stopped";

function runMain(letter: BootLetter, verbs: Verbs): End {
  const imports = { env: { memory: letter.memory }, vbus: verbs.imports() };
  const { main } = new WebAssembly.Instance(letter.module, imports).exports;
  tell({ type: "running" });
  return (main as () => number)();
}

function runProgram(letter: BootLetter, verbs: Verbs, changes: Changes): End {
  const { module, boot, memory, programMemory } = letter;
  const bus = verbs.imports() as unknown as BusVerbs;
  const program = new Program({
    module,
    boot,
    memory: programMemory as WebAssembly.Memory,
    driver: viewGuestMemory(memory),
    verbs: bus,
    inHost: (work) => verbs.inHost(work),
    nowNs: systemClock.nowNs,
    wallNs: systemClock.wallNs,
    cpuNs: threadCpuNs,
    random: (into) => void randomFillSync(into),
    folders: letter.devices.flatMap((device) => folderOf(device, bus, changes)),
  });
  return program.run(() => tell({ type: "running" }));
}

/** A folder that is the program's from its start, if nobody else has it open. */
function folderOf({ id, folder, port }: DeviceNotice, bus: BusVerbs, changes: Changes): GivenFolder[] {
  if (!folder || bus.open(id, 1) < 0) return [];
  const now = (): FolderNotice | undefined => {
    const device = changes.present(id);
    return device?.port === port ? device.folder : undefined;
  };
  return [
    {
      ...folder,
      present: () => now() !== undefined,
      readonly: () => now()?.readonly !== false,
      count: (what, bytes) => countRequest(fabric, port, what, bytes),
    },
  ];
}

function run(letter: BootLetter, verbs: Verbs, work: () => End): void {
  try {
    const end = work();
    verbs.closeAll();
    tell(end === "stopped" ? { type: "stopped" } : { type: "returned", exit: end });
  } catch (error) {
    if (error instanceof GuestEnd || faultOf(fabric, letter.thread) !== 0) tell({ type: "fault" });
    else
      tell({ type: "trapped", message: error instanceof Error ? error.message : "an exception of its own" });
  }
}

control.once("message", boot);
control.postMessage({ type: "ready", tid: threadId(), inbox: inboxForControl }, [inboxForControl]);
