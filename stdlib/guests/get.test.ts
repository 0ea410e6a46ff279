// The guest `get` under the protocol of docs/abi.md: what it asks, what it believes, and what it says of it.

import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { readTcp } from "./test/frames.ts";
import type { Device } from "./test/host.ts";
import { TestHost } from "./test/host.ts";
import { CALLER, Caller } from "./test/tcp-caller.ts";

const GET = new URL("./build/get.wasm", import.meta.url);
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };

interface Outcome {
  readonly exit: number;
  readonly log: string;
  /** The requests, in the order of their coming. */
  readonly asked: readonly string[];
  readonly connections: number;
}

/**
 * A server at 10.0.0.9 that answers the n-th request with the n-th text; an answer of "" ends the connection.
 */
function ask(answers: readonly string[], args: readonly string[] = []): Outcome {
  const host = new TestHost({ devices: [ETH0], args: ["--to", "10.0.0.9", ...args] });
  const asked: string[] = [];
  const servers = new Map<number, Caller>();
  host.onSend = (frame) => {
    const segment = readTcp(frame);
    const port = segment?.ports[0] ?? 0;
    if (!servers.has(port)) {
      const server = new Caller(host, CALLER, [80, port]);
      let read = 0;
      server.onHeard = () => {
        const requests = server.heard.split(/(?<=\r\n\r\n)/).filter((text) => text.endsWith("\r\n\r\n"));
        for (; read < requests.length; read++) {
          const answer = answers[asked.length] ?? "";
          asked.push(requests[read]!);
          server.say(answer);
          if (answer === "" || answer.includes("close")) server.end();
        }
      };
      servers.set(port, server);
    }
    servers.get(port)!.hear(frame);
  };
  const exit = host.run(GET);
  return { exit, log: host.log, asked, connections: [...servers.keys()].filter((port) => port > 0).length };
}

const page = (body: string, more = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;

const pattern = (length: number): string =>
  String.fromCharCode(...Array.from({ length }, (_, place) => Math.imul(place, 0x9e37_79b1) >>> 24));

/** Times are the machine's. */
const steady = (log: string): string[] =>
  log
    .trimEnd()
    .replaceAll(/\d+\.\d+ ms/g, "T ms")
    .split("\n");

test("a page is asked for, and told of", () => {
  const { exit, log, asked } = ask([page("hello\n")]);
  expect(exit).toBe(0);
  expect(steady(log)).toEqual(["200: 6 bytes in T ms"]);
  expect(asked).toEqual(["GET / HTTP/1.1\r\nHost: 10.0.0.9\r\nUser-Agent: vbus-get\r\n\r\n"]);
});

test("what came is shown line by line, and what is no text is left out", () => {
  const { log, asked } = ask([page("one\r\ntwo\u001b[31m")], ["--show", "--path", "/a?b"]);
  expect(steady(log)).toEqual(["one", "two[31m", "200: 13 bytes in T ms"]);
  expect(asked[0]).toContain("GET /a?b HTTP/1.1\r\n");
});

test("many requests go over one connection, and over the next where the server ends it", () => {
  const all = [page("a"), page("b", "connection: CLOSE\r\nx: close\r\n"), page("c")];
  const { exit, log, asked, connections } = ask(all, ["--count", "3"]);
  expect(exit).toBe(0);
  expect(asked).toHaveLength(3);
  expect(connections).toBe(2);
  expect(steady(log).at(-1)).toBe("3 requests, 3 answered well");
});

test("a body without a length ends with the connection", () => {
  const { exit, log } = ask(["HTTP/1.0 200 OK\r\nx: close\r\n\r\nto the end"]);
  expect(exit).toBe(0);
  expect(steady(log)).toEqual(["200: 10 bytes in T ms"]);
});

test.each<[string, string, string]>([
  ["another status", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404: 0 bytes in T ms"],
  ["no words behind its status", "HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", "503: 0 bytes in T ms"],
  [
    "fewer bytes than it said",
    page("abc", "x: close\r\n").slice(0, -1),
    "get: 2 bytes, then no more of an answer",
  ],
  ["no answer at all", "", "get: 0 bytes, then no more of an answer"],
  ["no HTTP", "SSH-2.0-x y z\r\nx: close\r\n\r\n", "get: 0 bytes, then no more of an answer"],
  [
    "a length that is none",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\nx: close\r\n\r\n",
    "get: 0 bytes, then no more of an answer",
  ],
  [
    "pieces",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: close\r\n\r\n",
    "get: 0 bytes, then no more of an answer",
  ],
])("an answer with %s is not a good one", (_name, answer, told) => {
  const { exit, log } = ask([answer]);
  expect(exit).toBe(1);
  expect(steady(log)).toEqual([told]);
});

test("bytes that are not as they should be are counted", () => {
  const good = pattern(5000);
  expect(ask([page(good)], ["--path", "/bytes/5000"]).exit).toBe(0);
  const { exit, log } = ask([page(`${good.slice(0, 7)}xy${good.slice(9)}`)], ["--path", "/bytes/5000"]);
  expect(exit).toBe(1);
  expect(steady(log)).toEqual(["200: 5,000 bytes in T ms, 2 of them wrong"]);
});

test("a server that is not there is called for as long as patience lasts", () => {
  const host = new TestHost({ devices: [ETH0], args: ["--to", "10.0.0.9", "--patience", "3s"] });
  expect(host.run(GET)).toBe(1);
  expect(host.log).toBe("get: 10.0.0.9 port 80 does not answer\n");
  expect(host.now / 1e9).toBeCloseTo(4, 0);
});

test.each([
  [[], "--to needs an address, such as 10.0.0.2"],
  [["--to", "a"], "--to needs an address, such as 10.0.0.2, not a"],
  [["--to", "10.0.0.9", "--count", "0"], "--count needs a number from 1 on, not 0"],
  [["--to", "10.0.0.9", "--path", "x".repeat(1025)], "--path can have 1024 bytes at most"],
])("wrong arguments %j are told of, with the usage, and end with 2", (args, told) => {
  const host = new TestHost({ devices: [ETH0], args });
  expect(host.run(GET)).toBe(2);
  expect(host.log.split("\n")[0]).toBe(`get: ${told}`);
  expect(host.log).toContain("\nusage: get --to ADDR [--port N]");
});

test("get stays under 48 KiB", () => {
  expect(statSync(GET).size).toBeLessThan(48 * 1024);
});
