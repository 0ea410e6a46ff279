// Commits over the control socket: who is told of one, who may call it off, and that it ends with who asked.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "./client.ts";
import type { Snapshot } from "./protocol.ts";
import { ControlServer, type ControlTarget } from "./server.ts";

let folder: string;
let server: ControlServer;
let socketPath: string;
let commit: ControlTarget["commit"];

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-commits-"));
  socketPath = path.join(folder, "t.sock");
  const target: Pick<ControlTarget, "name" | "file" | "snapshot" | "commit"> = {
    name: "t",
    file: "/t.vbus",
    snapshot: () => ({ lab: "t" }) as Snapshot,
    commit: (volume, options) => commit(volume, options),
  };
  server = await ControlServer.listen(target as ControlTarget, socketPath, () => performance.now());
});
afterEach(async () => {
  await server.close("the test is over");
  rmSync(folder, { recursive: true });
});

test("who asks for a commit is told how far it is, may call it off, and takes it along", async () => {
  const begun: Parameters<ControlTarget["commit"]>[1][] = [];
  commit = (_, options) => {
    begun.push(options);
    return new Promise((resolve) => {
      options.signal?.addEventListener("abort", () => resolve("it was called off"));
      options.progressed?.(1, 1000);
    });
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const [asking, other] = [await connect(socketPath), await connect(socketPath)];
  const heard: unknown[] = [];
  asking.on("committing", (at) => heard.push(at));
  other.on("committing", () => heard.push("it is told to another"));
  const first = asking.request("commit", { volume: "top" });
  first.catch(() => undefined);
  while (heard.length === 0) await turn();
  expect(heard).toEqual([{ volume: "top", done: 1, all: 1000 }]);
  for (let done = 2; done < 1000; done++) begun[0]?.progressed?.(done, 1000);
  await asking.request("snapshot", {});
  expect(heard.length, "at its pace").toBeLessThan(5);
  await other.request("commitStop", {});
  expect(begun[0]?.signal?.aborted).toBe(false);
  await asking.request("commitStop", {});
  await expect(first).rejects.toThrow("it was called off");
  const second = asking.request("commit", { volume: "top" });
  second.catch(() => undefined);
  while (begun.length < 2) await turn();
  expect(begun[1]?.signal?.aborted).toBe(false);
  asking.close();
  while (begun[1]?.signal?.aborted === false) await turn();
  other.close();
});
