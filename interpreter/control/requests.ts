// What arrives on the socket, checked before it is believed: a method's name and its parameters.

import type { Methods } from "./protocol.ts";

/** A request that a client may make, or why it is none. */
export type Request = {
  readonly [M in keyof Methods]: { readonly method: M; readonly params: Methods[M]["params"] };
}[keyof Methods];

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, { readonly check: Check; readonly required?: true }>>;

const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isText: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const SHAPES: { readonly [M in keyof Methods]: Shape } = {
  hello: { version: { check: isNumber, required: true } },
  snapshot: {},
  subscribe: { snapshots: { check: isBoolean }, events: { check: isBoolean }, logs: { check: isBoolean } },
  logs: { guests: { check: isTexts }, lines: { check: isNumber } },
  events: { since: { check: isNumber } },
  down: { graceMs: { check: isNumber } },
  rollback: { generation: { check: isNumber, required: true } },
  wait: { timeoutMs: { check: isNumber } },
  capture: {
    paths: { check: isTexts },
    filter: { check: isText },
    expect: { check: isText },
    snaplen: { check: isNumber },
    frames: { check: isNumber },
  },
  captureRead: { capture: { check: isNumber, required: true } },
  captureStop: { capture: { check: isNumber, required: true } },
  pause: { guest: { check: isText, required: true } },
  resume: { guest: { check: isText, required: true } },
  typeConsole: { guest: { check: isText, required: true }, text: { check: isText, required: true } },
};

/** The request, or a sentence about what is wrong with it. Members that nobody knows are ignored. */
export function readRequest(method: string, params: unknown): Request | string {
  if (!Object.hasOwn(SHAPES, method)) return `there is no method \`${method}\``;
  const shape = SHAPES[method as keyof Methods];
  const given = params ?? {};
  if (typeof given !== "object" || Array.isArray(given))
    return `the parameters of \`${method}\` are not an object`;
  for (const [name, member] of Object.entries(shape)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value === undefined ? member.required === true : !member.check(value)) {
      return `\`${method}\` doesn't take this \`${name}\``;
    }
  }
  return { method, params: given } as Request;
}
