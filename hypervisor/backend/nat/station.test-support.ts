// A network with a gateway and stations on it, in memory: stations speak by the same lwIP, which stands for a
// guest's TCP here. Frames go in order, each in a turn of the event loop of its own.

import { randomInt } from "node:crypto";
import { Cutter } from "../../datapath/offload.ts";
import type { NatSpec, Station as Planned } from "./spec.ts";
import { Nat, type NatParts } from "./nat.ts";
import { Neighbours } from "./neighbours.ts";
import { swapped } from "./connections.ts";
import { EVENT, Stack } from "./stack.ts";
import {
  addWords,
  BODY,
  copyOf,
  type Datagram,
  fold,
  get16,
  get32,
  ICMP,
  IP,
  ip4Number,
  macBytes,
  put16,
  put32,
  putIpHeader,
  TCP,
  TYPE_ARP,
  UDP,
  UDP_BYTES,
  udpFrame,
} from "./wire.ts";

export const GATEWAY = "10.9.0.1";
const GATEWAY_MAC = "02:76:0a:09:00:01";
const random = (): number => randomInt(2 ** 32);

export const number = (text: string): number => ip4Number(text) as number;

export const SPEC: NatSpec = {
  gateway: GATEWAY,
  prefix: 24,
  pool: ["10.9.0.2", "10.9.0.254"],
  dhcp: true,
  dns: true,
  outward: true,
  hostAccess: false,
  publish: [],
};
export const PLANNED: readonly Planned[] = [
  { id: "web.eth0", names: ["web", "web.eth0"], ip: "10.9.0.2", mac: "02:00:00:00:00:02" },
  { id: "db.eth0", names: ["db"], ip: "10.9.0.3", mac: "02:00:00:00:00:03" },
];

/** One end of a connection at a station. */
export class Talk {
  readonly id: number;
  readonly #stack: Stack;
  readonly #waiting: { isThere: () => boolean; resolve: () => void }[] = [];
  #unsent: Uint8Array[] = [];
  #wantsEnd = false;
  received: Buffer[] = [];
  count = 0;
  state: "opening" | "open" | "reset" = "opening";
  hasEnded = false;
  /** Takes nothing while true. */
  isDeaf = false;

  constructor(id: number, stack: Stack) {
    this.id = id;
    this.#stack = stack;
  }

  happen(what: number): void {
    if (what & EVENT.open) this.state = "open";
    if (what & EVENT.reset) this.state = "reset";
    if (what & EVENT.end) this.hasEnded = true;
    this.#move();
    for (const one of this.#waiting.filter(({ isThere }) => isThere())) one.resolve();
  }

  #move(): void {
    if (!this.isDeaf) {
      for (let length = this.#stack.readable(this.id); length; length = this.#stack.readable(this.id)) {
        const bytes = Buffer.alloc(length);
        this.#stack.read(this.id, bytes, length);
        this.received.push(bytes);
        this.count += bytes.length;
      }
    }
    while (this.#unsent[0]) {
      const written = this.#stack.write(this.id, this.#unsent[0]);
      if (written < this.#unsent[0].length) {
        this.#unsent[0] = this.#unsent[0].subarray(written);
        break;
      }
      this.#unsent.shift();
    }
    if (this.#wantsEnd && this.#unsent.length === 0 && this.#stack.finish(this.id)) this.#wantsEnd = false;
    this.#stack.flush(this.id);
  }

  get unsent(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
    this.#move();
  }

  end(): void {
    this.#wantsEnd = true;
    this.#move();
  }

  /** Ends it by a reset. */
  reset(): void {
    this.#stack.release(this.id);
  }

  hear(): void {
    this.isDeaf = false;
    this.#move();
  }

  until(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isThere, resolve }));
  }

  whenOpen(): Promise<void> {
    return this.until(() => this.state !== "opening");
  }

  whenEnded(): Promise<void> {
    return this.until(() => this.hasEnded || this.state === "reset");
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }
}

