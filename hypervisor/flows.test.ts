// Flows against judging anew: after any change of a lab, a frame whose way is remembered ends where one ends
// that nothing is remembered of.

import fc from "fast-check";
import { expect, test } from "vitest";
import { direction } from "./lines.test-support.ts";
import { BROADCAST, SEED, TestLab, macOf, must } from "./machine-room.test-support.ts";
import { CHANGES_AT } from "./memory/layout.ts";
import { puppet, type Frame, type Puppet } from "./puppet.test-support.ts";

const PORTS = [1, 2, 3] as const;
const SENDERS = [1, 2] as const;
/** An address that moves. */
const STATION = 7;
/** Everything that comes to the device is lost. */
const LOSSY = { ingress: direction({ loss: 1 }) };
const RUNS = process.env["SLOW"] === "1" ? 100 : 4;

/** Far beyond what a lab's changes count up to here. */
const JUDGED_ANEW = 1 << 24;

const port = fc.constantFrom(...PORTS);
const network = fc.constantFrom("lan", "far");
const change = fc.oneof(
  fc.record({ what: fc.constant("link" as const), port, value: fc.constantFrom("up", "down") }),
  fc.record({ what: fc.constant("vlan" as const), port, value: fc.constantFrom(undefined, 5) }),
  fc.record({ what: fc.constant("network" as const), port, value: network }),
  fc.record({ what: fc.constant("loss" as const), port, value: fc.constantFrom(undefined, LOSSY) }),
  fc.record({ what: fc.constant("joined" as const), value: fc.boolean() }),
  fc.record({ what: fc.constant("moved" as const), port }),
  fc.record({ what: fc.constant("moved" as const), port }),
  fc.record({ what: fc.constant("reopened" as const), port }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly lab = new TestLab();
  readonly #puppets = new Map<number, Puppet>();
  #mark = 0;
  #judged = 0;

  async open(): Promise<void> {
    must(this.lab.hv.createNetwork("far", { mtu: 1500 }));
    for (const n of PORTS) this.lab.plug(n);
    for (const n of PORTS) await this.#boot(n);
  }

  async #boot(n: number): Promise<void> {
    this.#puppets.set(n, await puppet(this.lab, n));
  }

  async change(step: Change): Promise<void> {
    const { lab } = this;
    if (step.what === "joined") {
      must(lab.hv.setNetwork("far", { mtu: 1500, links: step.value ? ["lan"] : [] }));
    } else if (step.what === "moved") {
      await this.#puppet(step.port).send({ ...this.#frame(STATION, BROADCAST) });
    } else if (step.what === "reopened") {
      await lab.hv.killGuest(`puppet${step.port}`);
      must(lab.hv.removeGuest(`puppet${step.port}`));
      await this.#boot(step.port);
    } else if (step.what === "loss") {
      lab.change(step.port, { impair: step.value });
      await lab.room.devices.lines.ready; // From then on the bad link is one.
    } else {
      lab.change(step.port, { [step.what]: step.value });
    }
  }

  /** Everybody says where it is, and the senders remember the ways to all others. */
  async warmUp(): Promise<void> {
    for (const n of PORTS) await this.#puppet(n).send(this.#frame(n, BROADCAST));
    for (const n of SENDERS)
      await this.#puppet(n).send(...ways(n).flatMap((to) => [this.#frame(n, to), this.#frame(n, to)]));
    await this.#taken();
  }

  /** What becomes of a frame on each way: as it is remembered, and judged anew. */
  async compare(): Promise<{ remembered: string[]; anew: string[] }> {
    const { i32 } = this.lab.room.fabric;
    const sent: { way: string; mark: number; drops: string }[][] = [];
    for (const n of SENDERS) {
      for (const to of ways(n)) {
        const remembered = await this.#sendOne(n, to);
        const changes = i32[CHANGES_AT >> 2] as number;
        // Never the count of another time: nothing is remembered with it.
        i32[CHANGES_AT >> 2] = JUDGED_ANEW + ++this.#judged;
        const anew = await this.#sendOne(n, to);
        // The other ways are as they were remembered.
        i32[CHANGES_AT >> 2] = changes;
        sent.push([remembered, anew]);
      }
    }
    const taken = await this.#taken();
    const tell = ({ way, mark, drops }: { way: string; mark: number; drops: string }): string =>
      `${way}: ${taken.get(mark)?.join(" ") ?? "nobody"}, ${drops}`;
    return { remembered: sent.map(([one]) => tell(one!)), anew: sent.map(([, one]) => tell(one!)) };
  }

  async #sendOne(n: number, to: readonly number[]): Promise<{ way: string; mark: number; drops: string }> {
    const before = { ...this.lab.device(n).tx.droppedBy };
    const frame = this.#frame(n, to);
    await this.#puppet(n).send(frame);
    const after = Object.entries(this.lab.device(n).tx.droppedBy);
    const drops = after
      .filter(([reason, count]) => count !== (before[reason] ?? 0))
      .map(([reason]) => reason);
    return { way: `${n} to ${to[5]}`, mark: frame.mark, drops: drops.join() };
  }

  /** Who took the frame with each mark since the last look. */
  async #taken(): Promise<Map<number, number[]>> {
    const takers = new Map<number, number[]>();
    for (const n of PORTS)
      for (const { mark } of await this.#puppet(n).take()) takers.set(mark, [...(takers.get(mark) ?? []), n]);
    return takers;
  }

  #frame(from: number, to: readonly number[]): Frame {
    return { to, from: macOf(from), mark: ++this.#mark, length: 64 };
  }

  #puppet(n: number): Puppet {
    return this.#puppets.get(n) as Puppet;
  }
}

/** The stations that a port sends to. */
function ways(from: number): number[][] {
  return [...PORTS, STATION].filter((n) => n !== from).map((n) => macOf(n));
}

test(
  "what is remembered of ways ends where judging anew does, after any change",
  { timeout: 300_000 },
  async () => {
    console.log(`flows: seed ${SEED}`);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 8, maxLength: 12 }), async (steps) => {
        const world = new World();
        try {
          await world.open();
          for (const step of [{ what: "moved", port: 2 } as const, ...steps]) {
            await world.warmUp();
            await world.change(step);
            const { remembered, anew } = await world.compare();
            expect(remembered, JSON.stringify(step)).toEqual(anew);
          }
        } finally {
          await world.lab.close();
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  },
);
