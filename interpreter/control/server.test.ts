// The control socket under real clients: good ones, many, slow ones, and those that send nonsense.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OperationError } from "../operation-error.ts";
import { connect } from "./client.ts";
import type { LabClient } from "./client.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { LabEvent, Snapshot } from "./protocol.ts";
import { ControlServer } from "./server.ts";
import type { ControlTarget } from "./server.ts";

let folder: string;
let server: ControlServer;
let socketPath: string;
let taken: number;
/** The rings that each snapshot looked into. */
let measured: string[];

const snapshot = (extra: Partial<Snapshot> = {}): Snapshot => ({
  version: PROTOCOL_VERSION,
  lab: "t",
  file: "/t.vbus",
  generation: 1,
  pid: process.pid,
  time: "2026-01-01T00:00:00.000Z",
  uptimeMs: 0,
  ready: true,
  failures: 0,
  watch: "off",
  guests: [],
  devices: [],
  networks: [],
  uplinks: [],
  channels: [],
  volumes: [],
  buses: [],
  outputs: [],
  diagnostics: [],
  diagnosticsText: "",
  ...extra,
});

const event = (sequence: number, message = "hello"): LabEvent => ({
  sequence,
  time: "2026-01-01T00:00:00.000Z",
  type: "lab",
  message,
  level: "info",
  actor: "host",
});

let current: () => Snapshot;
let closing: Promise<void> | undefined;

const target: ControlTarget = {
  name: "t",
  file: "/t.vbus",
  storedVolumes: () => [],
  commit: () => Promise.resolve("no volumes"),
  snapshot: (rings) => {
    measured.push(rings === undefined ? "all" : [...rings].join(" "));
    taken++;
    return current();
  },
  metrics: () => "vbus_lab_ready 1\n",
  logs: (params) => (params.guests ?? ["g"]).map((guest) => ({ guest, time: "", text: "line" })),
  events: (since) => [event(1), event(2)].filter((entry) => entry.sequence > since),
  whenReady: () => Promise.resolve({ ready: true, failed: [] }),
  stop: () => {
    closing = server.close("stopped by control");
    return Promise.resolve();
  },
  capture: () => "nothing to capture",
  rollback: () => Promise.resolve({ generation: 1, changes: 0, held: false }),
  pause: (guest) => Promise.resolve(guest === "g" ? undefined : `there is no guest ${guest}`),
  resume: (guest) => (guest === "g" ? undefined : `there is no guest ${guest}`),
  plan: () => Promise.reject(new OperationError("usage", "There is no `x` in this lab.")),
  apply: () => Promise.reject(new OperationError("stale", "The plan no longer fits.", "Make it anew.")),
  consoleText: (guest) => `${guest} said: \u001b[1mhello`,
  exec: (guest) => Promise.resolve(guest === "g" ? { status: 3, output: "x", cut: false } : "no shell"),
  copyHost: {
    runCommand: () => Promise.resolve({ ok: false, refusal: { code: "missing", message: "no shell" } }),
    openCopy: () => ({ ok: false, refusal: { code: "missing", message: "no copies" } }),
  },
  typeConsole: (guest) => (guest === "g" ? 3 : `${guest} has no console`),
};

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-control-"));
  socketPath = path.join(folder, "t.sock");
  current = () => snapshot();
  taken = 0;
  measured = [];
  closing = undefined;
  server = await ControlServer.listen(target, socketPath, () => performance.now());
});

afterEach(async () => {
  await server.close("the test is over");
  rmSync(folder, { recursive: true });
});

