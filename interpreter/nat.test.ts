// A gateway in user mode as a lab's file declares it: pinged by its guests, published ports reached from the
// host by what its system has, changed while it runs, refused where it can't be.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { refusals } from "./drivers/unsupported.ts";
import { Bench, clock, IMAGES } from "./lab.test-support.ts";
import { modelOf } from "./plan/model.test-support.ts";
import { runTests } from "./test/run-tests.ts";

const LIMIT = { timeout: 120_000 };
let bench: Bench | undefined;
afterEach(async () => await bench?.close(), 60_000);

const lab = (nat = "", rest = ""): string => `${IMAGES}
network lan { subnet = 10.0.0.0/24 }
uplink out: nat { network = lan, ${nat} }
guest server { image = echo, device eth0: venet { network = lan } }
${rest}`;
const client = (to: string): string => `
guest client {
  image = ping
  args = ["--to", ${to}, "--count", 5, "--interval", 20ms]
  goal = completed
  device eth0: venet { network = lan }
}`;

/** `echo`'s port 7 by UDP. */
const published = (listen: number): string =>
  `publish = [{ listen = ${listen}, to = server.eth0, port = 7, protocol = udp }]`;

test("a test block sees the gateway answer", LIMIT, async () => {
  const tests = `test "the gateway" {
  expect client.exit == 0 within 60s
  expect client.log.matches("5 received")
  expect out.carrier && out.tx.count >= 5 && out.rx.count >= 5
  expect out.connections == 0
}`;
  bench = new Bench(lab("", `${client("lan.gateway")}\n${tests}`));
  const { results, wrong } = await runTests({ sources: [{ file: bench.file }], clock, jobs: 1 });
  expect(wrong).toEqual([]);
  expect(results.map(({ state, failure }) => failure?.diagnostic.message ?? state)).toEqual(["passed"]);
});

test("a guest's port is reached from the host, and by another port after a save", LIMIT, async () => {
  bench = new Bench(lab(published(0)));
  const running = await bench.open({ watch: true });
  const portNow = (): number => running.snapshot().uplinks[0]?.nat?.published[0]?.listen ?? 0;
  const ask = async (): Promise<string> => {
    const socket = createSocket("udp4");
    const asking = setInterval(() => socket.send("hello", portNow(), "127.0.0.1"), 200);
    const [answer] = (await once(socket, "message")) as [Buffer];
    clearInterval(asking);
    socket.close();
    return answer.toString();
  };
  expect(await ask()).toBe("hello");
  const before = portNow();
  const other = createSocket("udp4").bind(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address();
  bench.save(lab(published(port)));
  await bench.event(/is taken by somebody else/);
  expect(portNow()).toBe(before);
  expect(await ask()).toBe("hello");
  other.close();
  await once(other, "close");
  bench.save(lab(`${published(port)}, dns = false`));
  await bench.until("the other port is published", () => portNow() === port);
  expect(await ask()).toBe("hello");
});

test("a port that is taken refuses the lab, with what to do", LIMIT, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  bench = new Bench(lab(`publish = [{ listen = ${port}, to = server.eth0 }]`));
  const message = `TCP port 127.0.0.1:${port} is taken by somebody else: choose another, or 0 for a free one`;
  await expect(bench.open()).rejects.toThrow(message);
  server.close();
});

test("what no gateway serves is refused", () => {
  const messages = (text: string): unknown =>
    refusals(modelOf(text)).map(({ message, hint }) => [message, hint]);
  expect(messages("network lan { subnet = 10.0.0.0/24, dhcp = true }")).toEqual([
    [
      "No driver serves `dhcp` of lan yet.",
      "An `uplink` of class `nat` answers DHCP on its network; else leave `dhcp` out.",
    ],
  ]);
  expect(
    messages("network lan { subnet = 10.0.0.0/24, dhcp = true }\nuplink out: nat { network = lan }"),
  ).toEqual([]);
  expect(messages('network lan { subnet = "fd00::/64" }\nuplink out: nat { network = lan }')).toEqual([
    [
      "No driver serves `gateway` of lan yet.",
      "An `uplink` of class `nat` serves networks of IPv4 addresses.",
    ],
  ]);
});
