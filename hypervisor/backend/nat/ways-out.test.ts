// Ways out of a gateway's policy, each by its name: a guest that may not reach the host tries them, and
// nothing comes to the host. The same policy with host access shows that it would have come.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { listening } from "./host-servers.test-support.ts";
import { GATEWAY, number, Place, PLANNED, SPEC } from "./station.test-support.ts";
import { datagram, opening, WAYS } from "./ways-out-rows.test-support.ts";
import { BODY, icmpFrame, IP } from "./wire.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What the host itself sends to both servers has come: so has all that was sent before. */
async function settled(port: number, came: string[]): Promise<void> {
  const [stream, socket] = [connect(port, "127.0.0.1"), createSocket("udp4")];
  stream.on("error", () => undefined);
  await once(stream, "connect");
  socket.send("from the host", port, "127.0.0.1");
  await expect.poll(() => came.filter((what) => what === "from the host").length).toBe(1);
  await expect.poll(() => came.filter((what) => what === "a connection").length).toBeGreaterThan(0);
  stream.destroy();
  socket.close();
}

test("each way out has a name of its own, and there are many", () => {
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
  expect(WAYS.length).toBeGreaterThan(120);
  console.log(`nat: ${WAYS.length} ways out are shut`);
});

test("every way out is shut, and its guest is told or its frame is counted", async () => {
  const { port, came } = await listening(closing, "udp4", String);
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  const place = await Place.open({}, { ownAddresses: () => [...own, "203.0.113.7"] });
  closing.push(() => place.close());
  const told: string[] = [];
  place.heard = (frame) => {
    if (frame[12] === 8 && frame[13] === 0 && frame[IP + 9] === 1 && frame[BODY] === 3)
      told.push(`${frame[BODY]}/${frame[BODY + 1]}`);
  };
  const found: (readonly [string, string])[] = [];
  for (const { name, frames } of WAYS) {
    const before = place.nat.facts().dropped;
    told.length = 0;
    const sent = frames(port);
    for (const frame of sent) place.nat.receive(frame);
    place.nat.flush();
    const { dropped, connections, flows } = place.nat.facts();
    expect([name, connections, flows]).toEqual([name, 0, 0]);
    const count = dropped - before;
    found.push([name, told.length > 0 ? told.join() : count === 0 ? "nothing" : "dropped"]);
  }
  expect(found).toEqual(WAYS.map(({ name, answer }) => [name, answer]));
  for (const address of own.filter((each) => each.includes("."))) {
    told.length = 0;
    place.nat.receive(datagram(address, port));
    place.nat.receive(opening(address, port));
    expect([address, ...told]).toEqual([address, "3/13", "3/13"]);
  }
  const refused = place.web.connect(GATEWAY, port);
  await refused.whenOpen();
  expect(refused.state, "a connection to a port of the gateway's").toBe("reset");
  await settled(port, came);
  expect(came.toSorted()).toEqual(["a connection", "from the host"]);
  expect(place.nat.facts().broken).toBe(0);
  // The neighbour is where it was: what a station said of others is not believed.
  const answered = place.db.nextIcmp();
  place.db.send(icmpFrame(place.db.ip, number(GATEWAY), Uint8Array.of(8, 0, 0, 0, 0, 7, 0, 1), 1));
  expect(await answered).toBe("0/0");
  // And with the right to it, the same frames come.
  await place.nat.set({ ...SPEC, hostAccess: true }, PLANNED);
  place.nat.receive(datagram(GATEWAY, port));
  await expect.poll(() => came).toContain("hello");
  const allowed = place.web.connect(GATEWAY, port);
  await allowed.whenOpen();
  expect(allowed.state).toBe("open");
});
