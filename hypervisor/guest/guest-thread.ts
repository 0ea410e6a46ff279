// The thread of one guest: waits in the pool, boots one guest, ends with it. The composition root of that
// thread.

import { MessageChannel, parentPort, workerData, type MessagePort } from "node:worker_threads";
import { makeSteadyNowNs } from "../clock.ts";
import { Peers } from "../datapath/peers.ts";
import { REALTIME_SPIN_NS } from "../limits.ts";
import { viewFabric } from "../memory/fabric.ts";
import { faultOf } from "../memory/threads.ts";
import { GuestHost, trapLetter } from "./guest-host.ts";
import { INTERRUPT } from "./interrupts.ts";
import type { BootLetter, GuestLetter, ThreadLetter, ThreadStart } from "./letters.ts";
import { runMachine, type End } from "./machines.ts";
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
  for (const peer of [...start.hosts, ...letter.peers]) peers.take(peer);
  // Two devices of one guest may be on one network.
  peers.take({ type: "peer", thread, incarnation: letter.incarnation, memory: letter.memory });
  const { pump } = start;
  const host = new GuestHost(letter, peers, { fabric, pump, spinNs: REALTIME_SPIN_NS, steadyNowNs, tell });
  const { verbs } = host;
  const sleeps = (): boolean => letter.pc === undefined && mayBeInOwnWait(letter.code);
  Object.defineProperty(globalThis, INTERRUPT, { value: () => verbs.interrupted(sleeps) });
  void run(letter, verbs, () => runMachine({ letter, host, fabric, tell }));
}

/** Runs the guest, whatever it is, and tells how it ended. */
async function run({ thread }: BootLetter, verbs: Verbs, work: () => Promise<End> | End): Promise<void> {
  try {
    const end = await work();
    verbs.closeAll();
    if (end === "stopped") tell({ type: "stopped" });
    else
      tell(
        typeof end === "number" ? { type: "returned", exit: end } : { type: "failed", reason: end.failed },
      );
  } catch (error) {
    if (error instanceof GuestEnd || faultOf(fabric, thread) !== 0) tell({ type: "fault" });
    else tell(trapLetter(error));
  }
}

control.once("message", boot);
control.postMessage({ type: "ready", tid: threadId(), inbox: inboxForControl }, [inboxForControl]);
