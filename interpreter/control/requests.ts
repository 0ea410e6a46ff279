// What arrives on the socket, checked before it is believed: a method's name and its parameters.

import { DISRUPTIONS } from "../../lang/index.ts";
import { PARAM_PREFIX } from "../given.ts";
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
const isTextMap: Check = (value) => isObject(value) && Object.values(value).every(isText);
const isParameters: Check = (value) => isObject(value) && fits(value, PARAMETERS);
const isBound: Check = (value) => isObject(value) && fits(value, BOUND);
const isDisruption: Check = (value) => DISRUPTIONS.some((one) => one === value);
const isOnFailure: Check = (value) => value === "undo" || value === "keep";
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const PARAMETERS: Shape = {
  flags: { check: isTextMap },
  values: { check: isObject },
  env: { check: (value) => isTextMap(value) && Object.keys(value as object).every(isParameterName) },
};
const BOUND: Shape = {
  files: { check: isText, required: true },
  parameters: { check: isText, required: true },
  runtime: { check: isText, required: true },
};
const PLAN: Shape = {
  parameters: { check: isParameters },
  targets: { check: isTexts },
  excludes: { check: isTexts },
  replace: { check: isTexts },
};

const NAMED: Shape = { guest: { check: isText, required: true }, name: { check: isText, required: true } };

const SHAPES: { readonly [M in keyof Methods]: Shape } = {
  hello: { version: { check: isNumber, required: true } },
  snapshot: {},
  metrics: {},
  subscribe: {
    snapshots: { check: isBoolean },
    events: { check: isBoolean },
    logs: { check: isBoolean },
    console: { check: isText },
    rings: { check: isTexts },
  },
  logs: { guests: { check: isTexts }, lines: { check: isNumber }, shared: { check: isBoolean } },
  events: { since: { check: isNumber } },
  down: { graceMs: { check: isNumber }, volumes: { check: isBoolean } },
  volumes: {},
  commit: { volume: { check: isText, required: true } },
  commitStop: {},
  snapshotMake: NAMED,
  snapshotRestore: NAMED,
  snapshotStop: {},
  rollback: { generation: { check: isNumber, required: true } },
  plan: PLAN,
  apply: {
    ...PLAN,
    bound: { check: isBound },
    maxDisruption: { check: isDisruption },
    onFailure: { check: isOnFailure },
  },
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
  status: {},
  tree: { path: { check: isText } },
  get: { path: { check: isText, required: true } },
  change: {
    do: { check: isText, required: true },
    path: { check: isText, required: true },
    value: { check: isText },
    kind: { check: isText },
    attributes: { check: isTexts },
    to: { check: isText },
  },
  adopt: { path: { check: isText } },
  heal: { path: { check: isText } },
  exec: {
    guest: { check: isText, required: true },
    command: { check: isText, required: true },
    timeoutMs: { check: isNumber },
  },
  copyIn: {
    guest: { check: isText, required: true },
    path: { check: isText, required: true },
    name: { check: isText },
    mode: { check: isNumber },
  },
  copyOut: { guest: { check: isText, required: true }, path: { check: isText, required: true } },
  copyWrite: { copy: { check: isNumber, required: true }, data: { check: isText, required: true } },
  copyRead: { copy: { check: isNumber, required: true } },
  copyEnd: { copy: { check: isNumber, required: true } },
  typeConsole: { guest: { check: isText, required: true }, text: { check: isText, required: true } },
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** No other variable of a client reaches the lab. */
function isParameterName(name: string): boolean {
  return name.startsWith(PARAM_PREFIX);
}

function fits(given: Readonly<Record<string, unknown>>, shape: Shape): boolean {
  return misfitIn(given, shape) === undefined;
}

/** The first member that is not as it should be. */
function misfitIn(given: Readonly<Record<string, unknown>>, shape: Shape): string | undefined {
  return Object.entries(shape).find(([name, member]) => {
    const value = given[name];
    return value === undefined ? member.required === true : !member.check(value);
  })?.[0];
}

/** The request, or a sentence about what is wrong with it. Members that nobody knows are ignored. */
export function readRequest(method: string, params: unknown): Request | string {
  if (!Object.hasOwn(SHAPES, method)) return `there is no method \`${method}\``;
  const shape = SHAPES[method as keyof Methods];
  const given = params ?? {};
  if (!isObject(given)) return `the parameters of \`${method}\` are not an object`;
  const misfit = misfitIn(given, shape);
  if (misfit !== undefined) return `\`${method}\` doesn't take this \`${misfit}\``;
  return { method, params: given } as Request;
}
