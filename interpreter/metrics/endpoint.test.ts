// Where Prometheus asks: one path, two methods, and a clear word where the address can't be had.

import { createServer, request } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { OperationError } from "../operation-error.ts";
import { addressText, readMetricsAddress } from "./address.ts";
import { MetricsEndpoint } from "./endpoint.ts";

let endpoint: MetricsEndpoint | undefined;
afterEach(() => endpoint?.close());

const listen = async (text: () => string): Promise<string> => {
  endpoint = await MetricsEndpoint.listen({ host: "127.0.0.1", port: 0 }, text);
  return endpoint.url;
};

test("each scrape gets the numbers of its moment", async () => {
  let scrapes = 0;
  const url = await listen(() => `vbus_lab_ready ${++scrapes}\n`);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  for (const expected of [1, 2, 3]) {
    const answer = await fetch(url);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toBe(`vbus_lab_ready ${expected}\n`);
  }
  const head = await fetch(`${url}?x=1`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "17", ""]);
});

test.each([
  ["GET", "/", 404],
  ["GET", "/metrics/", 404],
  ["GET", "/../metrics", 404],
  ["GET", "/metricsx", 404],
  ["POST", "/metrics", 405],
  ["DELETE", "/metrics", 405],
])("%s %s is answered with %i, and no number is asked for", async (method, path, status) => {
  const url = new URL(await listen(() => expect.unreachable()));
  const sent = request({ host: url.hostname, port: url.port, method, path }).end();
  const [answer] = await once(sent, "response");
  answer.resume();
  expect(answer.statusCode).toBe(status);
  if (status === 405) expect(answer.headers.allow).toBe("GET, HEAD");
});

test("a port that is taken is refused with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const refused = MetricsEndpoint.listen({ host: "127.0.0.1", port }, () => "");
  await expect(refused).rejects.toThrow(OperationError);
  await expect(refused).rejects.toMatchObject({
    trouble: "denied",
    message: `Metrics can't be served at 127.0.0.1:${port}: the port is taken.`,
    hint: expect.stringContaining("--metrics"),
  });
  other.close();
});

test("an address of another machine is refused", async () => {
  await expect(MetricsEndpoint.listen({ host: "192.0.2.1", port: 0 }, () => "")).rejects.toThrow(
    "Metrics can't be served at 192.0.2.1:0: this machine has no such address.",
  );
});

test("it ends with connections open", async () => {
  const url = await listen(() => "");
  await (await fetch(url)).text();
  await endpoint?.close();
  await expect(fetch(url)).rejects.toThrow();
});

test.each([
  ["9464", "127.0.0.1:9464"],
  ["0.0.0.0:1", "0.0.0.0:1"],
  ["localhost:0", "localhost:0"],
  ["[::1]:65535", "[::1]:65535"],
])("%s is the address %s", (text, shown) => {
  const address = readMetricsAddress(text);
  expect(address && addressText(address)).toBe(shown);
});

test.each(["", "x", ":9464", "65536", "-1", "::1:9464", "[::1]", "a b:1", "[x]:1", "http://a:1", "1:"])(
  "%j is no address",
  (text) => expect(readMetricsAddress(text)).toBeUndefined(),
);
