// What a lab remembers, as a user asks for it: generations, diff, rollback, events.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.close());

const text = (rate: string, more = ""): string => `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest one { image = echo, device eth0: venet { network = lan, rate = ${rate} } }
${more}`;

/** A lab in the background with two generations, and somebody who follows its events. */
async function started() {
  const file = path.join(desk.folder, "lab.vbus");
  writeFileSync(file, text("1Gbps"));
  expect((await desk.run(["up", "-d"])).exit).toBe(0);
  const follow = desk.start(["events", "--follow", "--json"]);
  await follow.says("generation 1");
  writeFileSync(file, text("100Mbps"));
  await follow.says("generation 2");
  return { file, follow };
}

test("what was never applied, or doesn't run, is said and refused", async () => {
  writeFileSync(path.join(desk.folder, "lab.vbus"), text("1Gbps"));
  const never = "No generation is kept: the lab was never applied.\n";
  expect(await desk.run(["generations"])).toEqual({ exit: 0, stdout: "", stderr: never });
  expect(await desk.run(["diff"])).toMatchObject({ exit: 1, stdout: "" });
  const stopped = await desk.run(["rollback", "1"]);
  expect(stopped).toMatchObject({ exit: 69, stdout: "" });
  expect(stopped.stderr).toContain("`vbus rollback 1 --write`");
  expect(await desk.run(["rollback", "x"])).toMatchObject({ exit: 64 });
  expect((await desk.run(["events", "--since", "soon"])).exit).toBe(64);
  expect((await desk.run(["events", "--follow"])).exit).toBe(69);
});

test("a lab is changed, compared and gone back with", { timeout: 120_000 }, async () => {
  const { file } = await started();
  const table = await desk.run(["generations"]);
  expect(table.stdout).toMatch(
    /^GENERATION +TIME +BY +CHANGES +SOURCE\n1 +20\S+Z +file +\d+ +[0-9a-f]{12}\n2 /,
  );
  const diff = await desk.run(["diff", "1", "2"]);
  expect(diff.stdout).toContain("rate 1Gbps -> 100Mbps");
  expect(diff).toMatchObject({ exit: 0, stderr: "generation 1 -> generation 2\n" });
  const json = JSON.parse((await desk.run(["diff", "2", "1", "--json"])).stdout);
  expect(json).toMatchObject({ schema: 1, from: 2, to: 1, steps: [{ address: "one.eth0" }] });
  expect((await desk.run(["diff", "--file", file])).stdout).toBe("Nothing differs.\n");

  const back = await desk.run(["rollback", "1", "--json"]);
  expect(back.exit).toBe(0);
  expect(JSON.parse(back.stdout)).toEqual({ schema: 1, to: 1, generation: 3, changes: 1, held: true });
  expect(back.stderr).toContain("back to generation 1 as generation 3: 1 change\n");
  expect(JSON.parse((await desk.run(["ps", "--json"])).stdout)).toMatchObject({ rolledBack: 1 });
  expect((await desk.run(["ps"])).stderr).toContain("Held on generation 1");
  expect((await desk.run(["dash", "--once"])).stdout).toContain("The lab went back to generation 1");
  expect((await desk.run(["diff", "3", "file"])).stdout).toContain("rate 1Gbps -> 100Mbps");
  const gone = await desk.run(["rollback", "9"]);
  expect(gone).toMatchObject({ exit: 1, stdout: "" });
  expect(gone.stderr).toContain("There is no generation 9: 1 to 3 are kept.");
});

test("events are followed, and read again after the lab's end", { timeout: 120_000 }, async () => {
  const { follow } = await started();
  expect((await desk.run(["rollback", "1"])).exit).toBe(0);
  expect((await desk.run(["down"])).exit).toBe(0);
  const followed = (await follow.ended).stdout;
  const records = followed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index + 1));
  expect(records.every(({ schema, record, actor }) => schema === 1 && record === "event" && actor)).toBe(
    true,
  );
  const back = records.find(({ message }) => message.includes("back to generation 1"));
  expect(back).toMatchObject({ actor: "control", type: "plan" });
  expect((await desk.run(["events", "--json"])).stdout).toBe(followed);
  const late = await desk.run(["events", "--since", String(records.length - 1)]);
  expect(late.stdout).toMatch(/^20\S+Z - lab down \[host\]\n$/);
  expect((await desk.run(["events", "--since", "1h"])).stdout).toContain("back to generation 1");
  expect((await desk.run(["events", "--since", "2999-01-01"])).stdout).toBe("");
});

test("the files of a generation are shown, and written when that is said", { timeout: 120_000 }, async () => {
  const file = path.join(desk.folder, "lab.vbus");
  const first = text("1Gbps", "guest two { image = echo }\n");
  for (const words of [first, text("2Gbps")]) {
    writeFileSync(file, words);
    expect((await desk.run(["up", "-d", "--wait"])).exit).toBe(0);
    expect((await desk.run(["down"])).exit).toBe(0);
  }
  expect((await desk.run(["generations", "--texts", "1"])).stdout).toBe(`// ${file}\n${first}`);
  const asked = await desk.run(["rollback", "1", "--write"]);
  expect(asked).toMatchObject({ exit: 64, stdout: "" });
  expect(asked.stderr).toContain("say --yes");
  expect(readFileSync(file, "utf8")).toBe(text("2Gbps"));
  const written = await desk.run(["rollback", "1", "--write", "--yes", "--json"]);
  expect(JSON.parse(written.stdout)).toEqual({ schema: 1, to: 1, files: [file] });
  expect(readFileSync(file, "utf8")).toBe(first);
  expect(existsSync(`${file}.vbus-new`)).toBe(false);
  expect((await desk.run(["rollback", "1", "--write"])).stderr).toBe("The files are as in generation 1.\n");
});
