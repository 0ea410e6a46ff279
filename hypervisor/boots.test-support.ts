// A process that boots guests on threads of the pool, started with `--trace-gc`: it says where their boots
// begin and end, so that what the engine says in between is of them. Argument: how many.

import { readFileSync, writeSync } from "node:fs";
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { createHypervisor, type Outcome } from "./index.ts";

const GUEST = new URL("../stdlib/guests/build/echo.wasm", import.meta.url);
const count = Number(process.argv[2]);
const names = Array.from({ length: count }, (_, index) => `guest${index}`);
/** Its first message says that it is ready. */
const warm: Promise<unknown>[] = [];
process.on("worker", (worker: Worker) => warm.push(once(worker, "message")));
const hypervisor = createHypervisor({ lab: "boots", warm: count });

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

const image = must(await hypervisor.compile(new Uint8Array(readFileSync(GUEST))));
must(hypervisor.createBus("bus"));
const boot = (id: string): Promise<Outcome> =>
  hypervisor.bootGuest(id, { bus: "bus", image, args: [], env: {}, memory: 4 * 1024 * 1024 });
await Promise.all(warm);
writeSync(1, `${warm.length} are warm, boots begin\n`);
for (const outcome of await Promise.all(names.map(boot))) must(outcome);
writeSync(1, "boots end\n");
await Promise.all(warm); // Those that make up for them, if any has begun.
await hypervisor.close();
