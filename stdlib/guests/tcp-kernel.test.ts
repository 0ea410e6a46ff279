// TCP of the SDK against the Linux kernel's, both ways, also over a way that loses frames.

import { afterAll, beforeAll, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { Kernel, type Peer } from "./test/kernel.ts";
import { End, mulberry, tcpModule } from "./test/tcp-pair.ts";

const PROGRAM = fileURLToPath(new URL("test/kernel-peer.ts", import.meta.url));
const seed = Number(process.env["SEED"] ?? 1);

let kernel: Kernel | undefined;
let module: WebAssembly.Module;
beforeAll(async () => {
  kernel = Kernel.open("TCP against the kernel");
  module = await tcpModule();
});
afterAll(() => kernel?.close());

interface Case {
  readonly calls: "kernel" | "guest";
  readonly toGuest: number;
  readonly toKernel: number;
  readonly loss: number;
  readonly wide?: boolean;
}

/** Moves the end as its frames and timers want, until both sides have ended. */
async function talk(end: End, peer: Peer, { toKernel, loss }: Case): Promise<number> {
  const random = mulberry(seed);
  let left = toKernel;
  let timer: NodeJS.Timeout | undefined;
  let over: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (over = resolve));
  const now = (): void => void (end.host.now = Math.max(end.host.now, Number(process.hrtime.bigint())));
  const move = (): void => {
    now();
    end.call("step");
    if (end.state !== "NONE") {
      while (end.call("read", 8192) > 0);
      if (left > 0) left -= end.call("write", Math.min(left, 30_000));
      if (left === 0) end.call("end");
    }
    now();
    const dueAt = end.call("due");
    if (end.state !== "NONE" && left === 0 && end.call("atEnd") && end.call("drained")) over();
    clearTimeout(timer);
    // The longest that a timer takes is 2^31 ms.
    timer = setTimeout(move, Math.min(Math.max((dueAt - end.host.now) / 1e6, 0), 10_000));
  };
  end.host.onSend = (frame) => void (random() >= loss && peer.send(frame));
  peer.onFrame = (frame) => {
    if (random() < loss) return;
    end.host.deliver(1, frame);
    move();
  };
  move();
  const code = await peer.ended();
  await done;
  peer.onFrame = () => undefined;
  clearTimeout(timer);
  peer.close();
  return code;
}

test.each<Case>([
  { calls: "kernel", toGuest: 2_000_000, toKernel: 1_000_000, loss: 0 },
  { calls: "guest", toGuest: 1_000_000, toKernel: 2_000_000, loss: 0 },
  { calls: "kernel", toGuest: 300_000, toKernel: 300_000, loss: 0.03 },
  { calls: "kernel", toGuest: 2_000_000, toKernel: 2_000_000, loss: 0.01, wide: true },
  { calls: "guest", toGuest: 2_000_000, toKernel: 2_000_000, loss: 0, wide: true },
  { calls: "guest", toGuest: 0, toKernel: 0, loss: 0 },
])("$calls calls: $toGuest bytes in, $toKernel out, $loss lost, windows scale: $wide", async (each) => {
  if (kernel === undefined) return;
  const bytes = [`${each.toGuest}`, `${each.toKernel}`];
  const what = each.calls === "kernel" ? ["call", "10.0.0.1", "80"] : ["wait", "-", "80"];
  const peer = kernel.run([process.execPath, PROGRAM, ...what, ...bytes]);
  const end = new End(module, 1, 1500);
  end.host.now = Number(process.hrtime.bigint());
  expect(end.call(each.wide ? "beginWide" : "begin")).toBe(0);
  if (each.calls === "guest") {
    await peer.hears("listening");
    end.call("connect", 0x0a00_0009, 80);
  } else {
    end.call("listen", 80);
  }
  expect(await talk(end, peer, each), peer.said).toBe(0);
  expect(end.call("receivedBytes")).toBe(each.toGuest);
  expect(end.call("wrongBytes")).toBe(0);
  expect(end.call("atEnd")).toBe(1);
});
