// A plain client or server of TCP for tests of guests, on a way that loses nothing: says what it is told to,
// acknowledges everything, and keeps what it hears.

import type { Ends, Segment } from "./frames.ts";
import { arp, readTcp, tcp } from "./frames.ts";
import type { TestHost } from "./host.ts";

/** The time that a frame takes, ns. */
const WAY_NS = 100_000;

type Heard = NonNullable<ReturnType<typeof readTcp>>;

export class Caller {
  /** All bytes that came, as text. */
  heard = "";
  /** How the other side has ended it. */
  ended: "fin" | "rst" | undefined;
  onHeard: () => void = () => undefined;
  readonly ports: readonly [number, number];
  private readonly host: TestHost;
  private readonly ends: Ends;
  private mine = 1000;
  private theirs = 0;
  /** Said before there was a connection. */
  private waiting = "";
  private open = false;
  private readonly device: number;

  /** `ends` are from the caller to the guest. */
  constructor(host: TestHost, ends: Ends, ports: readonly [number, number], device = 1) {
    this.host = host;
    this.ends = ends;
    this.ports = ports;
    this.device = device;
  }

  call(): void {
    this.send({ flags: ["syn"], sequence: this.mine++ });
  }

  say(text: string): void {
    if (!this.open) {
      this.waiting += text;
      return;
    }
    for (let at = 0; at < text.length; at += 1000) {
      const data = [...Buffer.from(text.slice(at, at + 1000), "latin1")];
      this.send({ flags: ["ack", "psh"], data });
      this.mine += data.length;
    }
  }

  end(): void {
    this.send({ flags: ["ack", "fin"] });
    this.mine++;
  }

  /** Takes what the guest sends, where it is for this caller. */
  hear(frame: Uint8Array): void {
    if (frame[13] === 6 && frame[21] === 1) this.host.in(WAY_NS, () => this.answerArp());
    const segment = readTcp(frame);
    if (segment?.ports[1] === this.ports[0] && segment.ports[0] === this.ports[1]) this.take(segment);
  }

  private answerArp(): void {
    this.host.deliver(this.device, arp(2, this.ends, this.ends.toMac));
  }

  private take(segment: Heard): void {
    if (segment.flags.includes("rst")) {
      this.ended = "rst";
      return;
    }
    if (segment.flags.includes("syn")) {
      this.theirs = (segment.sequence + 1) >>> 0;
      if (segment.flags.includes("ack")) this.send({ flags: ["ack"] });
      else this.send({ flags: ["syn", "ack"], sequence: this.mine++ });
      this.open = true;
      this.say(this.waiting);
      return;
    }
    const fin = segment.flags.includes("fin");
    if (segment.data.length === 0 && !fin) return;
    if (segment.sequence === this.theirs) {
      this.theirs = (this.theirs + segment.data.length + (fin ? 1 : 0)) >>> 0;
      this.heard += Buffer.from(segment.data).toString("latin1");
      if (fin) this.ended = "fin";
    }
    this.send({ flags: ["ack"] });
    this.onHeard();
  }

  private send(values: Partial<Segment> & Pick<Segment, "flags">): void {
    const { ports, mine: sequence, theirs: acknowledge } = this;
    const frame = tcp(this.ends, { ports, sequence, acknowledge, ...values });
    this.host.in(WAY_NS, () => this.host.deliver(this.device, frame));
  }
}

/** The caller's side of a guest at 10.0.0.1. */
export const CALLER: Ends = {
  fromMac: "02:00:00:00:00:09",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.9",
  toIp: "10.0.0.1",
};
