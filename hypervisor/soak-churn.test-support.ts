// The churn of a soak: guests, devices, links, rates and impairments that come, change and go by chance, on
// two networks beside that of a closed-loop pair; and what must be true when all of it has come to rest.

import { countersOf, received } from "./datapath/port.ts";
import type { Image, ImpairmentSpec } from "./hypervisor.ts";
import { anyImpairment, direction, waiting } from "./lines.test-support.ts";
import { type TestLab, macOf, must, pairAtRest, peer, shapeOf, until } from "./machine-room.test-support.ts";
import type { DevicePorts } from "./metrics/facts.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

const PORTS = [3, 4, 5, 6, 7, 8];
const NETWORKS = ["east", "west"] as const;
/** Patience with a machine that has other work. */
const WAIT_MS = 300_000;
const RINGS = [64, 128, 256];

interface Bootable {
  readonly image: Image;
  readonly memory: number;
}

/** Changes that do not lose the pair a frame. */
function anyLossless(random: () => number): ImpairmentSpec | undefined {
  if (random() < 0.5) return undefined;
  return { egress: direction({ delayNs: Math.floor(random() * 2e6) }) };
}

export class Churn {
  readonly #lab: TestLab;
  readonly #random: () => number;
  readonly #images = new Map<string, Bootable>();
  readonly #plugged = new Set<number>();
  /** Id of the guest on a port. */
  readonly #guests = new Map<number, string>();
  /** Rows of devices that are gone; they keep their counts until they serve again. */
  #gone: DevicePorts[] = [];
  #booted = 0;
  steps = 0;
  /** Frames that have been received and accounted for at the rests so far. */
  frames = 0;

  constructor(lab: TestLab, random: () => number) {
    this.#lab = lab;
    this.#random = random;
    for (const network of NETWORKS) must(lab.hv.createNetwork(network, { mtu: 1500 }));
  }

  /** One change, by chance. */
  async step(): Promise<void> {
    this.steps++;
    const n = this.#pick(PORTS);
    const what = this.#random();
    if (what < 0.05) return this.#changeNetwork();
    if (what < 0.1) return this.#lab.change(this.#pick([1, 2]), { impair: anyLossless(this.#random) });
    if (!this.#plugged.has(n)) return this.#plug(n);
    if (what < 0.2) return this.#unplug(n);
    if (what < 0.6) return this.#changeDevice(n);
    return this.#guests.has(n) ? this.#end(n) : this.#boot(n);
  }

  /** Ends all churn, and answers what is then not as it should be. */
  async rest(): Promise<string[]> {
    const lab = this.#lab;
    for (const n of this.#guests.keys()) await this.#end(n);
    for (const n of [1, 2]) lab.change(n, { impair: undefined });
    const plugged = [...this.#plugged];
    for (const n of plugged) lab.change(n, { impair: undefined, link: "up" });
    const wrong: string[] = [];
    const lines = [...plugged, 1, 2];
    await until("nothing waits in a line", () => waiting(lab, lines) === 0, WAIT_MS).catch(() => {
      for (const n of lines) {
        const { egress, ingress } = lab.device(n);
        wrong.push(`port ${n} waits for ever: ${JSON.stringify({ egress, ingress })}`);
      }
    });
    wrong.push(...(await pairAtRest(lab)), ...this.#sums());
    for (const n of plugged) {
      const { owner, ring } = lab.portOf(n);
      if (owner !== 0 || ring !== -1) wrong.push(`port ${n}: owner ${owner}, ring ${ring}`);
      await this.#unplug(n);
    }
    this.#gone = [];
    const left = [lab.hv.guests(), lab.hv.devices(), lab.hv.buses()].map(({ length }) => length);
    if (left.some((count) => count !== 2)) wrong.push(`guests, devices, buses: ${left.join()} instead of 2`);
    return wrong;
  }

  /** Every frame that was sent is received, or in one counter; also of devices that are gone. */
  #sums(): string[] {
    const { fabric } = this.#lab.room;
    const all = [...this.#gone, ...[...this.#plugged].map((n) => this.#portsOf(n))];
    let [came, accounted] = [0, 0];
    for (const { port, egress, ingress } of all) {
      came += received(fabric, port).frames;
      for (const each of egress === undefined ? [port] : [port, egress]) {
        const { sent, flooded, copies } = countersOf(fabric, each);
        accounted += sent - flooded + copies;
      }
      if (ingress === undefined) continue;
      accounted += countersOf(fabric, ingress).sent - received(fabric, ingress).frames;
    }
    this.frames += came;
    return came === accounted ? [] : [`${came} frames received, ${accounted} accounted for`];
  }

  #portsOf(n: number): DevicePorts {
    const { devices } = this.#lab.room;
    const port = devices.device(`eth${n}`)?.port ?? 0;
    return { port, egress: devices.lines.of(port, "egress"), ingress: devices.lines.of(port, "ingress") };
  }

  #plug(n: number): void {
    this.#lab.plug(n, { network: this.#pick(NETWORKS), ring: this.#pick(RINGS) });
    this.#plugged.add(n);
  }

  /** Also under a guest that has it open: it is told, and ended after that. */
  async #unplug(n: number): Promise<void> {
    this.#gone.push(this.#portsOf(n));
    must(this.#lab.hv.removeDevice(`eth${n}`));
    this.#plugged.delete(n);
    await this.#end(n);
    must(this.#lab.hv.removeBus(`bus${n}`));
  }

  #changeNetwork(): void {
    const rate = this.#pick([undefined, 1e9, 2e7]);
    const links = this.#random() < 0.5 ? [NETWORKS[1]] : [];
    must(this.#lab.hv.setNetwork(NETWORKS[0], { mtu: 1500, links, ...(rate !== undefined && { rate }) }));
  }

  #changeDevice(n: number): void {
    const what = this.#random();
    if (what < 0.4) this.#lab.change(n, { impair: anyImpairment(this.#random) });
    else if (what < 0.6) this.#lab.change(n, { link: this.#pick(["up", "up", "down"]) });
    else if (what < 0.8) this.#lab.change(n, { network: this.#pick(NETWORKS) });
    else this.#lab.change(n, { rate: this.#pick([undefined, 1e9, 1e8]) });
  }

  async #boot(n: number): Promise<void> {
    const { image, memory } = await this.#bootable(n);
    const id = `churn${this.#booted++}`;
    this.#guests.set(n, id);
    must(await this.#lab.hv.bootGuest(id, { bus: `bus${n}`, image, args: [], env: {}, memory }));
  }

  async #end(n: number): Promise<void> {
    const id = this.#guests.get(n);
    if (id === undefined) return;
    const { hv } = this.#lab;
    must(this.#random() < 0.5 ? await hv.killGuest(id) : await hv.stopGuest(id, 50));
    must(hv.removeGuest(id));
    this.#guests.delete(n);
  }

  /** A peer in a closed loop, or one that just sends. Made once for each port. */
  async #bootable(n: number): Promise<Bootable> {
    const kind = this.#pick(["peer", "load"]);
    const known = this.#images.get(`${kind}${n}`);
    if (known) return known;
    const to = macOf(PORTS[(PORTS.indexOf(n) + 1) % PORTS.length] as number);
    const shape = shapeOf(n, to);
    const values = { ID: n, BATCH: 16, PACE: 500_000, LENGTH: 300, WORK: 0 };
    const made =
      kind === "peer"
        ? await peer(n, { to, window: 16, paceUs: 200 })
        : { image: await guestImage(testGuest("load"), shape, values), memory: memoryOf(shape) };
    this.#images.set(`${kind}${n}`, made);
    return made;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}
