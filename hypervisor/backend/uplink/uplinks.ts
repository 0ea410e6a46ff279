// Uplinks on the control thread: making, plugging, changing, unmaking. Their thread is started with the first
// one. No frame passes here.

import type { Plugs, PortSettings } from "../../datapath/plugs.ts";
import { FrameThread } from "../../frame-thread.ts";
import type {
  CounterFacts,
  HypervisorEvent,
  Id,
  Outcome,
  Refusal,
  UplinkFacts,
  UplinkSpec,
  UplinkState,
} from "../../hypervisor.ts";
import {
  FRAME_OVERHEAD,
  UPLINKS_MAX,
  UPLINK_MEMORY_BYTES,
  UPLINK_RING_BYTES,
  UPLINK_TELL_MS,
} from "../../limits.ts";
import type { Fabric } from "../../memory/fabric.ts";
import { UPLINK_THREAD } from "../../memory/layout.ts";
import { uplinkFrames } from "../../metrics/facts.ts";
import type { ReceivingPlace } from "../../ring/receiving.ts";
import type { Station } from "../nat/spec.ts";
import { Recorder, type StartCapture } from "./recorder.ts";
import type { EndSpec, UplinksAnswer, UplinksLetter } from "./letters.ts";

/** Networks, as uplinks need them. */
export interface NetworksOfUplinks {
  readonly all: ReadonlyMap<Id, { readonly spec: { readonly mtu: number } }>;
  /** Devices that are planned on a network and on those that it is joined with. */
  stationsOn(network: Id): readonly Station[];
  plug(port: number, network: Id): Outcome;
  unplug(port: number, network: Id): void;
}

/** Who wants to know of uplinks. */
export interface UplinkNews {
  tell(event: HypervisorEvent): void;
  /** What is plugged in where has changed. */
  plugsChanged(): void;
  /** Frames of a network are to be recorded. */
  readonly capture: StartCapture;
  /** Their thread found a guest that broke the protocol. */
  lookForFaults(): void;
}

interface Made {
  readonly id: Id;
  readonly port: number;
  readonly number: number;
  readonly place: ReceivingPlace;
  readonly frameMax: number;
  spec: UplinkSpec;
  state: UplinkState;
  recorder: Recorder | undefined;
  recordsTo: string | undefined;
}

const NOTHING: CounterFacts = { count: 0, bytes: 0, dropped: 0, droppedBy: {} };
const NO_STATE: UplinkState = { carrier: false, detail: "" };
const success: Outcome = { ok: true, value: undefined };

export class Uplinks {
  readonly #fabric: Fabric;
  readonly #plugs: Plugs;
  readonly #networks: NetworksOfUplinks;
  readonly #news: UplinkNews;
  /** It sends to all guests, and into lines. */
  readonly thread: FrameThread<UplinksLetter, UplinksAnswer>;
  readonly #made = new Map<Id, Made>();
  /** By port, what waits for an answer, in the order of the letters. */
  readonly #asked = new Map<number, ((problem: string | undefined) => void)[]>();
  readonly #numbers = new Set<number>();
  #telling: NodeJS.Timeout | undefined;
  /** Why their thread is gone, once it is. */
  #failed: string | undefined;

  constructor(fabric: Fabric, plugs: Plugs, networks: NetworksOfUplinks, news: UplinkNews) {
    this.#fabric = fabric;
    this.#plugs = plugs;
    this.#networks = networks;
    this.#news = news;
    this.thread = new FrameThread(fabric, {
      thread: UPLINK_THREAD,
      entry: "./uplink-thread",
      beside: import.meta.url,
      name: "uplinks",
      memoryBytes: UPLINK_MEMORY_BYTES,
      ringBytes: UPLINK_RING_BYTES,
      hear: (answer) => this.#hear(answer),
      failed: (error) => this.#fail(error),
    });
  }

