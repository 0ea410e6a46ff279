// Uplinks as a lab's file declares them: two networks of one lab joined by a socket, seen live, while it is
// changed, and refused where it can't be.

import { createServer } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { Bench, IMAGES, clock } from "./lab.test-support.ts";
import { runTests } from "./test/run-tests.ts";

const LIMIT = { timeout: 120_000 };
let bench: Bench | undefined;
afterEach(async () => await bench?.close(), 60_000);

function lab(texts: { readonly a?: string; readonly b?: string; readonly tests?: string } = {}): string {
  return `${IMAGES}
network here { subnet = 10.0.0.0/24, pool = 10.0.0.0/25 }
network there { subnet = 10.0.0.0/24, pool = 10.0.0.128/25 }
uplink a: socket { network = here, ${texts.a ?? 'listen = "unix:s"'} }
uplink b: socket { network = there, ${texts.b ?? 'connect = "unix:s"'} }
guest far { image = echo, device eth0: venet { network = there } }
guest near {
  image = ping
  args = ["--to", far.eth0.ip, "--count", 5, "--interval", 20ms]
  goal = completed
  device eth0: venet { network = here }
}
${texts.tests ?? ""}`;
}

test("a test block sees what went out and came in, and who is there", LIMIT, async () => {
  bench = new Bench(
    lab({
      tests: `test "over the socket" {
  expect near.exit == 0 within 60s
  expect near.log.matches("5 received")
  expect a.carrier && b.carrier
  expect a.tx.count >= 5 && b.tx.count >= 5
  expect b.rx.count == a.tx.count within 10s
  expect a.rx.dropped == 0
}`,
    }),
  );
  const { results, wrong } = await runTests({ sources: [{ file: bench.file }], clock, jobs: 1 });
  expect(wrong).toEqual([]);
  expect(results.map(({ state, failure }) => failure?.diagnostic.message ?? state)).toEqual(["passed"]);
});

test("an uplink that changes where it listens is made anew, and its other end finds it", LIMIT, async () => {
  bench = new Bench(lab());
  const running = await bench.open({ watch: true });
  await bench.event(/connected: unix/);
  bench.save(lab({ a: 'listen = "unix:t"', b: 'connect = "unix:t"' }));
  await bench.until("both are connected by the other path", () =>
    running.snapshot().uplinks.every(({ carrier, detail }) => carrier && detail.endsWith("/t")),
  );
  expect(bench.events.some(({ type, address }) => type === "uplink" && address === "b")).toBe(true);
  bench.save(lab({ a: 'listen = "unix:t", link = down', b: 'connect = "unix:t"' }));
  await running.apply(); // Also where the save was seen before this, and is applied already.
  // In whatever order they were made.
  const links = running.snapshot().uplinks.map(({ id, link }) => `${id} ${link}`);
  expect(links.toSorted()).toEqual(["a down", "b up"]);
  expect(running.snapshot().uplinks.map(({ carrier }) => carrier)).toEqual([true, true]);
});

test("what can't be opened outside refuses the lab, with its address and the reason", LIMIT, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  bench = new Bench(lab({ a: `listen = "tcp:127.0.0.1:${port}"` }));
  const taken = `can't listen on tcp:127.0.0.1:${port}: EADDRINUSE`;
  await expect(bench.open()).rejects.toThrow(taken);
  server.close();
});
