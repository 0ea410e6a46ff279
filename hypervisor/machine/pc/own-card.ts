// A venet as v86's own network card shows it: its queues, its features and its copies, as they are shipped,
// with a station on the guest's bus at the other end. For benches: a lab's file can't say it, and a PC has
// one.

import { PC_BUDGET_FRAMES } from "../../limits.ts";
import type { OwnCardEnd } from "./emulator.ts";
import type { CardFacts, CardParts } from "./network-card.ts";
import { Station } from "./station.ts";

export class OwnCard {
  facts: CardFacts;
  readonly #station: Station;
  readonly #end: OwnCardEnd;
  #gone = false;

  /** Undefined where the device can't be opened, or the PC has its card already. */
  static plug(parts: CardParts, facts: CardFacts): OwnCard | undefined {
    const station = Station.open(parts.verbs, parts.memory, parts.at, facts);
    if (!station) return undefined;
    const end = parts.emulator.addOwnCard({
      mac: facts.mac,
      sent: (frame) => send(station, frame),
      kicked: () => {
        parts.count(facts.id, "kicks");
        station.send();
      },
      interrupted: () => parts.count(facts.id, "interrupts"),
    });
    if (end) return new OwnCard(facts, station, end);
    station.close();
    return undefined;
  }

  private constructor(facts: CardFacts, station: Station, end: OwnCardEnd) {
    this.facts = facts;
    this.#station = station;
    this.#end = end;
  }

  changed(facts: CardFacts): void {
    this.facts = facts;
  }

  remove(): void {
    this.#gone = true;
    this.#station.close();
  }

  /** Moves frames both ways. Microseconds after which to call it again; 0: everything has been sent. */
  move(): number {
    if (this.#gone) return 0;
    // Bound: PC_BUDGET_FRAMES. As shipped it drops what it has no buffer for; it is asked first.
    for (let given = 0; given < PC_BUDGET_FRAMES && this.#end.hasRoom(); given++) {
      const frame = this.#station.take();
      if (!frame) break;
      this.#end.deliver(frame);
      this.#station.give();
    }
    return this.#station.send();
  }
}

/** A frame that has no room is lost, as on a wire. */
function send(station: Station, frame: Uint8Array): void {
  const room = station.room();
  if (!room || frame.length > room.length) return;
  room.set(frame);
  station.post(frame.length);
}