  async create(id: Id, spec: UplinkSpec): Promise<Outcome> {
    if (this.#made.has(id)) return refuse("exists", `there is an uplink \`${id}\` already`);
    const mtu = this.#networks.all.get(spec.network)?.spec.mtu;
    if (mtu === undefined) return refuse("missing", `there is no network \`${spec.network}\``);
    const made = this.#prepare(id, spec, mtu);
    if (!made) return refuse("limit", "there is no room for one more uplink");
    const { port, place, number, frameMax } = made;
    this.#made.set(id, made);
    const unwritten = await this.#record(made, spec);
    if (unwritten !== undefined) {
      this.#forget(made);
      return refuse("outside", unwritten);
    }
    const problem = await this.#ask({
      type: "open",
      port,
      id,
      place,
      number,
      frameMax,
      spec: this.#forEnd(spec),
    });
    if (problem !== undefined) {
      await made.recorder?.close();
      this.#forget(made);
      return refuse("outside", problem);
    }
    const plugged = this.#networks.plug(port, made.spec.network);
    if (!plugged.ok) {
      await this.#ask({ type: "close", port });
      await made.recorder?.close();
      this.#forget(made);
    }
    this.#news.plugsChanged();
    return plugged;
  }

  async set(id: Id, spec: UplinkSpec): Promise<Outcome> {
    const made = this.#made.get(id);
    if (!made) return refuse("missing", `there is no uplink \`${id}\``);
    const { port } = made;
    const before = made.spec;
    const mtu = this.#networks.all.get(spec.network)?.spec.mtu;
    if (mtu === undefined) return refuse("missing", `there is no network \`${spec.network}\``);
    if (before.class !== spec.class) return refuse("invalid", "an uplink keeps its class");
    if (addressOf(before) !== addressOf(spec))
      return refuse("invalid", "`gateway` and `subnet` can't change while the uplink is there");
    if (mtu + FRAME_OVERHEAD > made.frameMax)
      return refuse("invalid", "it was made for a network of shorter frames");
    const problem =
      (await this.#ask({ type: "set", port, spec: this.#forEnd(spec) })) ?? (await this.#record(made, spec));
    if (problem !== undefined) {
      await this.#ask({ type: "set", port, spec: this.#forEnd(before) });
      return refuse("outside", problem);
    }
    const moved = before.network === spec.network ? success : this.#move(made, spec.network);
    if (!moved.ok) {
      await this.#ask({ type: "set", port, spec: this.#forEnd(before) });
      return moved;
    }
    this.#plugs.setPort(port, settingsOf(spec, mtu));
    made.spec = spec;
    this.#news.plugsChanged();
    return success;
  }

  async remove(id: Id): Promise<Outcome> {
    const made = this.#made.get(id);
    if (!made) return refuse("missing", `there is no uplink \`${id}\``);
    this.#networks.unplug(made.port, made.spec.network);
    await this.#ask({ type: "close", port: made.port });
    await made.recorder?.close();
    this.#forget(made);
    this.#news.plugsChanged();
    return success;
  }

  facts(id: Id): UplinkFacts | undefined {
    const made = this.#made.get(id);
    if (!made) return undefined;
    const { port, spec, state } = made;
    const { class: className, network, link } = spec;
    const { rx, tx } = uplinkFrames(this.#fabric, port);
    const out = className === "pcap" ? (made.recorder?.facts ?? NOTHING) : tx;
    return { id, class: className, network, link, ...state, rx, tx: out };
  }

  all(): readonly UplinkFacts[] {
    return [...this.#made.keys()].map((id) => this.facts(id) as UplinkFacts);
  }

  /** What there is, with the ports. */
  made(): readonly { readonly id: Id; readonly port: number; readonly spec: UplinkSpec }[] {
    return [...this.#made.values()];
  }

  /** Gateways are told who is planned on their networks, once for all changes of a moment. */
  plugsChanged(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      for (const { port, spec } of this.#made.values())
        if (spec.class === "nat") void this.#ask({ type: "set", port, spec: this.#forEnd(spec) });
    }, UPLINK_TELL_MS);
  }

  /** A thread has ended that may have put something into the rings of uplinks without a signal. */
  lookAgain(): void {
    for (const { port } of this.#made.values()) this.thread.lookAgain(port);
  }

  async close(): Promise<void> {
    clearTimeout(this.#telling);
    await Promise.all([...this.#made.keys()].map((id) => this.remove(id)));
    await this.thread.close();
  }

  /** Records what `spec` says, to another file than before, or none. A sentence where it can't be written. */
  async #record(made: Made, spec: UplinkSpec): Promise<string | undefined> {
    const to = spec.class === "pcap" ? spec.pcap.record : undefined;
    const { recorder } = made;
    const same = made.recordsTo === to && made.spec.network === spec.network;
    if (recorder === undefined ? to === undefined : same) return undefined;
    const failed = (detail: string): void => this.#setState(made, { carrier: false, detail });
    const fresh =
      to === undefined ? undefined : await Recorder.open(to, spec.network, this.#news.capture, failed);
    if (typeof fresh === "string") return fresh;
    await recorder?.close();
    made.recorder = fresh;
    made.recordsTo = to;
    return undefined;
  }

  #setState(made: Made, state: UplinkState): void {
    made.state = state;
    this.#news.tell({ type: "uplink", id: made.id, ...state });
  }

  #move({ port, spec }: Made, network: Id): Outcome {
    this.#networks.unplug(port, spec.network);
    const plugged = this.#networks.plug(port, network);
    if (!plugged.ok) this.#networks.plug(port, spec.network);
    return plugged;
  }

  /** A port with a ring, not plugged in so far. */
  #prepare(id: Id, spec: UplinkSpec, mtu: number): Made | undefined {
    if (this.#made.size >= UPLINKS_MAX) return undefined;
    const frameMax = mtu + FRAME_OVERHEAD;
    const place = this.thread.take(frameMax);
    const port = place && this.#plugs.addPort(settingsOf(spec, mtu));
    if (!place || port === undefined) {
      if (place) this.thread.give(place);
      return undefined;
    }
    let number = 0;
    while (this.#numbers.has(number)) number++;
    this.#numbers.add(number);
    this.thread.open(port, place, number);
    return {
      id,
      port,
      number,
      place,
      frameMax,
      spec,
      state: NO_STATE,
      recorder: undefined,
      recordsTo: undefined,
    };
  }

  #forget({ id, port, number, place }: Made): void {
    this.#made.delete(id);
    this.#plugs.removeHostPort(port, () => this.thread.give(place));
    this.#numbers.delete(number);
  }

  #forEnd(spec: UplinkSpec): EndSpec {
    return { ...spec, stations: spec.class === "nat" ? this.#networks.stationsOn(spec.network) : [] };
  }

  #ask(letter: UplinksLetter): Promise<string | undefined> {
    if (this.#failed !== undefined) return Promise.resolve(this.#failed);
    this.thread.start();
    const asked = this.#asked.get(letter.port) ?? [];
    this.#asked.set(letter.port, asked);
    const answer = new Promise<string | undefined>((resolve) => asked.push(resolve));
    this.thread.send(letter);
    return answer;
  }

  /** A mistake of ours costs the ways out, and nothing else. */
  #fail(error: unknown): void {
    const detail = `the uplinks' thread has ended: ${String(error)}; down and up again starts it anew`;
    this.#failed = detail;
    for (const asked of this.#asked.values()) for (const answer of asked) answer(detail);
    this.#asked.clear();
    for (const made of this.#made.values()) this.#setState(made, { ...made.state, carrier: false, detail });
  }

  #hear(answer: UplinksAnswer): void {
    if (answer.type === "fault") return this.#news.lookForFaults();
    if (answer.type === "answer") {
      const asked = this.#asked.get(answer.port);
      asked?.shift()?.(answer.problem);
      if (asked?.length === 0) this.#asked.delete(answer.port);
      return;
    }
    const made = [...this.#made.values()].find(({ port }) => port === answer.port);
    if (!made) return;
    const before = made.state;
    made.state = answer.state;
    const { carrier, detail } = answer.state;
    if (before.carrier !== carrier || before.detail !== detail)
      this.#news.tell({ type: "uplink", id: made.id, carrier, detail });
  }
}

/** What a gateway has for as long as it is there. */
function addressOf(spec: UplinkSpec): string {
  return spec.class === "nat" ? `${spec.nat.gateway}/${spec.nat.prefix}` : "";
}

function settingsOf({ link, rate = 0 }: UplinkSpec, mtu: number): PortSettings {
  return { linkUp: link === "up", mtu, rate, vlan: 0 };
}

function refuse(code: Refusal["code"], message: string): Outcome {
  return { ok: false, refusal: { code, message } };
}
