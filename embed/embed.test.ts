// The package as a program uses it: labs from texts and bytes, and the client of a lab with a socket.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLab } from "../interpreter/index.ts";
import { stdRoot } from "../stdlib/index.ts";
import { CheckError, connect, Lab, OperationError, type LogLine } from "./index.ts";

const labs: { stop(): Promise<void> }[] = [];
let folder: string;
let runtime: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "vbus-embed-"));
  runtime = process.env["XDG_RUNTIME_DIR"];
  process.env["XDG_RUNTIME_DIR"] = path.join(folder, "run");
});
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.stop();
  if (runtime === undefined) delete process.env["XDG_RUNTIME_DIR"];
  else process.env["XDG_RUNTIME_DIR"] = runtime;
  rmSync(folder, { recursive: true, force: true });
});

const start = async (init: Parameters<typeof Lab.start>[0]): Promise<Lab> => {
  const lab = await Lab.start({ folder, ...init });
  labs.push(lab);
  return lab;
};
const bytes = (name: string): Uint8Array => readFileSync(path.join(stdRoot, "guests/build", `${name}.wasm`));

const TEXT = `import "./net.vbus" as site
param count: int = 1
network lan { subnet = site.subnet }
image echo: wasm { path = "guests/echo.wasm" }
image ping: wasm { path = "std:guests/ping" }
guest server { image = echo, device eth0: venet { network = lan } }
guest client {
  image = ping, goal = completed, args = ["--to", server.eth0.ip, "--count", count]
  device eth0: venet { network = lan }
}
`;
const FILES = { "net.vbus": `let subnet = 10.9.0.0/24\n`, "guests/echo.wasm": bytes("echo") };

test("a lab of texts and bytes runs, is changed, and leaves no file", async () => {
  const lines: LogLine[] = [];
  const lab = await start({
    source: TEXT,
    files: FILES,
    params: { count: 2 },
    onLog: (line) => lines.push(line),
  });
  expect(await lab.ready()).toEqual({ ready: true, failed: [] });
  expect(lines.some(({ text }) => text.includes("2 packets transmitted, 2 received"))).toBe(true);
  expect(lab.snapshot().networks).toMatchObject([{ address: "lan", subnet: "10.9.0.0/24" }]);
  const heard: string[] = [];
  lab.onEvent(({ address, message }) => heard.push(`${address} ${message}`));
  await lab.change(TEXT, { "net.vbus": `let subnet = 10.8.0.0/24\n` });
  expect(lab.snapshot().networks).toMatchObject([{ subnet: "10.8.0.0/24" }]);
  expect(heard.join("\n")).toContain("10.8.0.0/24");
  await lab.stop();
  expect(await lab.stopped).toContain("stopped");
  expect(readdirSync(folder)).toEqual([]);
});

test("a wrong text starts nothing, and changes nothing", async () => {
  const wrong = await Lab.start({ folder, source: "guest g { image = nothing }" }).catch(
    (error: unknown) => error,
  );
  expect(wrong).toBeInstanceOf(CheckError);
  expect((wrong as CheckError).diagnostics).toHaveLength(1);
  expect((wrong as CheckError).message).toContain("lab.vbus:1:");
  const lab = await start({ source: TEXT, files: FILES });
  const before = lab.snapshot();
  const broken = { "guests/echo.wasm": new Uint8Array([1, 2, 3]) };
  await expect(lab.change(TEXT, broken)).rejects.toThrow("is not a WebAssembly module");
  await expect(lab.change("network lan {")).rejects.toBeInstanceOf(CheckError);
  // The texts that were refused are forgotten: the next change stands on what runs.
  await lab.change(TEXT);
  const after = lab.snapshot();
  expect([after.diagnosticsText, after.generation]).toEqual(["", before.generation]);
});

test("what a guest can't do is refused with a sentence", async () => {
  const lab = await start({ source: TEXT, files: FILES });
  expect(() => lab.type("server", "x")).toThrow("`server` has no console.");
  await expect(lab.pause("nobody")).rejects.toThrow("There is no guest `nobody`.");
  await lab.pause("server");
  expect(lab.snapshot().guests.find(({ address }) => address === "server")?.state).toBe("paused");
  lab.resume("server");
});

test("two labs of the same name run side by side in one program", async () => {
  const [one, two] = await Promise.all([
    start({ source: TEXT, files: FILES }),
    start({ source: TEXT, files: FILES }),
  ]);
  await Promise.all([one.ready(), two.ready()]);
  expect(one.name).toBe(two.name);
});

test("a running lab is connected to by file, socket and name", async () => {
  const file = path.join(folder, "far.vbus");
  writeFileSync(file, "lab far { }\nnetwork lan { subnet = 10.0.0.0/24 }\n");
  const env = { XDG_RUNTIME_DIR: path.join(folder, "run"), XDG_STATE_HOME: path.join(folder, "state") };
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const { lab } = await openLab({ file, env, clock });
  if (lab === undefined) throw new Error("it does not check");
  labs.push(lab);
  for (const name of [file, lab.socketPath as string, "far"]) {
    const client = await connect(name);
    expect(client.hello).toMatchObject({ lab: "far", pid: process.pid });
    expect((await client.request("snapshot", {})).networks).toHaveLength(1);
    client.close();
  }
  const missing = await connect("nowhere").catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(OperationError);
  expect(missing).toMatchObject({ trouble: "not-running" });
});