async function raw(): Promise<Socket> {
  const socket = createConnection(socketPath);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const frame = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("a client is greeted and answered", async () => {
  const client = await connect(socketPath);
  expect(client.hello).toEqual({ version: PROTOCOL_VERSION, lab: "t", pid: process.pid, file: "/t.vbus" });
  expect(await client.request("snapshot", {})).toEqual(snapshot());
  expect((await client.request("events", { since: 1 })).events).toEqual([event(2)]);
  expect((await client.request("logs", { guests: ["a"] })).lines).toEqual([
    { guest: "a", time: "", text: "line" },
  ]);
  expect(await client.request("typeConsole", { guest: "g", text: "abc" })).toEqual({ taken: 3 });
  expect(await client.request("pause", { guest: "g" })).toEqual({});
  await expect(client.request("resume", { guest: "x" })).rejects.toThrow("there is no guest x");
  client.close();
});

test("a console is told from its beginning, then as it comes, and only to who watches it", async () => {
  const client = await connect(socketPath);
  const heard: unknown[] = [];
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  client.on("console", (payload) => heard.push(payload));
  await client.request("subscribe", { console: "a" });
  server.console("a", "one ");
  server.console("b", "not this");
  await until(2);
  await client.request("subscribe", { console: "b" });
  server.console("b", "two");
  await until(4);
  await client.request("subscribe", { console: "" });
  server.console("b", "not this either");
  await client.request("snapshot", {});
  const said = (guest: string): string => `${guest} said: \u001b[1mhello`;
  expect(heard).toEqual([
    { guest: "a", text: said("a"), begins: true },
    { guest: "a", text: "one " },
    { guest: "b", text: said("b"), begins: true },
    { guest: "b", text: "two" },
  ]);
  client.close();
});

test("only rings that somebody looks at are looked into, and all where somebody wants all", async () => {
  const [one, two] = [await connect(socketPath), await connect(socketPath)];
  const next = async (client: LabClient): Promise<string | undefined> => {
    measured = [];
    await new Promise<void>((resolve) => {
      const end = client.on("snapshot", () => {
        end();
        resolve();
      });
    });
    return measured.at(-1);
  };
  await one.request("subscribe", { snapshots: true, rings: [] });
  expect(measured).toEqual([""]);
  expect(await next(one)).toBe("");
  await two.request("subscribe", { snapshots: true, rings: ["a.eth0"] });
  await one.request("subscribe", { rings: ["b.eth0"] });
  expect((await next(one))?.split(" ").toSorted()).toEqual(["a.eth0", "b.eth0"]);
  two.close();
  await two.closed;
  const three = await connect(socketPath);
  await three.request("subscribe", { snapshots: true });
  expect(await next(three)).toBe("all");
  expect(await one.request("subscribe", { rings: 7 as never }).catch(String)).toContain("rings");
  one.close();
  three.close();
});

test("the socket is its owner's alone", () => {
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
});

test("another user is refused at either end", { timeout: 120_000 }, async () => {
  if (process.getuid?.() !== 0) {
    console.log("skipped: only root can be two users");
    return;
  }
  // Nobody may not even look into the folder, and where it may, not connect.
  for (const mode of [0o700, 0o755]) {
    chmodSync(folder, mode);
    const said = await asNobody(socketPath);
    expect(said).toBe("EACCES");
  }
  const theirs = path.join(folder, "theirs.sock");
  const other = createServer().listen(theirs);
  await once(other, "listening");
  chownSync(theirs, NOBODY, NOBODY);
  await expect(connect(theirs)).rejects.toMatchObject({ trouble: "denied" });
  other.close();
});

const NOBODY = 65_534;

/** What the system says when this user connects. */
async function asNobody(socket: string): Promise<string> {
  const text = `require("net").connect(process.argv[1]).on("error", (e) => console.log(e.code))
    .on("connect", () => { console.log("connected"); process.exit(); })`;
  const child = spawn(process.execPath, ["-e", text, socket], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child, "close");
  return said.trim();
}

test("a lab that speaks another version is named with both", async () => {
  const old = path.join(folder, "old.sock");
  const other = createServer((socket) => {
    socket.once("data", () => {
      const answer = { jsonrpc: "2.0", id: 0, result: { version: 1, lab: "t", pid: 1, file: "/t.vbus" } };
      socket.write(frame(JSON.stringify(answer)));
    });
  }).listen(old);
  await once(other, "listening");
  const error = await connect(old).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    trouble: "protocol",
    message: `The lab speaks version 1, this program ${PROTOCOL_VERSION}.`,
    hint: expect.stringContaining("vbus"),
  });
  other.close();
});

test("what the lab refuses arrives as a sentence", async () => {
  const client = await connect(socketPath);
  await expect(client.request("typeConsole", { guest: "x", text: "a" })).rejects.toThrow("x has no console");
  await expect(client.request("logs", { lines: -1 })).rejects.toThrow("`logs` doesn't take this `lines`");
  client.close();
});

test("nobody listening is `not-running`", async () => {
  const error = await connect(path.join(folder, "none.sock")).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperationError);
  expect(error).toMatchObject({ trouble: "not-running", exitCode: 69 });
});

test("an answer to down arrives before the connection ends, and `ended` is the last word", async () => {
  const client = await connect(socketPath);
  const ended = new Promise((resolve) => client.on("ended", resolve));
  expect(await client.request("down", {})).toEqual({});
  expect(await ended).toEqual({ reason: "stopped by control" });
  expect(await client.closed).toBe("stopped by control");
  await closing;
});

test("50 clients are served at once, each with its snapshots", async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(socketPath)));
  const first = clients.map((client) => new Promise<Snapshot>((resolve) => client.on("snapshot", resolve)));
  await Promise.all(clients.map((client) => client.request("subscribe", { snapshots: true, events: true })));
  expect((await Promise.all(first)).every((shown) => shown.lab === "t")).toBe(true);
  const heard = clients.map((client) => new Promise<LabEvent>((resolve) => client.on("event", resolve)));
  server.event(event(7));
  expect((await Promise.all(heard)).map((entry) => entry.sequence)).toEqual(
    Array.from({ length: 50 }, () => 7),
  );
  for (const client of clients) client.close();
});

