// Messages come as they were sent, wherever the stream is cut, and what breaks a bound ends it.

import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "vscode-jsonrpc/node";
import { FrameReader } from "./framing.ts";

const seed = Number(process.env["SEED"] ?? 1);

function reader(bodyBytesMax: number) {
  const stream = new PassThrough();
  const messages: Message[] = [];
  const errors: string[] = [];
  const one = new FrameReader(stream as unknown as Socket, { bodyBytesMax, unsentBytesMax: 0 });
  one.onError((error) => errors.push(error.message));
  one.listen((message) => messages.push(message));
  return { messages, errors, stream, take: (chunk: Buffer) => stream.emit("data", chunk) };
}

function framed(message: object, header = "Content-Length"): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`${header}: ${body.length}\r\n\r\n`), body]);
}

test("any messages, cut anywhere", () => {
  const text = fc.tuple(fc.string({ unit: "grapheme", maxLength: 9 }), fc.constantFrom(0, 1, 900, 70_000));
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 8 }),
      fc.array(fc.constantFrom(1, 2, 7, 64, 4096, 65_536, 300_000), { minLength: 1, maxLength: 20 }),
      (texts, cuts) => {
        const sent = texts.map(([word, times]) => ({ jsonrpc: "2.0", method: word + "é".repeat(times) }));
        const all = Buffer.concat(sent.map((message) => framed(message)));
        const { messages, errors, take } = reader(1 << 20);
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const length = cuts[turn % cuts.length] as number;
          // A chunk is its owner's again when it was taken.
          const chunk = Buffer.from(all.subarray(at, at + length));
          take(chunk);
          chunk.fill(0);
          at += length;
        }
        expect(errors).toEqual([]);
        expect(messages).toEqual(sent);
      },
    ),
    { seed, numRuns: 60 },
  );
});

test("a message larger than what is kept, then small ones", () => {
  const { messages, errors, take } = reader(64 << 20);
  const sent = [12 << 20, 1, 10].map((length) => ({ jsonrpc: "2.0", method: "a".repeat(length) }));
  const all = Buffer.concat(sent.map((message) => framed(message)));
  for (let at = 0; at < all.length; at += 65_536) take(all.subarray(at, at + 65_536));
  expect(errors).toEqual([]);
  expect(messages.map((message) => (message as { method?: string }).method?.length)).toEqual([
    12 << 20,
    1,
    10,
  ]);
});

test.each([
  ["a header without an end", Buffer.alloc(4096, 65), "a header is too long"],
  ["no length", Buffer.from("Content-Type: x\r\n\r\n"), "a header has no Content-Length"],
  [
    "a body beyond the bound",
    Buffer.from("Content-Length: 101\r\n\r\n"),
    "a message of 101 bytes is too large",
  ],
  ["something else", framed({ method: "x" }), "a message is not JSON-RPC 2.0"],
])("%s ends the connection", (_, bytes, said) => {
  const { messages, errors, stream, take } = reader(100);
  take(bytes);
  expect([messages, errors, stream.destroyed]).toEqual([[], [said], true]);
});
