// A process that is to be killed: a machine room whose guest `disk` writes to an overlay and to a raw image,
// round after round, and says on standard output what is flushed. Arguments: base, overlay, image, bytes,
// seed. It is started hundreds of times, so it imports little and leaves its compiled code to the next one.

import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createHypervisor, type DeviceSpec, type Outcome } from "./index.ts";

const GUEST = new URL("../stdlib/guests/build/disk.wasm", import.meta.url);
const [base = "", overlay = "", image = "", bytes = "", seed = ""] = process.argv.slice(2);
const size = Number(bytes);
const readonly = false;
const hypervisor = createHypervisor({ lab: "killed", warm: 0 });

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function disk(name: string): DeviceSpec {
  return { class: "vblk", name, vblk: { volume: name, readonly: false, queues: 1 } };
}

must(await hypervisor.createVolume("base", { class: "file", path: base, create: false, size, readonly }));
must(await hypervisor.createVolume("vda", { class: "overlay", base: "base", path: overlay, size, readonly }));
must(await hypervisor.createVolume("vdb", { class: "file", path: image, create: true, size, readonly }));
must(hypervisor.createBus("bus"));
for (const name of ["vda", "vdb"]) must(hypervisor.addDevice("bus", name, disk(name)));
hypervisor.on((event) => {
  if (event.type === "log") process.stdout.write(event.text); // Waits where nobody reads yet.
});
const args = ["--bytes", bytes, "--block", "12KiB", "--random", "--seed", seed, "--rounds", "0"];
const code = must(await hypervisor.compile(new Uint8Array(readFileSync(GUEST))));
must(
  await hypervisor.bootGuest("writer", { bus: "bus", image: code, args, env: {}, memory: 4 * 1024 * 1024 }),
);
flushCompileCache(); // Its end comes without warning.