export class Station {
  readonly ip: number;
  readonly mac: Uint8Array;
  readonly #neighbours: Neighbours;
  readonly #stack: Stack;
  readonly #talks = new Map<number, Talk>();
  readonly #listening = new Map<number, (talk: Talk) => void>();
  readonly #ticking: NodeJS.Timeout;
  #heard: ((packet: Uint8Array) => boolean)[] = [];
  #lastId = 0;

  constructor(ip: string, mac: string, wire: (frame: Uint8Array) => void, gatewayMac = GATEWAY_MAC) {
    this.ip = number(ip);
    this.mac = macBytes(mac);
    this.#neighbours = new Neighbours({
      address: this.ip,
      mac: this.mac,
      send: wire,
      planned: () => macBytes(gatewayMac),
      isStation: () => true,
    });
    this.#stack = new Stack({
      address: swapped(this.ip),
      mtu: 1500,
      random,
      output: (frame) => this.#neighbours.send(get32(frame, IP + 16), frame),
      event: (id, what) => queueMicrotask(() => this.#talks.get(id)?.happen(what)),
    });
    this.#ticking = setInterval(() => this.#stack.tick(), 50);
  }

  close(): void {
    clearInterval(this.#ticking);
  }

  connect(address: string, port: number): Talk {
    const talk = new Talk(++this.#lastId, this.#stack);
    this.#talks.set(talk.id, talk);
    this.#stack.connect(talk.id, swapped(number(address)), port);
    return talk;
  }

  listen(port: number, opened: (talk: Talk) => void): void {
    this.#listening.set(port, opened);
  }

  /** A frame as it is, but for the addresses of stations. */
  send(frame: Uint8Array): void {
    this.#neighbours.send(get32(frame, IP + 16), frame);
  }

  datagram(address: string, port: number, payload: Uint8Array, from = 4000): void {
    const ends = { source: this.ip, sourcePort: from, target: number(address), targetPort: port };
    this.send(udpFrame({ ...ends, payload }, 1));
  }

  /** The next packet that is not TCP's and that `fits`. */
  next(fits: (packet: Uint8Array) => boolean): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#heard.push((packet) => {
        if (!fits(packet)) return false;
        resolve(packet);
        return true;
      });
    });
  }

  async nextDatagram(fits: (datagram: Datagram) => boolean = () => true): Promise<Datagram> {
    const isOne = (packet: Uint8Array): boolean => packet[IP + 9] === UDP && fits(readDatagram(packet));
    return readDatagram(await this.next(isOne));
  }

  /** The next ICMP message: its type and code. */
  async nextIcmp(): Promise<string> {
    const packet = await this.next((one) => one[IP + 9] === ICMP);
    return `${packet[BODY]}/${packet[BODY + 1]}`;
  }

  take(frame: Uint8Array): void {
    if (get16(frame, 12) === TYPE_ARP) return this.#neighbours.readArp(frame);
    if (get32(frame, IP + 16) === this.ip && frame[IP + 9] === TCP) return this.#takeTcp(frame.subarray(IP));
    this.#heard = this.#heard.filter((hears) => !hears(frame));
  }

  #takeTcp(packet: Uint8Array): void {
    const opened = this.#listening.get(get16(packet, 22));
    if (((packet[33] as number) & 0x17) !== 2 || !opened) return this.#stack.input(packet);
    const talk = new Talk(++this.#lastId, this.#stack);
    this.#talks.set(talk.id, talk);
    if (this.#stack.accept(talk.id, packet)) void talk.whenOpen().then(() => opened(talk));
  }
}

function readDatagram(packet: Uint8Array): Datagram {
  return {
    source: get32(packet, IP + 12),
    sourcePort: get16(packet, BODY),
    target: get32(packet, IP + 16),
    targetPort: get16(packet, BODY + 2),
    payload: packet.subarray(BODY + UDP_BYTES),
  };
}

