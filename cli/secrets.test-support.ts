// Texts that stand nowhere else, the labs that are given them, and the search for every form of them.

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inflateSync } from "node:zlib";
import wabt from "wabt";

/** By the way they are given. */
export const SECRETS = {
  environment: "zqhush-vexmarker-41qx",
  password: "wyrmkeep_oblivion7",
  listed: "jackdawquartz",
  seated: "sphinxvow-lynx",
  badge: "cwtchzephyr-runnel",
  read: "gloamfjord-tarn",
  address: "10.213.77.41",
  subnet: "10.198.40.",
  mac: "02:d7:3b:91:c5:6e",
  number: "739146285013",
  /** What comes later in place of the ones above. */
  changed: "umbrafen-quillon",
  saved: "thistlewyvern-ode",
  /** Given where something else is expected. */
  misfit: "kelpforge-nixie",
} as const;

/** Enough of it to know the text by, and not the form that is searched for. */
const HASH_BEGIN = createHash("sha256").update(SECRETS.environment).digest("hex").slice(0, 16);

const base64 = (text: string): string => Buffer.from(text).toString("base64").replace(/=+$/, "");

/** The text, and what is easily turned back into it. Of parts only those that are no words. */
function formsOf(text: string): readonly string[] {
  const forms = [
    text,
    text.toUpperCase(),
    [...text].reverse().join(""),
    base64(text),
    encodeURIComponent(text),
  ];
  const parts = text.split(/[-_]/).filter((part) => part !== text && part.length > 5);
  const hashed = createHash("sha256").update(text).digest("hex");
  return [...new Set([...forms, ...parts, hashed, Buffer.from(text).toString("hex")])];
}

const FORMS = Object.entries(SECRETS).flatMap(([name, text]) =>
  formsOf(text).map((form) => ({ name, form })),
);

/** Which secrets stand in a text or in bytes. */
export function secretsIn(said: string | Buffer): readonly string[] {
  const lower = typeof said === "string" ? said : said.toString("latin1");
  return FORMS.filter(({ form }) => lower.includes(form)).map(({ name, form }) => `${name} as ${form}`);
}

/** The models of a state are compressed: their raw bytes would show nothing. */
function* secretsInModels(file: string): Generator<string> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  const rows = database.prepare("SELECT model FROM generations").all();
  database.close();
  if (rows.length === 0) yield "no model to look into";
  for (const { model } of rows) yield* secretsIn(inflateSync(model as Uint8Array));
}

