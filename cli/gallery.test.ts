// The gallery: each example has a text, a picture and tests, checks, and its tests pass; what the host can
// reach is reached by curl. In a plain run a few of them run, in CI all.

import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import wabt from "wabt";
import { Lab } from "../embed/index.ts";
import { callHere } from "./call.test-support.ts";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LABS = globSync("examples/*/lab.vbus", { cwd: ROOT }).sort();
const AT_LENGTH = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const desk = new Desk();
afterAll(() => desk.close());

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

/** They need images that are built or installed first: pc.test.ts, pc-media.test.ts. */
const PCS = ["examples/07-linux/lab.vbus", "examples/22-pc/lab.vbus"];

test("there are at least twelve, and each is a folder with a text, a picture and tests", () => {
  expect(LABS.length).toBeGreaterThanOrEqual(12);
  for (const lab of LABS) {
    const folder = path.dirname(lab);
    expect(read(lab), lab).toMatch(/^test "/m);
    expect(read(`${folder}/README.md`), lab).toMatch(/^# .+\n\n[^]{60,700}```sh\n/);
    expect(read(`${folder}/README.md`), lab).toContain("(picture.svg)");
    expect(read(`${folder}/picture.svg`), lab).toMatch(/<text [^>]*>[a-z]/);
  }
});

test.each(LABS.filter((file) => !PCS.includes(file)))("%s checks", async (file) => {
  const { exit, stderr } = await callHere(["check", path.join(ROOT, file)]);
  expect([exit, exit === 0 ? "" : stderr]).toEqual([0, ""]);
});

test("the vandal's module is what its text says", async () => {
  const tools = await wabt();
  const text = read("examples/21-hostile/vandal.wat");
  const { buffer } = tools.parseWat("vandal.wat", text, { threads: true }).toBinary({});
  expect(Buffer.from(buffer).equals(readFileSync(path.join(ROOT, "examples/21-hostile/vandal.wasm")))).toBe(
    true,
  );
});

/** Those that test.test.ts and others run are left out. */
const ELSEWHERE = /^examples\/0[1-3579]|11-web|10-qemu|22-pc/;
const RUN = AT_LENGTH ? LABS.filter((file) => !ELSEWHERE.test(file)) : ["examples/21-hostile/lab.vbus"];
// Their bounds are those of a machine that has time: where this one hasn't, they are tried again.
test.each(RUN)("the tests of %s pass", { retry: 2, timeout: 600_000 }, async (file) => {
  const { exit, stdout, stderr } = await desk.run(["test", "--jobs", "1", file]);
  expect([exit, stderr, exit === 0 ? "" : stdout]).toEqual([0, "", ""]);
});

test("a page of the published web server is had by curl", { timeout: 300_000 }, async () => {
  const text = read("examples/19-publish/lab.vbus").replace("port: int = 8080", "port: int = 0");
  await using lab = await Lab.start({ source: text, folder: path.join(ROOT, "examples/19-publish") });
  expect(await lab.ready({ timeoutMs: 240_000 })).toEqual({ ready: true, failed: [] });
  const port = lab.snapshot().uplinks[0]?.nat?.published[0]?.listen ?? 0;
  const url = (page: string): string => `http://127.0.0.1:${port}${page}`;
  // This thread leads nothing, so it may stand still meanwhile.
  const curl = (...args: string[]) =>
    spawnSync("curl", ["-sS", "--max-time", "60", "--retry", "3", ...args], { encoding: "utf8" });
  const page = curl(url("/about"));
  if (page.error && process.env["CI"] !== "true")
    return console.log("skipped: there is no curl to reach a guest by");
  expect([page.status, page.stderr]).toEqual([0, ""]);
  expect(page.stdout).toContain("TCP");
  expect(curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", url("/bytes/100000")).stdout).toBe(
    "200 100000",
  );
  expect(curl("-o", "/dev/null", "-w", "%{http_code}", url("/none")).stdout).toBe("404");
});
