// What guests and the world see of each other through the gateway: TCP, UDP, and what is published.
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { serve } from "./host-servers.test-support.ts";
import type { NatSpec } from "./spec.ts";
import type { NatParts } from "./nat.ts";
import { GATEWAY, Place, PLANNED, SPEC, type Talk } from "./station.test-support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(change?: Partial<NatSpec>, parts?: Partial<NatParts>): Promise<Place> {
  const place = await Place.open(change, parts);
  closing.push(() => place.close());
  return place;
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const published = { protocol: "tcp", address: "127.0.0.1", listen: 0, to: "web.eth0", port: 80 } as const;

test(
  "bytes go both ways and arrive as they were sent, each way ended by itself",
  { timeout: 120_000 },
  async () => {
    const { web, nat } = await open({ hostAccess: true });
    const [there, back] = [randomBytes(1_000_000), randomBytes(2_000_000)];
    const got: Buffer[] = [];
    const port = await serve(closing, (socket) => {
      socket.on("data", (chunk) => got.push(chunk as Buffer));
      socket.on("end", () => socket.end(back));
    });
    const talk = web.connect(GATEWAY, port);
    await talk.whenOpen();
    expect(talk.state).toBe("open");
    for (let at = 0; at < there.length; at += 100_003) talk.write(there.subarray(at, at + 100_003));
    talk.end();
    await talk.whenEnded();
    expect(digest(Buffer.concat(got))).toBe(digest(there));
    expect(digest(talk.bytes)).toBe(digest(back));
    await expect.poll(() => nat.facts().connections, { timeout: 30_000 }).toBe(0);
  },
);

test(
  "the host's program does not read: the guest's window closes, and nothing is lost",
  { timeout: 120_000 },
  async () => {
    const { web } = await open({ hostAccess: true });
    let server: Socket | undefined;
    const port = await serve(closing, (socket) => (server = socket.pause()));
    const talk = web.connect(GATEWAY, port);
    const sent = randomBytes(20_000_000);
    talk.write(sent);
    talk.end();
    // What waits stands in four places, each bounded; the system's own buffers are the largest.
    let last = -1;
    await expect.poll(() => last === (last = talk.unsent), { timeout: 60_000, interval: 400 }).toBe(true);
    expect(talk.unsent).toBeGreaterThan(sent.length / 4);
    const got: Buffer[] = [];
    server?.on("data", (chunk) => got.push(chunk as Buffer)).resume();
    await once(server as Socket, "end");
    expect(digest(Buffer.concat(got))).toBe(digest(sent));
  },
);

test("of two connections that wait at once each gets its own bytes", { timeout: 120_000 }, async () => {
  const { web, db } = await open({ hostAccess: true });
  const servers: Socket[] = [];
  const port = await serve(closing, (socket) => servers.push(socket.pause()));
  const talks: Talk[] = [];
  const sent = [randomBytes(12_000_000), randomBytes(12_000_000)];
  for (const [index, station] of [web, db].entries()) {
    const talk = station.connect(GATEWAY, port);
    talks.push(talk);
    await expect.poll(() => servers.length, { timeout: 60_000 }).toBe(index + 1);
    talk.write(sent[index] as Buffer);
    talk.end();
  }
  let last = -1;
  const unsent = (): number => talks.reduce((sum, talk) => sum + talk.unsent, 0);
  await expect.poll(() => last === (last = unsent()), { timeout: 60_000, interval: 400 }).toBe(true);
  expect(Math.min(...talks.map((talk) => talk.unsent))).toBeGreaterThan(0);
  const got = servers.map(async (server) => {
    const pieces: Buffer[] = [];
    server.on("data", (chunk) => pieces.push(chunk as Buffer)).resume();
    await once(server, "end");
    return digest(Buffer.concat(pieces));
  });
  expect(await Promise.all(got)).toEqual(sent.map(digest));
});

test(
  "the guest does not read: the host's program waits, and nothing is lost",
  { timeout: 120_000 },
  async () => {
    const { web } = await open({ hostAccess: true });
    const sent = randomBytes(20_000_000);
    let server: Socket | undefined;
    const port = await serve(closing, (socket) => void (server = socket).end(sent));
    const talk = web.connect(GATEWAY, port);
    talk.isDeaf = true;
    await talk.whenOpen();
    let last = -1;
    await expect
      .poll(() => last === (last = server?.bytesWritten ?? -1), { timeout: 60_000, interval: 400 })
      .toBe(true);
    expect(server?.writableLength).toBeGreaterThan(sent.length / 4);
    talk.hear();
    await talk.whenEnded();
    expect(digest(talk.bytes)).toBe(digest(sent));
  },
);

