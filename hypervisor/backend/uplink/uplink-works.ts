// The work of the uplinks' thread: takes the frames that networks have for outside and gives them to the
// ends, and sends what the ends bring as the switch would. Sleeps in its event loop, where the ends' sockets
// are too. Nothing that a guest does, or somebody outside, ends it.

import { setImmediate as nextTurn } from "node:timers/promises";
import { Forwarder } from "../../datapath/forward.ts";
import { Peers, type PeerLetter } from "../../datapath/peers.ts";
import type { HostParts } from "../../host-parts.ts";
import { UPLINK_BUDGET_FRAMES, UPLINK_ROUNDS_MAX } from "../../limits.ts";
import { UPLINK_THREAD } from "../../memory/layout.ts";
import { sleepAgain, sleepOnEventsAsync, takePending, wakeCount, wakeWithin } from "../../ring/signal.ts";
import { makeEnd } from "./ends.ts";
import type { UplinksAnswer, UplinksLetter } from "./letters.ts";
import { Uplink } from "./uplink.ts";
import type { LargeFrame } from "./vnet-header.ts";
import { EVENTS_AT } from "../../ring/host-memory.ts";

export class UplinkWorks {
  readonly #parts: HostParts<UplinksAnswer>;
  readonly #peers: Peers<UplinksLetter>;
  readonly #forwarder: Forwarder;
  readonly #uplinks = new Map<number, Uplink>();
  /** By signal number. */
  readonly #byNumber = new Map<number, Uplink>();
  /** Those whose rings have more than a budget allowed. */
  readonly #left = new Set<Uplink>();
  /** Letters are worked off one after the other for each port. */
  readonly #lanes = new Map<number, Promise<void>>();
  /** Those that were given large frames since then, past their rings. */
  readonly #handed = new Set<Uplink>();
  /** One is being given a large frame: it may send by itself, and must not be given what that makes. */
  #isHanding = false;
  /** Frames that were sent since receivers were signalled; signalling is due. */
  #sent = 0;
  /** The thread said that it sleeps, before it was in a callback that sends. */
  #sleeps = false;
  /** Turns in which uplinks of this thread gave each other frames, without one in which they did not. */
  #rounds = 0;
  /** A callback that sent frames is over: who is on this thread gets them now, without an event. */
  readonly #settle = (): void => {
    this.#signal();
    const took = this.#rounds < UPLINK_ROUNDS_MAX && this.#takeFrames();
    this.#rounds = took ? this.#rounds + 1 : 0;
    if (this.#sent > 0) return; // Another one follows.
    if (this.#sleeps) sleepAgain(this.#parts.memory, EVENTS_AT, this.#left.size > 0);
    this.#sleeps = false;
  };

  constructor(parts: HostParts<UplinksAnswer>) {
    this.#parts = parts;
    const { fabric, memory, incarnation, inbox, fault, nowNs } = parts;
    const thread = UPLINK_THREAD;
    this.#peers = new Peers(fabric, thread, inbox, (letter) => this.#queue(letter));
    const self: PeerLetter = { type: "peer", thread, incarnation, memory: memory.memory };
    this.#peers.take(self); // Uplinks of one network send to each other.
    this.#forwarder = new Forwarder({ fabric, thread, memory, peers: this.#peers, fault, nowNs });
  }

  #signal(): void {
    this.#sent = 0;
    for (const uplink of this.#handed) uplink.end.flush();
    this.#handed.clear();
    this.#forwarder.signalTouched(true);
  }

  /** Works until the thread is ended. */
  async run(): Promise<never> {
    const { memory } = this.#parts;
    // Event loop: this thread's own; each turn moves frames or sleeps.
    for (;;) {
      const seen = wakeCount(memory, EVENTS_AT);
      this.#peers.readMail();
      if (this.#takeFrames())
        await nextTurn(); // Sockets have their turn too.
      else await (sleepOnEventsAsync(memory, EVENTS_AT, seen) ?? nextTurn());
    }
  }

  /** Frames for outside. True: there were some. */
  #takeFrames(): boolean {
    let some = this.#left.size > 0;
    const due = new Set(this.#left);
    this.#left.clear();
    for (let word = 0; word < 8; word++) {
      let bits = takePending(this.#parts.memory, EVENTS_AT, word);
      // Bound: 32.
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        const uplink = this.#byNumber.get(word * 32 + bit);
        if (uplink) due.add(uplink);
      }
    }
    for (const uplink of due) {
      some = true;
      if (!uplink.takeFrames()) this.#left.add(uplink);
    }
    return some;
  }

  /**
   * The forwarder, ready for a frame; receivers are signalled when the current callback is over, or before.
   */
  #begin(): Forwarder {
    if (this.#sent >= UPLINK_BUDGET_FRAMES) this.#signal();
    if (this.#sent++ === 0) {
      // A socket's turn may come before that of letters, and its frame be for a guest that has just come.
      this.#peers.readMail();
      this.#forwarder.begin();
      if (wakeWithin(this.#parts.memory, EVENTS_AT)) this.#sleeps = true;
      queueMicrotask(this.#settle);
    }
    return this.#forwarder;
  }

  #near(port: number): Uplink | undefined {
    const uplink = this.#isHanding ? undefined : this.#uplinks.get(port);
    return uplink?.end.takesLarge === true ? uplink : undefined;
  }

  #handOver(to: Uplink, frame: Uint8Array, large: LargeFrame): void {
    this.#isHanding = true;
    this.#handed.add(to);
    try {
      to.takeLarge(frame, large);
    } finally {
      this.#isHanding = false;
    }
  }

  #queue(letter: UplinksLetter): void {
    const { port } = letter;
    const before = this.#lanes.get(port) ?? Promise.resolve();
    const done = before
      .then(() => this.#take(letter))
      .then((problem) =>
        this.#parts.tell({ type: "answer", port, ...(problem !== undefined && { problem }) }),
      );
    this.#lanes.set(port, done);
    void done.finally(() => {
      if (this.#lanes.get(port) === done) this.#lanes.delete(port);
    });
  }

  async #take(letter: UplinksLetter): Promise<string | undefined> {
    const uplink = this.#uplinks.get(letter.port);
    if (letter.type === "set") return uplink?.end.set(letter.spec);
    if (letter.type === "close") {
      if (uplink) await this.#close(uplink);
      return undefined;
    }
    const { fabric, memory, nowNs, tell } = this.#parts;
    const fresh = new Uplink(letter, {
      fabric,
      memory,
      nowNs,
      begin: () => this.#begin(),
      near: (port) => this.#near(port),
      handOver: (to, frame, large) => this.#handOver(to, frame, large),
      tell: (state) => tell({ type: "state", port: letter.port, state }),
      makeEnd,
    });
    const problem = await fresh.end.open();
    if (problem !== undefined) return problem;
    this.#uplinks.set(letter.port, fresh);
    this.#byNumber.set(letter.number, fresh);
    this.#left.add(fresh); // Frames may have come before.
    return undefined;
  }

  async #close(uplink: Uplink): Promise<void> {
    this.#uplinks.delete(uplink.port);
    this.#byNumber.delete(uplink.number);
    this.#left.delete(uplink);
    uplink.isOpen = false;
    await uplink.end.close();
  }
}
