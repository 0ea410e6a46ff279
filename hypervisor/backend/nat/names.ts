// DNS messages (RFC 1035) as the gateway needs them: the one question of a query, and answers about the lab's
// own names. Everything else is passed on unread.

import { type Address, get16, put16, put32 } from "./wire.ts";
import { ip6Bytes } from "./wire6.ts";

const HEADER_BYTES = 12;
export const TYPE = { a: 1, ptr: 12, aaaa: 28, any: 255 } as const;
export const CODE = { ok: 0, format: 1, failed: 2, noName: 3, notHere: 4, refused: 5 } as const;
const TTL_S = 5;

export interface Question {
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  /** Where it ends in the message. */
  readonly end: number;
}

/** The question of a query; undefined where it is no query with exactly one. */
export function readQuestion(message: Uint8Array): Question | undefined {
  if (message.length < HEADER_BYTES || message.length > 4096) return undefined;
  if (((message[2] as number) & 0xf8) !== 0 || get16(message, 4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  // Bound: the message, and the 255 bytes of a name.
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at - HEADER_BYTES > 255) return undefined;
    at++;
    if (length === 0) break;
    if (at + length >= message.length) return undefined;
    labels.push(Buffer.from(message.subarray(at, at + length)).toString("latin1"));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join(".").toLowerCase(), type: get16(message, at), end: at + 4 };
}

/** An answer without records: a code. */
export function failure(query: Uint8Array, code: number): Uint8Array {
  const question = readQuestion(query);
  return respond(query, question?.end ?? HEADER_BYTES, question ? 1 : 0, code, []);
}

/** What answers a question about one of the lab's names; empty where it has none of that type. */
export function answerWith(
  query: Uint8Array,
  question: Question,
  records: readonly Uint8Array[],
): Uint8Array {
  return respond(query, question.end, 1, CODE.ok, records);
}

export function addressRecord(address: number): Uint8Array {
  const record = new Uint8Array(16);
  putRecord(record, TYPE.a, 4);
  put32(record, 12, address);
  return record;
}

export function address6Record(address: string): Uint8Array {
  const record = new Uint8Array(28);
  putRecord(record, TYPE.aaaa, 16);
  record.set(ip6Bytes(address), 12);
  return record;
}

export function nameRecord(name: string): Uint8Array {
  const labels = name.split(".").map((label) => Buffer.from(label, "latin1"));
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  const record = new Uint8Array(12 + length);
  putRecord(record, TYPE.ptr, length);
  let at = 12;
  for (const label of labels) {
    record[at] = label.length;
    record.set(label, at + 1);
    at += 1 + label.length;
  }
  return record;
}

function putRecord(record: Uint8Array, type: number, length: number): void {
  put16(record, 0, 0xc000 | HEADER_BYTES); // The question's name.
  put16(record, 2, type);
  put16(record, 4, 1);
  put32(record, 6, TTL_S);
  put16(record, 10, length);
}

function respond(
  query: Uint8Array,
  end: number,
  questions: number,
  code: number,
  records: readonly Uint8Array[],
): Uint8Array {
  const length = records.reduce((sum, record) => sum + record.length, end);
  const answer = new Uint8Array(Math.max(length, HEADER_BYTES));
  answer.set(query.subarray(0, end));
  const recursion = (query[2] ?? 0) & 1;
  answer[2] = 0x84 | recursion;
  answer[3] = 0x80 | code;
  put16(answer, 4, questions);
  put16(answer, 6, records.length);
  put32(answer, 8, 0);
  let at = end;
  for (const record of records) {
    answer.set(record, at);
    at += record.length;
  }
  return answer;
}

/** The address that a name of the reverse tree asks for; undefined where it is none. */
export function reverseOf(name: string): Address | undefined {
  if (/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return name.slice(0, 63).split(".").reverse().join("");
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (!match) return undefined;
  const parts = match.slice(1).map(Number).reverse();
  return parts.every((part) => part < 256) ? parts.reduce((value, part) => value * 256 + part, 0) : undefined;
}
