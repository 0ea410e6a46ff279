// Which guests' memories this thread knows: letters from the control thread, read without a turn of the
// event loop.

import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { viewBytes, viewGuestMemory } from "../memory/fabric.ts";
import { mailOf } from "../memory/threads.ts";

/**
 * The memory of the guest in a thread row, or the news that it is gone. Its bytes are enough to copy frames
 * by hand; the pump wants the memory. Most guests send little to most of those that they could reach, and the
 * engine looks through a thread's whole heap for each 64 MiB of memories that come in: bytes aren't counted.
 */
export interface PeerLetter {
  readonly type: "peer";
  readonly thread: number;
  readonly incarnation: number;
  readonly memory?: WebAssembly.Memory | SharedArrayBuffer;
}

interface Peer {
  readonly incarnation: number;
  readonly memory: WebAssembly.Memory | SharedArrayBuffer;
  /** Made for the first frame. */
  views?: GuestMemory;
  isWanted?: boolean;
}

/** Memories by thread row, and the inbox that brings them. One a thread. */
export class Peers<Letter extends { readonly type: string }> {
  readonly #fabric: Fabric;
  readonly #thread: number;
  readonly #inbox: MessagePort;
  readonly #other: (letter: Letter) => void;
  readonly #peers = new Map<number, Peer>();
  #seen = 0;

  /** `other` is given every letter that isn't about a peer. */
  constructor(fabric: Fabric, thread: number, inbox: MessagePort, other: (letter: Letter) => void) {
    this.#fabric = fabric;
    this.#thread = thread;
    this.#inbox = inbox;
    this.#other = other;
  }

  /** Reads new letters, if control has said that there are any. */
  readMail(): void {
    const count = mailOf(this.#fabric, this.#thread);
    if (count === this.#seen) return;
    this.#seen = count;
    // Bound: what control has posted; it posts a letter for each change of the lab.
    for (let letter = receiveMessageOnPort(this.#inbox); letter; letter = receiveMessageOnPort(this.#inbox)) {
      this.take(letter.message as PeerLetter | Letter);
    }
  }

  take(letter: PeerLetter | Letter): void {
    if (letter.type !== "peer") return this.#other(letter as Letter);
    const { thread, incarnation, memory } = letter as PeerLetter;
    if (memory) this.#peers.set(thread, { incarnation, memory });
    else this.#peers.delete(thread);
  }

  /** The memory of the guest that is in this row in this incarnation, if it is known. */
  memoryOf(thread: number, incarnation: number): GuestMemory | undefined {
    const peer = this.#peers.get(thread);
    if (!peer || peer.incarnation !== incarnation) return undefined;
    return (peer.views ??= view(peer.memory));
  }

  /** Whether its memory is to be asked for, of which the bytes are known: once. */
  wants(thread: number, incarnation: number): boolean {
    const peer = this.#peers.get(thread);
    if (!peer || peer.incarnation !== incarnation || peer.isWanted) return false;
    peer.isWanted = true;
    return true;
  }
}

function view(memory: WebAssembly.Memory | SharedArrayBuffer): GuestMemory {
  return memory instanceof SharedArrayBuffer ? viewBytes(memory) : viewGuestMemory(memory);
}
