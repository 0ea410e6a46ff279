// For tests of uplinks: labs with one, and who stands at its other end.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import type { SocketAddress, UplinkClassSpec, UplinkFacts, UplinkSpec } from "./hypervisor.ts";
import { BROADCAST, REPORT, TestLab, macOf, peer, until } from "./machine-room.test-support.ts";

/** An uplink `out` of the network `lan`. */
export function uplink(of: UplinkClassSpec, change: Partial<Omit<UplinkSpec, "class">> = {}): UplinkSpec {
  return { network: "lan", link: "up", ...of, ...change } as UplinkSpec;
}

export function socket(role: "listen" | "connect", address: SocketAddress): UplinkClassSpec {
  return { class: "socket", socket: { role, address } };
}

/** Labs, guests and a folder that are gone after the test. */
export class Labs {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "uplinks-"));
  readonly #labs: TestLab[] = [];

  open(options: ConstructorParameters<typeof TestLab>[0] = {}): TestLab {
    const lab = new TestLab({ warm: 1, ...options });
    this.#labs.push(lab);
    return lab;
  }

  /** A path in the folder. */
  path(name: string): string {
    return path.join(this.folder, name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#labs.splice(0).map((lab) => lab.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function factsOf(lab: TestLab, id = "out"): UplinkFacts {
  const facts = lab.hv.uplink(id);
  if (!facts) throw new Error(`no uplink ${id}`);
  return facts;
}

export async function carries(lab: TestLab, id = "out"): Promise<void> {
  await until(`${id} has somebody at its other end`, () => factsOf(lab, id).carrier);
}

/** Where a listening uplink really listens, though it was told port 0. */
export function portOf(lab: TestLab, id = "out"): number {
  return Number(/:(\d+)$/.exec(factsOf(lab, id).detail)?.[1]);
}

/** A pair as in `bootPair`, a guest in each lab. */
export async function bootApart(here: TestLab, there: TestLab): Promise<void> {
  here.plug(1);
  there.plug(2);
  const b = await peer(2, { to: macOf(1), window: 0 });
  const a = await peer(1, { to: macOf(2), window: 32, answerers: [2] });
  await there.boot("b", 2, b.image, b.memory);
  await here.boot("a", 1, a.image, a.memory);
  await until("the pair exchanges frames", () => here.report("a", REPORT.answered) > 100, 60_000);
}

/** A frame from the n-th station, to all. */
export function frameOf(n: number, length: number): Uint8Array {
  const frame = new Uint8Array(length).fill(n);
  frame.set(BROADCAST, 0);
  frame.set(macOf(n), 6);
  return frame;
}

/** As it stands in a stream. */
export function inStream(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, 4);
  return bytes;
}

/** Somebody at the other end of a listening TCP uplink. */
export async function dial(port: number): Promise<Socket> {
  const other = connect({ port, host: "127.0.0.1" });
  other.on("error", () => undefined);
  await once(other, "connect");
  return other;
}
