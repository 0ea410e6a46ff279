// A thread that shared guests live on. The composition root of that thread.

import { MessageChannel, parentPort, workerData, type MessagePort } from "node:worker_threads";
import { makeSteadyNowNs, threadCpuNs } from "../clock.ts";
import { Peers } from "../datapath/peers.ts";
import { viewFabric } from "../memory/fabric.ts";
import type { CarrierAnswer, CarrierLetter, CarrierLetters, CarrierStart, SeatLetter } from "./letters.ts";
import { Leavings } from "./leavings.ts";
import { CALL } from "./metered.ts";
import { Seat, sharedVerbs } from "./seat.ts";
import { threadId } from "./thread-id.ts";
import { Turns } from "./turns.ts";

const control = parentPort as MessagePort;
const start = workerData as CarrierStart;
const fabric = viewFabric(start.fabric);
const steadyNowNs = makeSteadyNowNs();
const { port1: inbox, port2: inboxForControl } = new MessageChannel();
const seats = new Map<number, Seat>();
const modules = new Map<number, WebAssembly.Module>();
const leavings = new Leavings();

/** What control is told next. */
let answers: CarrierAnswer[] = [];

/** Told together, when news are let in the next time: a letter each costs more than a guest's boot. */
function tell(answer: CarrierAnswer): void {
  if (answers.push(answer) === 1) setImmediate(post);
}

function post(): void {
  const letter: CarrierLetters = { type: "answers", answers };
  answers = [];
  control.postMessage(letter);
}

const turns = new Turns({
  fabric,
  steadyNowNs,
  cpuNs: () => Number(threadCpuNs()),
  left: ({ thread }) => {
    seats.delete(thread);
    leavings.left();
    tell({ type: "left", thread });
  },
  rest: () => {
    void letStacksGo();
    if (seats.size === 0) leavings.rest(); // Before control hears of the last one, and boots others.
  },
});

/** The guest whose code calls. */
function caller(): Seat {
  return turns.current as Seat;
}

/** Functions that metered code calls through a table, which takes only those of a module: this one. */
function makeCalls(): {
  readonly calls: readonly CallableFunction[];
  readonly trap: unknown;
  readonly letStacksGo: () => Promise<unknown>;
} {
  const suspending = WebAssembly.Suspending;
  const wait = (address: number, expected: number | bigint, timeoutNs: bigint, offset: number) =>
    caller().ownWait({ address, expected, timeoutNs, offset });
  const host = {
    spent: () => (caller().spent() ? 1 : 0),
    turn: new suspending(() => caller().nextTurn()),
    wait32: new suspending(wait),
    wait64: new suspending(wait),
  };
  const { exports } = new WebAssembly.Instance(start.calls, { host });
  const calls = Object.keys(CALL).flatMap((name) => (exports[name] as CallableFunction | undefined) ?? []);
  // V8 gives the stacks of those that have ended back as it looks for another one: all but a few.
  const letStacksGo = WebAssembly.promising(exports["nothing"] as () => void);
  return { calls, trap: caught(exports["trap"] as () => void), letStacksGo };
}

function caught(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const { calls, trap, letStacksGo } = makeCalls();
const verbs = sharedVerbs(caller);
const peers = new Peers<CarrierLetter>(fabric, start.row, inbox, (letter) => {
  if (letter.type === "seats") return letter.seats.forEach(seat);
  if (letter.type === "peers") return letter.peers.forEach((peer) => peers.take(peer));
  if (letter.type === "module") {
    if (letter.module) modules.set(letter.number, letter.module);
    else modules.delete(letter.number);
    return;
  }
  const guest = seats.get(letter.thread);
  if (letter.type === "tell") guest?.heed(letter.letter);
  else if (letter.type === "look") guest?.want();
  else if (guest) guest.rank = letter.rank;
});
for (const host of start.hosts) peers.take(host);

function seat(letter: SeatLetter): void {
  const { thread, incarnation, memory } = letter;
  peers.take({ type: "peer", thread, incarnation, memory });
  const guest = new Seat(letter, {
    fabric,
    module: modules.get(letter.module) as WebAssembly.Module,
    pump: start.pump,
    peers,
    steadyNowNs,
    verbs,
    calls,
    trap,
    tell: (said) => tell({ type: "said", thread, letter: said }),
    ready: (ready) => turns.ready(ready),
  });
  seats.set(thread, guest);
  guest.want();
}

inbox.on("message", (letter: CarrierLetter) => peers.take(letter));
const ready: CarrierLetters = { type: "ready", tid: threadId(), inbox: inboxForControl };
control.postMessage(ready, [inboxForControl]);
