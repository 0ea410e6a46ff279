// `vbus cp` with a real kernel: into a PC, out of it, and what PCs do that don't mean well.

import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IMAGE, imageFor } from "./pc-image.test-support.ts";
import { Desk } from "./run.test-support.ts";

const LIMIT = 600_000;
const BYTES = 1_500_001;

const LAB = `network lan { subnet = 10.0.0.0/24 }
image debian: linux { from = "std:images/${IMAGE}" }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }
guest pc { image = debian }
`;

const desk = new Desk();
afterAll(() => desk.close());

let isThere = false;
const here = (name: string): string => path.join(desk.folder, name);
const exec = (command: string) => desk.run(["exec", "--timeout", "500s", "pc", command]);
const cp = (...words: readonly string[]) => desk.run(["cp", ...words]);
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const content = randomBytes(BYTES);

beforeAll(async () => {
  if ((await imageFor(desk)) === undefined) return;
  writeFileSync(here("lab.vbus"), LAB);
  writeFileSync(here("content"), content);
  chmodSync(here("content"), 0o751);
  expect(await desk.run(["up", "-d", "lab.vbus"])).toMatchObject({ exit: 0 });
  isThere = true;
}, LIMIT);

test(
  "a file goes in and comes out as it was, with its mode, beside other work",
  { timeout: LIMIT },
  async () => {
    if (!isThere) return;
    const [went, other] = await Promise.all([cp("content", "pc:/mnt", "--json"), exec("echo beside")]);
    expect(went).toMatchObject({ exit: 0, stderr: "" });
    expect(JSON.parse(went.stdout)).toMatchObject({ schema: 1, bytes: BYTES, sha256: hashOf(content) });
    expect(other.stdout).toBe("beside\n");
    const seen = await exec("cd /mnt; ls -A; sha256sum < content; stat -c %a content");
    expect(seen.stdout).toBe(`content\n${hashOf(content)}  -\n751\n`);
    expect(await cp("pc:/mnt/content", "back/")).toMatchObject({ exit: 1 });
    mkdirSync(here("back"));
    expect(await cp("pc:/mnt/content", "back/")).toMatchObject({ exit: 0, stderr: "" });
    expect(readFileSync(here("back/content")).equals(content)).toBe(true);
    expect(statSync(here("back/content")).mode & 0o777).toBe(0o751);
    expect(readdirSync(here("back"))).toEqual(["content"]);
  },
);

test("files of no bytes, odd names, and those of /proc", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  writeFileSync(here("none"), "");
  expect(await cp("none", 'pc:/tmp/it\'s "one" $HOME')).toMatchObject({ exit: 0 });
  expect(await cp('pc:/tmp/it\'s "one" $HOME', "none.back")).toMatchObject({ exit: 0 });
  expect(readFileSync(here("none.back"))).toHaveLength(0);
  expect(await cp("pc:/proc/version", "-")).toMatchObject({
    exit: 0,
    stdout: expect.stringMatching(/^Linux /),
  });
});

test("what can't be is said, and changes nothing at either end", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  const says = async (words: readonly string[], text: string): Promise<void> => {
    const { exit, stderr } = await cp(...words);
    expect([words, exit, stderr]).toEqual([words, 1, expect.stringContaining(text)]);
  };
  await says(["pc:/nothing", "x"], "pc: /nothing: no such file");
  await says(["pc:/etc", "x"], "pc: /etc: is no file");
  await says(["content", "pc:/nowhere/x"], "can't create /nowhere/x: nonexistent directory");
  await says(["content", "server:/x"], "error: Guest `server` is not of class linux or pc; these are: pc");
  await says(["content", "nobody:/x"], "error: There is no guest `nobody` that runs.");
  const small = "mkdir /tmp/small && mount -t tmpfs -o size=64k small /tmp/small && echo old > /tmp/small/x";
  expect((await exec(small)).exit).toBe(0);
  await says(["content", "pc:/tmp/small/x"], "No space left on device");
  expect((await exec("ls -A /tmp/small; cat /tmp/small/x")).stdout).toBe("x\nold\n");
  expect(readdirSync(desk.folder).filter((name) => name.endsWith(".new") || name === "x")).toEqual([]);
});

test("a copy that is given up leaves nothing, and the next one goes", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  const begun = "until [ -e /tmp/.vbus-*.pid ]; do usleep 10000; done";
  expect((await exec("dd if=/dev/zero of=/mnt/long bs=1M count=24")).exit).toBe(0);
  const { child, ended } = desk.start(["cp", "pc:/mnt/long", "long"]);
  expect((await exec(begun)).exit).toBe(0);
  child.kill("SIGINT");
  expect((await ended).exit).toBe(130);
  expect(readdirSync(desk.folder).filter((name) => name.startsWith("long"))).toEqual([]);
  expect((await exec("while [ -e /tmp/.vbus-*.pid ]; do usleep 10000; done")).exit).toBe(0);
  expect((await exec("rm /mnt/long")).exit).toBe(0);
  expect(await cp("content", "pc:/mnt/content")).toMatchObject({ exit: 0, stderr: "" });
});

test("a guest that sends more than it said, or other bytes, is found out", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  // Its shell has every program built in, so it gets another agent, that reads what is a lie first.
  const lies = String.raw`-e 's|^echo up$|: > /tmp/taken|' -e 's|sh -c "|sh -c ". /tmp/lies; |'`;
  const agent = `sed ${lies} /sbin/vbus-agent > /tmp/agent`;
  const takesOver = "exec 4<> /dev/ttyS1; usleep 300000; kill $old; exec sh /tmp/agent <&4 >&4";
  const old = "read -r _ _ _ old _ < /proc/$PPID/stat";
  await exec(`: > /tmp/lies; ${agent}; ${old}; (${takesOver}) > /dev/null 2>&1 &`);
  await exec("until [ -e /tmp/taken ]; do usleep 10000; done");
  const lie = (text: string): Promise<unknown> => exec(`echo '${text}' > /tmp/lies`);
  await lie("head() { cat /dev/zero; }");
  expect((await cp("pc:/mnt/content", "-")).stderr).toContain("pc sends more than it said");
  await lie("head() { echo short; }");
  expect((await cp("pc:/mnt/content", "x")).stderr).toContain("pc sent less than it said");
  await lie("sha256sum() { echo nonsense; }");
  expect((await cp("content", "pc:/mnt/content")).stderr).toContain("is not what was copied");
  await lie("stat() { echo ../../x 7777777; }");
  expect((await cp("pc:/mnt/content", "x")).stderr).toContain("does not say how long it is");
  await lie("");
  expect(readdirSync(desk.folder).filter((name) => name.startsWith("x"))).toEqual([]);
  expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
});
