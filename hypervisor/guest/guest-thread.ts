// The thread of one guest: waits in the pool, boots one guest, ends with it. The composition root of that
// thread.

import { randomFillSync } from "node:crypto";
import { MessageChannel, parentPort, workerData, type MessagePort } from "node:worker_threads";
import { makeSteadyNowNs, systemClock, threadCpuNs } from "../clock.ts";
import { Peers } from "../datapath/peers.ts";
import { countRequest } from "../datapath/port.ts";
import { REALTIME_SPIN_NS } from "../limits.ts";
import type { BusVerbs } from "../machine/wasi/streams.ts";
import { Program, type GivenFolder } from "../machine/wasi/program.ts";
import { viewFabric, viewGuestMemory } from "../memory/fabric.ts";
import { faultOf } from "../memory/threads.ts";
import type { Changes } from "./changes.ts";
import { GuestHost, trapLetter } from "./guest-host.ts";
import { INTERRUPT } from "./interrupts.ts";
import type { DeviceNotice, FolderNotice } from "../device/connection.ts";
import type { BootLetter, GuestLetter, ThreadLetter, ThreadStart } from "./letters.ts";
import { mayBeInOwnWait } from "./own-wait.ts";
import { threadId } from "./thread-id.ts";
import { GuestEnd, type Verbs } from "./verbs.ts";

const control = parentPort as MessagePort;
const start = workerData as ThreadStart;
const fabric = viewFabric(start.fabric);
const steadyNowNs = makeSteadyNowNs();
const { port1: inbox, port2: inboxForControl } = new MessageChannel();

function tell(letter: ThreadLetter): void {
  control.postMessage(letter);
}

function boot(letter: BootLetter): void {
  const { thread } = letter;
  const peers = new Peers<GuestLetter>(fabric, thread, inbox, (news) => host.heed(news));
  for (const peer of letter.peers) peers.take(peer);
  // Two devices of one guest may be on one network.
  peers.take({ type: "peer", thread, incarnation: letter.incarnation, memory: letter.memory });
  const { pump } = start;
  const host = new GuestHost(letter, peers, { fabric, pump, spinNs: REALTIME_SPIN_NS, steadyNowNs, tell });
  const { verbs } = host;
  const interrupted = (): boolean => verbs.interrupted(() => mayBeInOwnWait(letter.code));
  Object.defineProperty(globalThis, INTERRUPT, { value: interrupted });
  run(letter, verbs, () =>
    letter.programMemory ? runProgram(letter, verbs, host.changes) : runMain(letter, verbs),
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
    else tell(trapLetter(error));
  }
}

control.once("message", boot);
control.postMessage({ type: "ready", tid: threadId(), inbox: inboxForControl }, [inboxForControl]);