/** Every file below a folder but those of the given names, with the secrets in its raw bytes. */
export function* secretsBelow(folder: string, inputs: ReadonlySet<string>): Generator<string> {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    // A running lab makes files and takes them away again: what is gone tells nothing.
    const facts = lstatSync(file, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    if (facts.isDirectory()) yield* secretsBelow(file, inputs);
    else if (facts.isFile() && !inputs.has(name))
      for (const found of secretsIn(contentOf(file))) yield `${name}: ${found}`;
    if (name === "state.db") for (const found of secretsInModels(file)) yield `${name}: ${found}`;
    for (const found of secretsIn(name)) yield `the name ${name}: ${found}`;
  }
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

/** What is a secret in the file of parameters, and in the one that the lab reads. */
export const INPUTS = new Set(["values.json", "broken.json", "misfit.json", "odd.json", "read.txt"]);

const PARAMETERS = `type Login { user: string, password: secret string }
param token: secret string
param login: Login
param keys: [secret string]
param seats: {[string]: secret string}
param badge: { code: secret string, level: int }
param address: secret ip
param hardware: secret mac
param number: secret int
param hidden: secret cidr
param open: string = "seen"
fn hush(text: secret string): secret string = text
let read = hush(file("read.txt").trim())
image echo: wasm { path = "quiet.wasm" }
image ping: wasm { path = "std:guests/ping" }
network lan { subnet = 10.213.77.0/24 }
`;

/** Secrets of every type and in every place that takes them, and a guest that fails. */
const LAB = `${PARAMETERS}lab silent { }
network dark { subnet = hidden }
component pair(word: secret string) {
  guest inner { image = echo, args = [word], device eth0: venet { network = lan } }
}
pair both { word = token }
guest holder {
  image = echo
  args = ["--token", token, "--number", number, token.upper(), "x\${token}y", token.split("-")[1], ...keys]
  env = {
    LOGIN = login.password, USER = login.user, HASH = token.hash(), JOINED = keys.join(","),
    ADDRESS = "\${address}:80", NEXT = address.next(1), NET = hidden, SEAT = seats["a"], BADGE = badge.code,
    OPEN = open, READ = read, CHOSEN = token.starts_with("z") ? "a" : "b",
  }
  device eth0: venet { network = lan, ip = address, mac = hardware }
}
guest auto for n in 1..2 { image = echo, device eth0: venet { network = dark } }
guest failing {
  image = ping, goal = completed
  args = ["--to", 10.213.77.99, "--count", 1, "--timeout", 20ms], env = { TOKEN = token }
  device eth0: venet { network = lan }
}
output seen = open
test "it is given" {
  expect token.hash().starts_with("${HASH_BEGIN}")
  expect holder.state == running within 5s
}
test "it is not told" {
  do { set holder.args = [token, read] }
  let word = token.upper()
  expect word == "A" && number < 5 && holder.args[1] == keys[0] && address in 10.0.0.0/30
    && holder.eth0.ip == auto[1].eth0.ip && login.password == "b", "it is \${token}"
}
test "it fails in a loop" {
  expect all([for key in keys: key == "x"])
}
`;

/** Each line is wrong in a way of its own, and would quote what it was given. */
const WRONG = `${PARAMETERS}
assert token == "other" && !(number > 5)
assert number < 5, "too large"
assert address in 10.0.0.0/30, "it is \${address}"
assert keys.map(key => key.len() > 99).all()
assert json(token) == 1
assert hush(json(file("odd.json"))) == "a"
assert yaml("\${token}: [") == 1
assert token.matches("[\${token}")
assert file(token) == ""
assert [1, 2][number] == 1
assert {"a" = 1}[token] == 1
assert int(token) == 1
assert lan.subnet.host(number) == address
assert ["a"].index(token) == 1
assert number / 0 == 1
assert number * number == 1
let converted: ip = token
assert converted == address
fn few(n: int where n < 5): int = n
assert few(number) == 1
guest a { image = echo, device eth0: venet { network = lan, ip = address, mac = hardware } }
guest b { image = echo, device eth0: venet { network = lan, ip = address, mac = hardware } }
guest c { image = echo, labels = { k = token } }
guest d when token == "x" { image = echo }
guest f { image = token == "x" ? echo : ping }
guest g { image = echo, memory = number * 1B }
image stray: wasm { path = token }
network narrow { subnet = hidden, pool = lan.subnet }
network tiny { subnet = hidden, links = [tinier] }
network tinier { subnet = 10.9.0.0/29, pool = hidden }
output o = token
output p = [1, 2].filter(x => number > x)
output q = [1, 2].find(x => token == "x")
`;

const values = {
  login: { user: "ada", password: SECRETS.password },
  keys: [SECRETS.listed, `${SECRETS.listed}-2`],
  seats: { a: SECRETS.seated },
  badge: { code: SECRETS.badge, level: 3 },
};

/** A guest that takes any arguments and prints nothing: what a guest prints is its own affair. */
const QUIET = `(module
  (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "vbus" "wait" (func $wait (param i64) (result i32)))
  (import "env" "memory" (memory 1 16384 shared))
  (func (export "main") (result i32)
    (drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0)))
    (loop $until
      (drop (call $wait (i64.const 10000000)))
      (br_if $until (i32.eqz (i32.atomic.load (i32.const 204)))))
    (i32.const 0)))`;

async function quietGuest(): Promise<Uint8Array> {
  const assembler = await wabt();
  const module = assembler.parseWat("quiet.wat", QUIET, { threads: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

/** Writes labs, parameters and what they read. */
export async function writeLabs(folder: string): Promise<void> {
  writeFileSync(path.join(folder, "quiet.wasm"), await quietGuest());
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  write("hush.vbus", LAB);
  write("wrong.vbus", WRONG);
  write("values.json", JSON.stringify(values));
  write("broken.json", `{ "keys": ["x"], "seats": ${SECRETS.misfit} }`);
  write(
    "misfit.json",
    JSON.stringify({
      ...values,
      login: { user: "ada", password: [SECRETS.misfit], pasword: SECRETS.misfit },
      badge: { code: SECRETS.misfit },
    }),
  );
  write("foreign.yaml", "services: { web: { image: nginx, environment: [VBUS_PARAM_TOKEN] } }\n");
  write("odd.json", JSON.stringify([SECRETS.misfit]));
  write("read.txt", `${SECRETS.read}\n`);
}

/** Calls about PCs, in a lab that has none, with their exit codes. */
export const pcCalls = (lab: string): Readonly<Record<string, readonly [number, ...string[]][]>> => ({
  exec: [
    [1, "holder", "echo", "hello"],
    [1, "--timeout", "1s", "--json", "holder", "echo", "hello"],
  ],
  cp: [[1, "holder:/tmp/x", "x", "--json"]],
  snapshot: [[1, "holder", "name", "--json", "--file", lab]],
  restore: [[1, "holder", "name", "--json", "--file", lab]],
  snapshots: [
    [0, lab],
    [0, lab, "--json"],
    [0, lab, "--plain"],
    [1, lab, "--remove", "nothing", "--json"],
  ],
});

/** Some secrets in flags, some in a file; one is in the environment. */
export const GIVEN: readonly string[] = [
  "--params",
  "values.json",
  "-p",
  `address=${SECRETS.address}`,
  "-p",
  `hardware=${SECRETS.mac}`,
  "-p",
  `number=${SECRETS.number}`,
  "-p",
  `hidden=${SECRETS.subnet}0/24`,
];
export const ENVIRONMENT = { VBUS_PARAM_TOKEN: SECRETS.environment };
