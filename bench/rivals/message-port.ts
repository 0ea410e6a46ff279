// The rival in Node: two worker threads and a MessagePort. Each frame is copied out of the sender's memory
// into an ArrayBuffer that is transferred, so both sides move bytes once, as the short path does; a window
// bounds the queue.
import {
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
  type MessagePort,
} from "node:worker_threads";

/**
 * How frames become messages: `single`, one buffer a message; `batched`, a list of 64 buffers a message;
 * `packed`, 64 frames in one buffer, which gives up frames of their own (one length, one owner) for speed.
 */
export type Packing = "single" | "batched" | "packed";

interface Task {
  readonly role: "sender" | "receiver" | "asker" | "answerer";
  readonly port: MessagePort;
  readonly frames: number;
  readonly bytes: number;
  readonly packing: Packing;
  /** Look for the answer without ever sleeping, instead of in the event loop. Trips only. */
  readonly awake: boolean;
}

const WINDOW = 1024;
const BATCH = 64;
const SLOTS = 512;
/** Share of the work that warms the engine up and is not in the figure. */
const WARM_UP = 0.25;

/** Streams frames one way; resolves with frames a second. */
export async function streamOverPort(frames: number, bytes: number, packing: Packing): Promise<number> {
  const seconds = await runPair("sender", "receiver", { frames, bytes, packing, awake: false });
  return (frames - Math.floor(frames * WARM_UP)) / seconds;
}

/**
 * Sends one frame there and back, `trips` times; resolves with the median microseconds of a trip. `awake`:
 * both sides look for a message all the time, which is the fastest way; else both sleep in their event loops.
 */
export async function tripOverPort(trips: number, bytes: number, awake: boolean): Promise<number> {
  return runPair("asker", "answerer", { frames: trips, bytes, packing: "single", awake });
}

type Shape = Pick<Task, "frames" | "bytes" | "packing" | "awake">;

/** Starts two workers, waits for the first one's figure, and ends both. */
async function runPair(first: Task["role"], second: Task["role"], shape: Shape): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const start = (role: Task["role"], port: MessagePort): Worker =>
    new Worker(new URL(import.meta.url), { workerData: { ...shape, role, port }, transferList: [port] });
  const other = start(second, port2);
  await message(other);
  const worker = start(first, port1);
  try {
    const figure = await message(worker);
    if (typeof figure !== "number") throw new Error("the MessagePort rival gave no figure");
    return figure;
  } finally {
    await Promise.all([worker.terminate(), other.terminate()]);
  }
}

function message(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("a worker of the MessagePort rival ended early")));
  });
}

/** Sends within the window until all frames are acknowledged; reports the seconds after the warm-up. */
function send(task: Task, report: (seconds: number) => void): void {
  const memory = new Uint8Array(new SharedArrayBuffer(SLOTS * task.bytes)).fill(1);
  const take = (count: number): ArrayBuffer => {
    const at = (sent % (SLOTS / BATCH)) * BATCH * task.bytes;
    sent += count;
    return new Uint8Array(memory.subarray(at, at + count * task.bytes)).buffer;
  };
  const perMessage = task.packing === "single" ? 1 : BATCH;
  const warmUp = Math.floor(task.frames * WARM_UP);
  let sent = 0;
  let acknowledged = 0;
  let started = 0;
  const fill = (): void => {
    while (sent < task.frames) {
      const count = Math.min(perMessage, task.frames - sent);
      if (sent - acknowledged + count > WINDOW) return;
      if (started === 0 && sent >= warmUp) started = performance.now();
      if (task.packing === "batched") {
        const list = Array.from({ length: count }, () => take(1));
        task.port.postMessage(list, list);
      } else {
        const buffer = take(count);
        task.port.postMessage(buffer, [buffer]);
      }
    }
  };
  task.port.on("message", (count: number) => {
    acknowledged = count;
    if (acknowledged < task.frames) fill();
    else report((performance.now() - started) / 1000);
  });
  fill();
}

/** Touches each frame and acknowledges every quarter of the window. */
function receive(task: Task): void {
  let seen = 0;
  let acknowledged = 0;
  task.port.on("message", (taken: ArrayBuffer | readonly ArrayBuffer[]) => {
    for (const buffer of taken instanceof ArrayBuffer ? [taken] : taken) {
      const bytes = new Uint8Array(buffer);
      for (let at = 0; at < bytes.length; at += task.bytes, seen++) {
        if (bytes[at] !== 1) throw new Error("a frame came with the wrong bytes");
      }
    }
    if (seen - acknowledged < WINDOW / 4 && seen < task.frames) return;
    acknowledged = seen;
    task.port.postMessage(seen);
  });
}

/** Reports the median in microseconds. */
function ask(task: Task, report: (micros: number) => void): void {
  const warmUp = Math.floor(task.frames * WARM_UP);
  const micros = new Float64Array(task.frames);
  let trips = 0;
  let started = performance.now();
  const memory = new Uint8Array(new SharedArrayBuffer(task.bytes)).fill(1);
  const next = (): void => {
    const { buffer } = new Uint8Array(memory);
    task.port.postMessage(buffer, [buffer]);
  };
  const answered = (): void => {
    const now = performance.now();
    micros[trips++] = (now - started) * 1e3;
    started = now;
    if (trips < task.frames) return next();
    const sorted = micros.subarray(warmUp).sort();
    report(sorted[sorted.length >> 1] ?? Number.NaN);
  };
  next();
  if (!task.awake) task.port.on("message", answered);
  while (task.awake && trips < task.frames) if (receiveMessageOnPort(task.port)) answered();
}

function answer(task: Task): void {
  const back = (buffer: ArrayBuffer): void => task.port.postMessage(buffer, [buffer]);
  if (!task.awake) task.port.on("message", back);
  for (let trips = 0; task.awake && trips < task.frames;) {
    const received = receiveMessageOnPort(task.port);
    if (!received) continue;
    back(received.message);
    trips++;
  }
}

function work(task: Task): void {
  const report = (figure: number): void => parentPort?.postMessage(figure);
  if (task.role === "sender") send(task, report);
  else if (task.role === "asker") ask(task, report);
  else {
    parentPort?.postMessage("ready");
    if (task.role === "receiver") receive(task);
    else answer(task);
  }
}

/** A test runner's own worker has a parent port too, so the task is what tells our workers from it. */
function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && "role" in value && "port" in value;
}
if (parentPort && isTask(workerData)) work(workerData);
