// Which threads know which guests: one that runs a guest has to know everybody whom that can reach, and lets
// go of the dead. Control thread.

import type { PeerLetter } from "../datapath/peers.ts";
import type { Guest } from "./guest.ts";
import type { Listener } from "./vcpu.ts";

export class Introductions {
  readonly #known = new Map<Listener, Set<Guest>>();
  readonly #carriers = new Set<Listener>();

  /** A carrier knows everybody: it is told of these, and of all that come. Nothing for one that was here. */
  begin(carrier: Listener, guests: Iterable<Guest>): void {
    if (this.#carriers.has(carrier)) return;
    this.#carriers.add(carrier);
    this.introduce(carrier, guests);
  }

  /** A new guest, with its neighbours that have threads of their own. */
  came(guest: Guest, neighbours: Iterable<Guest>): void {
    for (const carrier of this.#carriers)
      if (carrier === guest.listener) this.#knownTo(carrier).add(guest);
      else this.introduce(carrier, [guest]);
    for (const { listener } of neighbours) this.introduce(listener, [guest]);
  }

  /** Tells a listener of guests that it doesn't know yet. */
  introduce(listener: Listener, guests: Iterable<Guest>): void {
    const known = this.#knownTo(listener);
    for (const guest of guests) {
      if (known.has(guest) || listener === guest) continue;
      known.add(guest);
      listener.meet(peerLetter(guest));
    }
  }

  /** Gives a listener the memory of one whose bytes it knows. */
  hand(listener: Listener, { thread, incarnation, memory: { memory } }: Guest): void {
    listener.meet({ type: "peer", thread, incarnation, memory });
  }

  /** A listener knows these by itself. */
  note(listener: Listener, guests: Iterable<Guest>): void {
    const known = this.#knownTo(listener);
    for (const guest of guests) known.add(guest);
  }

  /** It has ended: everybody who knew it is told. */
  gone(guest: Guest): void {
    const { thread, incarnation } = guest;
    this.#known.delete(guest);
    for (const [listener, known] of this.#known)
      if (known.delete(guest)) listener.meet({ type: "peer", thread, incarnation });
  }

  /** A carrier has ended. */
  forget(carrier: Listener): void {
    this.#carriers.delete(carrier);
    this.#known.delete(carrier);
  }

  #knownTo(listener: Listener): Set<Guest> {
    let known = this.#known.get(listener);
    if (!known) this.#known.set(listener, (known = new Set()));
    return known;
  }
}

export function peerLetter({ thread, incarnation, memory, isCounted }: Guest): PeerLetter {
  return { type: "peer", thread, incarnation, memory: isCounted ? memory.memory : memory.buffer };
}