test("a quiet lab sends about one snapshot a second, a busy one at most four", async () => {
  const client = await connect(socketPath);
  let shown = 0;
  client.on("snapshot", () => shown++);
  await client.request("subscribe", { snapshots: true });
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const quiet = shown;
  let generation = 2;
  current = () => snapshot({ generation: generation++ });
  await new Promise((resolve) => setTimeout(resolve, 2100));
  client.close();
  expect(quiet).toBeGreaterThanOrEqual(2);
  expect(quiet).toBeLessThanOrEqual(4);
  expect(shown - quiet).toBeGreaterThanOrEqual(5);
  expect(shown - quiet).toBeLessThanOrEqual(10);
});

const NONSENSE: readonly (readonly [string, string])[] = [
  ["text", "GET / HTTP/1.1\r\n\r\n"],
  ["a length that is none", "Content-Length: many\r\n\r\n"],
  ["a negative length", "Content-Length: -1\r\n\r\n"],
  ["a huge length", "Content-Length: 9999999999\r\n\r\n{"],
  ["a length beyond the bound", `Content-Length: ${(1 << 20) + 1}\r\n\r\n`],
  ["a header without end", "x".repeat(5000)],
  ["a body that is not JSON", frame("{oops")],
  ["a body that is not UTF-8", "Content-Length: 2\r\n\r\n\xc3\x28"],
  ["a body that is a list", frame("[]")],
  ["a body that is a number", frame("1")],
  ["another protocol", frame('{"jsonrpc":"1.0","id":1,"method":"hello"}')],
];

test.each(NONSENSE)("%s ends that connection and no other", async (_name, bytes) => {
  const good = await connect(socketPath);
  const bad = await raw();
  const ended = once(bad, "close");
  bad.write(bytes, "latin1");
  await ended;
  expect((await good.request("snapshot", {})).lab).toBe("t");
  good.close();
});

test("random bytes never disturb another client", async () => {
  const good = await connect(socketPath);
  const seed = Number(process.env["SEED"] ?? 20_261_123);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, framed) => {
      const bad = await raw();
      if (framed) bad.write(`Content-Length: ${bytes.length}\r\n\r\n`);
      bad.end(bytes);
      await once(bad.resume(), "close");
      expect((await good.request("hello", { version: PROTOCOL_VERSION })).lab).toBe("t");
    }),
    { seed, numRuns: 60 },
  );
  good.close();
});

test("a message in single bytes is read as one", async () => {
  const socket = await raw();
  socket.setNoDelay(true);
  const text = frame('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":2}}');
  const answer = once(socket, "data");
  for (const letter of text) socket.write(letter);
  expect(String((await answer)[0])).toContain('"lab":"t"');
  socket.destroy();
});

test("a slow reader gets the newest snapshot, not a queue of old ones", async () => {
  const filler = "x".repeat(4 << 20);
  let generation = 0;
  current = () => snapshot({ generation: ++generation, diagnosticsText: filler });
  const slow = await raw();
  const wish = { jsonrpc: "2.0", id: 1, method: "subscribe", params: { snapshots: true } };
  slow.pause();
  slow.write(frame(JSON.stringify(wish)));
  const watcher = await connect(socketPath);
  const reached = new Promise<void>((resolve) => {
    watcher.on("snapshot", (shown) => shown.generation >= 8 && resolve());
  });
  await watcher.request("subscribe", { snapshots: true });
  await reached;
  const newest = generation;
  const generations = await readGenerations(slow, newest);
  // The one under way, perhaps, and then the newest: what lay between was never queued.
  expect(generations.length).toBeLessThanOrEqual(3);
  expect(generations.at(-1)).toBeGreaterThanOrEqual(newest);
  watcher.close();
  slow.destroy();
});

async function readGenerations(socket: Socket, until: number): Promise<readonly number[]> {
  const found: number[] = [];
  let text = "";
  socket.setEncoding("latin1");
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      text += String(chunk);
      for (
        let match = /"generation":(\d+)/.exec(text);
        match !== null;
        match = /"generation":(\d+)/.exec(text)
      ) {
        found.push(Number(match[1]));
        text = text.slice(match.index + match[0].length);
      }
      if ((found.at(-1) ?? 0) >= until) resolve();
    });
    socket.resume();
  });
  return found;
}

test("nothing is drawn while nobody looks", async () => {
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(taken).toBe(0);
});