/** The network; close it. */
export class Place {
  readonly nat: Nat;
  readonly web: Station;
  readonly db: Station;
  /** Every frame of the gateway is told here too. */
  heard: (frame: Uint8Array) => void = () => undefined;
  /** What becomes of a frame on its way to the gateway: as many as this answers. */
  wire: (frame: Uint8Array) => readonly Uint8Array[] = (frame) => [frame];
  /** Whether a frame of the gateway gets lost. */
  lose: () => boolean = () => false;
  #isClosed = false;
  readonly #tickers: NodeJS.Timeout[] = [];

  private constructor(spec: NatSpec, parts: Partial<NatParts>) {
    const turn = (step: () => void): void => this.inTurn(step);
    this.nat = new Nat(spec, {
      mac: macBytes(GATEWAY_MAC),
      mtu: 1500,
      changed: () => undefined,
      send: (frame, segmentBytes) => {
        for (const copy of segmentsOf(frame, segmentBytes)) {
          if (this.lose()) continue;
          this.heard(copy);
          turn(() => [this.web, this.db].forEach((each) => isFor(copy, each) && each.take(copy)));
        }
      },
      nowMs: () => performance.now(),
      random,
      servers: () => [],
      ownAddresses: () => ["203.0.113.7"],
      ...parts,
    });
    const wire = (frame: Uint8Array): void => this.onWire(frame);
    this.web = new Station("10.9.0.2", "02:00:00:00:00:02", wire);
    this.db = new Station("10.9.0.3", "02:00:00:00:00:03", wire);
  }

  static async open(change: Partial<NatSpec> = {}, parts: Partial<NatParts> = {}): Promise<Place> {
    const spec = { ...SPEC, ...change };
    const place = new Place(spec, parts);
    const problem = await place.nat.set(spec, PLANNED);
    if (problem !== undefined) throw new Error(problem);
    return place;
  }

  /** In a turn of the event loop of its own, unless the network is closed by then. */
  inTurn(step: () => void): void {
    setImmediate(() => !this.#isClosed && step());
  }

  /** Calls this for the timers of a station's TCP until the network is closed. */
  onTick(tick: () => void): void {
    this.#tickers.push(setInterval(tick, 50));
  }

  /** Brings a copy of a frame to the gateway. */
  onWire(frame: Uint8Array): void {
    for (const copy of this.wire(copyOf(frame))) this.inTurn(() => this.nat.receive(copy));
  }

  close(): void {
    for (const ticker of this.#tickers) clearInterval(ticker);
    this.#isClosed = true;
    this.nat.close();
    this.web.close();
    this.db.close();
  }
}

/** A frame of a station at `source` for the gateway, with a segment that has these flags and no options. */
export function segment(
  source: number,
  port: number,
  target: number,
  targetPort: number,
  flags: number,
): Uint8Array {
  const frame = new Uint8Array(BODY + 20);
  frame.set(macBytes(GATEWAY_MAC), 0);
  frame.set([2, 0, 0, 0, 0, source & 255], 6);
  put16(frame, 12, 0x0800);
  put16(frame, BODY, port);
  put16(frame, BODY + 2, targetPort);
  put32(frame, BODY + 4, randomInt(2 ** 32));
  put16(frame, BODY + 12, 0x5000 | flags);
  put16(frame, BODY + 14, 8192);
  putIpHeader(frame, { protocol: TCP, source, target, length: 40, id: 1 });
  put16(frame, BODY + 16, fold(addWords(frame, IP + 12, frame.length, TCP + 20)));
  return frame;
}

/** What the network makes of a frame, as copies. */
function segmentsOf(frame: Uint8Array, segmentBytes: number): Uint8Array[] {
  if (segmentBytes === 0) return [copyOf(frame)];
  const cutter = new Cutter();
  const count = cutter.judge({ u8: frame }, 0, frame.length, segmentBytes);
  if (count === 0) throw new Error("the gateway sent a large frame that can't be cut");
  cutter.load({ u8: frame }, 0);
  return Array.from({ length: count }, (_, index) => {
    const length = cutter.cut(index);
    return copyOf(cutter.u8, cutter.at, cutter.at + length);
  });
}

function isFor(frame: Uint8Array, station: Station): boolean {
  return frame[0] === 0xff || station.mac.every((byte, index) => frame[index] === byte);
}
