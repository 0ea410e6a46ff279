// Segments after any sequence of joins and partings: each network follows one leader of its group, whose list
// is the group, and no station is known that its segment can't reach.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createFabric } from "../memory/fabric.ts";
import { ROWS_RESTING } from "../limits.ts";
import { SEED } from "../machine-room.test-support.ts";
import { learnMac, lookUpMac } from "./mac-table.ts";
import { Plugs, Rows } from "./plugs.ts";
import { leaderOf, membersOf } from "./segments.ts";

const NETWORKS = 8;
const SETTINGS = { linkUp: true, mtu: 1500, rate: 0, vlan: 0 };

/** Which group each network is in. */
const grouping = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: NETWORKS, maxLength: NETWORKS });

test("each network follows one of its group, whose list is the group", () => {
  console.log(`segments: seed ${SEED}`);
  const property = fc.property(fc.array(grouping, { minLength: 1, maxLength: 12 }), (steps) => {
    const fabric = createFabric();
    const plugs = new Plugs(fabric);
    const rows = Array.from({ length: NETWORKS }, () => plugs.addNetwork() as number);
    const ports = rows.map((row) => {
      const port = plugs.addPort(SETTINGS) as number;
      plugs.plug(port, row);
      return port;
    });
    for (const step of steps) {
      const groups = Map.groupBy(rows, (row) => step[rows.indexOf(row)]);
      plugs.join([...groups.values()]);
      for (const group of groups.values()) {
        const [leader, ...more] = new Set(group.map((row) => leaderOf(fabric.i32, row)));
        expect(more).toEqual([]);
        expect(membersOf(fabric, leader as number).toSorted()).toEqual(group.toSorted());
        for (const [i, port] of ports.entries()) {
          const known = lookUpMac(fabric.i32, leader as number, 2, i);
          if (known >= 0) expect(group).toContain(rows[i]);
          if (group.includes(rows[i] as number)) learnMac(fabric.i32, leader as number, 2, i, port);
        }
      }
    }
  });
  fc.assert(property, { seed: SEED, numRuns: 60 });
});

test.each([ROWS_RESTING - 1, ROWS_RESTING, ROWS_RESTING + 1])(
  "a row that comes back rests until %d have, and then serves before one that never did",
  (count) => {
    const rows = new Rows(1000);
    const taken = Array.from({ length: count }, () => rows.take() as number);
    for (const row of taken) rows.give(row);
    expect(rows.take()).toBe(count > ROWS_RESTING ? 0 : count);
  },
);
