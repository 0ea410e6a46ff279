// The sample of disks in C, on disks of the real host.

import { afterAll, expect, test } from "vitest";
import { createHypervisor, type Outcome } from "../../hypervisor/index.ts";
import { bytesOfC, hasClang } from "./test/clang.ts";

const hypervisor = createHypervisor({ lab: "c-disk", warm: 0 });
afterAll(() => hypervisor.close());

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

const SIZE = 128 * 1024;

test("disk.c writes, flushes and reads back; from a disk that is read-only it reads", async () => {
  if (!hasClang("disk.c")) return;
  const image = must(await hypervisor.compile(bytesOfC("stdlib/guests/c/disk.c")));
  must(await hypervisor.createVolume("data", { class: "memory", size: SIZE }));
  const said: Record<string, string> = {};
  const ended = new Set<string>();
  const off = hypervisor.on((event) => {
    if (event.type === "log") said[event.id] = (said[event.id] ?? "") + event.text;
    if (event.type === "guest" && event.state === "completed") ended.add(event.id);
  });
  for (const [id, readonly] of [
    ["writer", false],
    ["reader", true],
    ["nobody", undefined],
  ] as const) {
    must(hypervisor.createBus(id));
    const vblk = { volume: "data", readonly: readonly === true, queues: 1 };
    if (readonly !== undefined)
      must(hypervisor.addDevice(id, `${id}.vda`, { class: "vblk", name: "vda", vblk }));
    must(await hypervisor.bootGuest(id, { bus: id, image, args: [], env: {}, memory: 2 * 1024 * 1024 }));
    await expect.poll(() => hypervisor.guest(id)?.exit, { timeout: 60_000 }).toBeDefined();
  }
  off();
  expect(said).toEqual({
    writer: `disk: ${SIZE} bytes written and verified\n`,
    reader: `disk: ${SIZE} bytes read\n`,
    nobody: "disk: its bus has no vblk\n",
  });
  expect([...ended]).toEqual(["writer", "reader"]);
  expect(hypervisor.guest("nobody")).toMatchObject({ state: "failed", exit: 1 });
});
