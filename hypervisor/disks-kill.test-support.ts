// A process that is to be killed: a machine room whose guest `disk` writes to an overlay and to a raw image,
// round after round, and says on standard output what is flushed. Arguments: base, overlay, image, bytes,
// seed.

import { readFileSync, writeSync } from "node:fs";
import { createHypervisor } from "./index.ts";
import { disk } from "./disks.test-support.ts";
import { must } from "./machine-room.test-support.ts";

const GUEST = new URL("../stdlib/guests/build/disk.wasm", import.meta.url);
const [base = "", overlay = "", image = "", bytes = "", seed = ""] = process.argv.slice(2);
const size = Number(bytes);
const readonly = false;
const hypervisor = createHypervisor({ lab: "killed" });
must(await hypervisor.createVolume("base", { class: "file", path: base, create: false, size, readonly }));
must(await hypervisor.createVolume("vda", { class: "overlay", base: "base", path: overlay, size, readonly }));
must(await hypervisor.createVolume("vdb", { class: "file", path: image, create: true, size, readonly }));
must(hypervisor.createBus("bus"));
for (const name of ["vda", "vdb"]) must(hypervisor.addDevice("bus", name, disk(name, name)));
hypervisor.on((event) => {
  if (event.type === "log") writeSync(1, event.text);
});
const args = ["--bytes", bytes, "--block", "12KiB", "--random", "--seed", seed, "--rounds", "0"];
const code = must(await hypervisor.compile(new Uint8Array(readFileSync(GUEST))));
must(
  await hypervisor.bootGuest("writer", { bus: "bus", image: code, args, env: {}, memory: 4 * 1024 * 1024 }),
);