test("resets go through both ways", async () => {
  const { web, nat } = await open({ hostAccess: true });
  const port = await serve(closing, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  const talk = web.connect(GATEWAY, port);
  await talk.whenOpen();
  talk.write(Buffer.from("x"));
  await talk.whenEnded();
  expect(talk.state).toBe("reset");
  expect(nat.facts().connections).toBe(0);
});

test("a port that nobody listens on refuses, as it would without us", async () => {
  const { web } = await open({ hostAccess: true });
  const port = await serve(closing, () => undefined);
  await closing.pop()?.();
  const talk = web.connect(GATEWAY, port);
  await talk.whenOpen();
  expect(talk.state).toBe("reset");
});

test("datagrams go both ways, long ones in pieces, and a port that nobody has is told", async () => {
  const { web } = await open({ hostAccess: true });
  const server = createSocket("udp4", (payload, from) => server.send(payload, from.port, from.address));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  for (const payload of [randomBytes(1), randomBytes(1472)]) {
    web.datagram(GATEWAY, port, payload);
    expect(text((await web.nextDatagram()).payload)).toBe(text(payload));
  }
  server.close();
  await once(server, "close");
  web.datagram(GATEWAY, port, Buffer.from("gone"), 4001);
  expect(await web.nextIcmp()).toBe("3/3");
});

test("a published port leads to its guest; a free one is taken and told", { timeout: 60_000 }, async () => {
  const { web, nat } = await open({ publish: [published] });
  const [{ listen } = published] = nat.facts().published;
  expect(listen).toBeGreaterThan(0);
  web.listen(80, (talk) => {
    void talk
      .until(() => talk.count >= 5)
      .then(() => {
        talk.write(Buffer.from(`${text(talk.bytes)} yourself`));
        talk.end();
      });
  });
  const client = connect({ host: "127.0.0.1", port: listen }).setEncoding("utf8");
  client.write("hello");
  let got = "";
  client.on("data", (chunk) => (got += String(chunk)));
  await once(client, "close");
  expect(got).toBe("hello yourself");
});

test("a published port of a guest that does not listen refuses", async () => {
  const { nat } = await open({ publish: [published] });
  const client = connect({ host: "127.0.0.1", port: nat.facts().published[0]?.listen ?? 0 });
  const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
});

test("a published UDP port: each client has its own way to the guest and back", async () => {
  const { web, nat } = await open({ publish: [{ ...published, protocol: "udp", port: 53 }] });
  const { listen = 0 } = nat.facts().published[0] ?? {};
  const clients = ["one", "two"].map((name) => {
    const socket = createSocket("udp4");
    closing.push(() => socket.close());
    socket.send(name, listen, "127.0.0.1");
    return { name, socket };
  });
  for (const _ of clients) {
    const { source, sourcePort, payload } = await web.nextDatagram();
    const from = [source >>> 24, (source >>> 16) & 255, (source >>> 8) & 255, source & 255].join(".");
    expect(from).toBe(GATEWAY);
    web.datagram(GATEWAY, sourcePort, Buffer.from(`${text(payload)} answered`), 53);
  }
  const answers = clients.map(async ({ name, socket }) => {
    const [answer] = (await once(socket, "message")) as [Buffer];
    expect(text(answer)).toBe(`${name} answered`);
  });
  await Promise.all(answers);
});

test("a port that is taken is said in words, and what was published stays", async () => {
  const { nat, web } = await open({ publish: [published] });
  const before = nat.facts().published;
  const taken = await serve(closing, () => undefined);
  const problem = await nat.set({ ...SPEC, publish: [published, { ...published, listen: taken }] }, PLANNED);
  expect(problem).toBe(
    `TCP port 127.0.0.1:${taken} is taken by somebody else: choose another, or 0 for a free one`,
  );
  expect(nat.facts().published).toEqual(before);
  web.listen(80, (talk) => talk.end());
  const client = connect({ host: "127.0.0.1", port: before[0]?.listen ?? 0 });
  client.resume();
  await once(client, "end");
});

test("another guest behind the same port, without closing it; and none", async () => {
  const free = await serve(closing, () => undefined);
  await closing.pop()?.();
  const at = { ...published, listen: free };
  const { nat, web, db } = await open({ publish: [at] });
  const ask = async (): Promise<string> => {
    const client = connect({ host: "127.0.0.1", port: free }).setEncoding("utf8");
    const said = await once(client, "data").then(String, ({ code }: NodeJS.ErrnoException) => code ?? "");
    client.destroy();
    return said;
  };
  web.listen(80, (talk) => talk.write(Buffer.from("web")));
  db.listen(81, (talk) => talk.write(Buffer.from("db")));
  expect(await ask()).toBe("web");
  expect(await nat.set({ ...SPEC, publish: [{ ...at, to: "db.eth0", port: 81 }] }, PLANNED)).toBeUndefined();
  expect(await ask()).toBe("db");
  expect(await nat.set(SPEC, PLANNED)).toBeUndefined();
  expect(await ask()).toBe("ECONNREFUSED");
});

test("a guest that is planned no more loses its connections, others keep theirs", async () => {
  const { nat, web, db } = await open({ hostAccess: true });
  const port = await serve(closing, (socket) => socket.on("data", (chunk) => socket.write(chunk as Buffer)));
  const [gone, stays] = [web.connect(GATEWAY, port), db.connect(GATEWAY, port)];
  await Promise.all([gone.whenOpen(), stays.whenOpen()]);
  await nat.set({ ...SPEC, hostAccess: true }, PLANNED.slice(1));
  expect(nat.facts().connections).toBe(1);
  stays.write(Buffer.from("still"));
  await stays.until(() => stays.count === 5);
});
