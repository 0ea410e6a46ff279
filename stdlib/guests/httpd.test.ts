// The guest `httpd` under the protocol of docs/abi.md: what it answers to whom, and whom it lets go.

import { statSync } from "node:fs";
import { expect, test } from "vitest";
import type { Device, HostOptions } from "./test/host.ts";
import { TestHost } from "./test/host.ts";
import { CALLER, Caller } from "./test/tcp-caller.ts";

const HTTPD = new URL("./build/httpd.wasm", import.meta.url);
const MS = 1_000_000;
const SECOND = 1000 * MS;
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };

interface Outcome {
  readonly host: TestHost;
  readonly callers: readonly Caller[];
}

/** Lets callers connect at once, and say what they have to when they have. */
function serve(texts: readonly string[], options: HostOptions & { plan?: Plan } = {}): Outcome {
  const host = new TestHost({ devices: [ETH0], stopAt: 2 * SECOND, ...options });
  const callers = texts.map((text, index) => {
    const caller = new Caller(host, CALLER, [40_000 + index, 80]);
    caller.say(text);
    host.at(10 * MS, () => caller.call());
    return caller;
  });
  host.onSend = (frame) => callers.forEach((caller) => caller.hear(frame));
  options.plan?.(host, callers);
  expect(host.run(HTTPD)).toBe(0);
  return { host, callers };
}
type Plan = (host: TestHost, callers: readonly Caller[]) => void;

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: guest\r\n${more}\r\n`;

const answerTo = (text: string): Caller => serve([text]).callers[0]!;

test("pages are served, and the connection stays", () => {
  const { heard, ended } = answerTo(get("/") + get("/about"));
  const pages = heard.split(/(?=HTTP\/1\.1 )/);
  expect(pages).toHaveLength(2);
  for (const page of pages) {
    const [, length, body] = /^HTTP\/1\.1 200 OK\r\n.*Content-Length: (\d+)\r\n\r\n(.*)$/s.exec(page)!;
    expect(body!.length).toBe(Number(length));
    expect(body).toContain("<!doctype html>");
  }
  expect(ended).toBeUndefined();
});

test("its own counts are JSON, and right", () => {
  const { heard } = answerTo(get("/") + get("/nowhere") + get("/stats.json?now"));
  const stats = JSON.parse(heard.slice(heard.lastIndexOf("\r\n\r\n"))) as Record<string, unknown>;
  expect(stats).toMatchObject({
    requests: 3,
    served: 1,
    notFound: 1,
    refused: 0,
    connections: { open: 1, places: 16, accepted: 1, broken: 0 },
    segments: { retransmits: 0 },
  });
});

test("as many bytes as asked for, each as it should be", () => {
  const { heard } = answerTo(get("/bytes/100000"));
  const body = Buffer.from(heard.slice(heard.indexOf("\r\n\r\n") + 4), "latin1");
  expect(body.length).toBe(100_000);
  expect(body.every((byte, place) => byte === Math.imul(place, 0x9e37_79b1) >>> 24)).toBe(true);
});

test("HEAD has the head of the same page, and nothing more", () => {
  const { heard } = answerTo("HEAD /bytes/77 HTTP/1.1\r\nHost: guest\r\n\r\n");
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Content-Length: 77\r\n\r\n$/s);
});

test.each<[string, string]>([
  ["/nowhere", "404 Not Found"],
  ["/bytes/", "404 Not Found"],
  ["/bytes/-1", "404 Not Found"],
  ["/bytes/1073741825", "404 Not Found"],
  ["/bytes/99999999999999999999", "404 Not Found"],
  ["/../etc/passwd", "404 Not Found"],
])("%s is answered with %s, and the connection stays", (path, status) => {
  const { heard, ended } = answerTo(get(path) + get("/about"));
  expect(heard.startsWith(`HTTP/1.1 ${status}\r\n`), heard).toBe(true);
  expect(heard).toContain("HTTP/1.1 200 OK");
  expect(ended).toBeUndefined();
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "get"])(
  "%s is not allowed, and what is, is said",
  (method) => {
    const { heard } = answerTo(get("/").replace("GET", method));
    expect(heard).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n.*\r\nAllow: GET, HEAD\r\n/s);
  },
);

test.each<[string, string]>([
  ["no version", "GET /\r\n\r\n"],
  ["another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"],
  ["more words", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  ["an address that is no path", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a field without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"],
  ["a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nxyz\r\n\r\n"],
  ["a blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 0\r\n\r\n"],
  ["a folded field", "GET / HTTP/1.1\r\nHost: a\r\n more\r\n\r\n"],
  ["a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"],
  ["a body in pieces", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["bytes that are no text", "\u0000\u0001\u0002 \u00ff \u00fe\r\n\r\n"],
  ["an empty line", "\r\n\r\n"],
])("a request with %s is a bad one, and ends the connection", (_name, text) => {
  const { heard, ended } = answerTo(text + get("/about"));
  expect(heard.startsWith("HTTP/1.1 400 Bad Request\r\n"), heard).toBe(true);
  expect(heard).toContain("\r\nConnection: close\r\n");
  expect(heard).not.toContain("200 OK");
  expect(ended).toBe("fin");
});

test("a head that is too long is refused; one that just fits is not", () => {
  const padded = (length: number): string =>
    get("/", `X: ${"x".repeat(length - get("/", "X: \r\n").length)}\r\n`);
  expect(padded(4096)).toHaveLength(4096);
  expect(answerTo(padded(4096)).heard).toMatch(/^HTTP\/1\.1 200 OK/);
  const { heard, ended } = answerTo(padded(4097));
  expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  expect(ended).toBe("fin");
});

test.each<[string, string, "fin" | undefined]>([
  ["HTTP/1.1", get("/"), undefined],
  ["HTTP/1.1 that is to end", get("/", "Connection: close\r\n"), "fin"],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "fin"],
  ["HTTP/1.0 that is to stay", "GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", undefined],
])("after an answer to %s, the connection is as asked for", (_name, text, ended) => {
  const caller = answerTo(text);
  expect(caller.heard).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(caller.ended).toBe(ended);
});

test("an answer that is to end the connection is sent whole before", () => {
  const { heard, ended } = answerTo(get("/bytes/200000", "Connection: close\r\n"));
  expect(heard.length - heard.indexOf("\r\n\r\n") - 4).toBe(200_000);
  expect(ended).toBe("fin");
});

test("requests that come byte by byte are the same", () => {
  const text = get("/about");
  const { callers } = serve([""], {
    plan: (host, [caller]) => {
      [...text].forEach((letter, index) => host.at((20 + index) * MS, () => caller!.say(letter)));
    },
  });
  expect(callers[0]!.heard).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("sixteen are served at a time; the seventeenth is when another has gone", () => {
  const { callers } = serve(
    Array.from({ length: 17 }, () => get("/")),
    {
      stopAt: 4 * SECOND,
      plan: (host, all) => {
        host.at(500 * MS, () => expect(all.filter(({ heard }) => heard !== "")).toHaveLength(16));
        host.at(600 * MS, () => all[3]!.end());
        host.at(SECOND, () => all[16]!.say(get("/about")));
        host.at(SECOND, () => all[16]!.heard === "" && all[16]!.call());
      },
    },
  );
  expect(callers.filter(({ heard }) => heard.startsWith("HTTP/1.1 200 OK"))).toHaveLength(17);
});

test("who says nothing for thirty seconds is let go, and who asks now and then is not", () => {
  const { callers } = serve(["", "GET / HT", get("/"), get("/")], {
    stopAt: 65 * SECOND,
    plan: (host, all) => {
      host.at(25 * SECOND, () => expect(all.map(({ ended }) => ended)).toEqual(Array(4).fill(undefined)));
      for (const at of [25, 50]) host.at(at * SECOND, () => all[3]!.say(get("/about")));
    },
  });
  expect(callers.map(({ ended }) => ended)).toEqual(["fin", "fin", "fin", undefined]);
});

test("requests are logged where that is asked for, and nothing of what is none", () => {
  const { host } = serve([get("/about"), get("/x"), "bad \u001b[31m\r\n\r\n", get("/bytes/9")], {
    args: ["--log"],
  });
  expect(host.log.split("\n").slice(1).toSorted()).toEqual([
    "",
    "10.0.0.9 - 400 Bad Request",
    "10.0.0.9 GET /about 200 OK",
    "10.0.0.9 GET /bytes/9 200 OK, 9 bytes",
    "10.0.0.9 GET /x 404 Not Found",
  ]);
});

test.each([
  [["--port"], "--port needs a port from 1 to 65535"],
  [["--port", "0"], "--port needs a port from 1 to 65535, not 0"],
  [["--root", "/"], "--root is no option of this guest"],
])("wrong arguments %j are told of, with the usage, and end with 2", (args, told) => {
  const host = new TestHost({ devices: [ETH0], args });
  expect(host.run(HTTPD)).toBe(2);
  expect(host.log).toBe(`httpd: ${told}\nusage: httpd [--port N] [--log]\n`);
});

test("httpd stays under 48 KiB", () => {
  expect(statSync(HTTPD).size).toBeLessThan(48 * 1024);
});
