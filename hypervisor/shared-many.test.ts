// Many guests on a few threads and one network: a thousand with SLOW=1, fewer in CI, which may be slow.

import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import type { Image, Outcome } from "./hypervisor.ts";
import { TestLab, must } from "./machine-room.test-support.ts";

const IN_CI = process.env["CI"] === "true" ? 200 : 50;
const MANY = process.env["SLOW"] === "1" ? 1000 : IN_CI;
/** Who asks, at the same time, each by a port of its own. */
const ASKERS = 10;
/** Guests that boot at the same time. */
const TOGETHER = 50;
const MEMORY = 4 * 1024 * 1024;

let lab: TestLab | undefined;
afterEach(() => lab?.close());

async function standard(name: string): Promise<Image> {
  const file = new URL(`../stdlib/guests/build/${name}.wasm`, import.meta.url);
  return must(await compileImage(readFileSync(file)));
}

test("shared guests on one network all answer a ping", { timeout: 600_000 }, async () => {
  lab = new TestLab({ warm: 0, vcpu: "shared" });
  const { hv } = lab;
  const [echo, ping] = await Promise.all([standard("echo"), standard("ping")]);
  const address = (n: number): string => `10.0.${n >> 8}.${n & 255}`;
  const all = Array.from({ length: MANY }, (_, index) => index + 1);
  for (const n of all) lab.plug(n, { ring: 256 });
  const bootEcho = (n: number): Promise<Outcome> => bootOn(n, `echo${n}`, echo, []);
  const startMs = performance.now();
  for (let first = 0; first < MANY; first += TOGETHER)
    for (const each of await Promise.all(all.slice(first, first + TOGETHER).map(bootEcho))) must(each);
  console.log(`${MANY} shared guests are up after ${Math.round(performance.now() - startMs)} ms`);
  const left = [...all];
  const asker = async (port: number): Promise<string[]> => {
    const silent: string[] = [];
    for (let n = left.shift(); n !== undefined; n = left.shift()) {
      const args = ["--to", address(n), "--count", "3", "--interval", "10ms", "--timeout", "20s"];
      must(await bootOn(port, `ping${n}`, ping, args));
      if ((await lab?.ended(`ping${n}`, 60_000))?.exit !== 0) silent.push(address(n));
      must(hv.removeGuest(`ping${n}`));
    }
    return silent;
  };
  const ports = Array.from({ length: ASKERS }, (_, index) => MANY + 1 + index);
  for (const port of ports) lab.plug(port, { ring: 256 });
  expect((await Promise.all(ports.map(asker))).flat()).toEqual([]);
  expect(hv.guests().filter(({ state }) => state !== "running")).toEqual([]);
  console.log(`all have answered after ${Math.round(performance.now() - startMs)} ms`);
});

function bootOn(port: number, id: string, image: Image, args: readonly string[]) {
  const spec = { bus: `bus${port}`, image, args, env: {}, memory: MEMORY, vcpu: "shared" } as const;
  return (lab as TestLab).hv.bootGuest(id, spec);
}
