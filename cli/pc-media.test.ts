// PCs that boot by their BIOS, in labs of the built command: a program of a first sector from IDE, a floppy
// disk and from a virtio disk; and example 22, iPXE of a Debian package.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { bootSectorDisk } from "./boot-sector.test-support.ts";
import { Desk } from "./run.test-support.ts";

const LIMIT = 600_000;
const BYTES = 1 << 20;
const FLOPPY_BYTES = 1_474_560;
const IN_CI = process.env["CI"] === "true";
const BIOS = "/usr/share/seabios/bios-256k.bin";
const CD = "/usr/lib/ipxe/ipxe.iso";
const MEMTEST = "/usr/lib/memtest86+/memtest86+ia32.iso";

const desk = new Desk();
afterAll(() => desk.close());

/** Says what a test needs and this system has not; in CI that is a failure. */
function isThere(file: string, name: string): boolean {
  if (IN_CI || existsSync(file)) return true;
  console.log(`PCs with a BIOS: skipped, since ${name} is not installed`);
  return false;
}

const LAB = `volume kept: file { path = "./kept.img" }
image ide: pc { disk = "./disk.img", console = screen }
image floppy: pc { floppy = "./floppy.img", console = screen }
image volume: pc { }
guest a { image = ide, device tty: vconsole { } }
guest b { image = volume, device tty: vconsole { }, device disk: vblk { volume = kept } }
guest c { image = floppy }

test "the screen, the keyboard and the disk are a PC's; a file stays, a volume goes on" {
  timeout = 9min
  expect a.log.matches("written to the screen") within 3min
  expect a.log.matches("said: B") within 1min
  expect c.log.matches("said: B") within 1min
  expect b.log.matches("said: B") within 3min
  do { a.type("Ok, Go!") }
  do { b.type("by wire") }
  expect a.log.matches("Ok, Go!") within 1min
  expect b.log.matches("by wire") within 1min
  do { a.restart() }
  do { b.restart() }
  expect b.log.matches("said: C") within 3min
  expect a.log.matches("said: B") within 3min
  expect !a.log.matches("said: C")
}
`;

test(
  "a program of a first sector boots from IDE, a floppy disk and a virtio disk",
  { timeout: LIMIT },
  async () => {
    if (!isThere(BIOS, "seabios")) return;
    for (const name of ["disk", "kept"])
      writeFileSync(
        path.join(desk.folder, `${name}.img`),
        bootSectorDisk(BYTES, "written to the screen", "said: "),
      );
    writeFileSync(path.join(desk.folder, "floppy.img"), bootSectorDisk(FLOPPY_BYTES, "from C", "said: "));
    writeFileSync(path.join(desk.folder, "lab.vbus"), LAB);
    const before = readFileSync(path.join(desk.folder, "disk.img"));
    const { exit, stdout, stderr } = await desk.run(["test", "lab.vbus"]);
    expect([exit, exit === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
    expect(readFileSync(path.join(desk.folder, "disk.img")).equals(before)).toBe(true);
    // What `b` has counted is in the volume's file.
    const [kept] = readFileSync(path.join(desk.folder, "kept.img")).subarray(512);
    expect(String.fromCharCode(kept as number)).toBe("C");
  },
);

test(
  "a file that changes under a running PC is another image, and starts it anew",
  { timeout: LIMIT },
  async () => {
    if (!isThere(BIOS, "seabios")) return;
    const file = path.join(desk.folder, "disk.img");
    writeFileSync(file, bootSectorDisk(BYTES, "the first", "said: "));
    writeFileSync(
      path.join(desk.folder, "one.vbus"),
      `image ide: pc { disk = "./disk.img", console = screen }
guest a { image = ide, health = log("said: B"), goal = ready }
`,
    );
    expect(await desk.run(["up", "-d", "--wait", "one.vbus"])).toMatchObject({ exit: 0 });
    writeFileSync(file, bootSectorDisk(BYTES, "the second", "said: "));
    expect((await desk.run(["logs", "a"])).stdout).not.toContain("the second");
    expect((await desk.run(["plan", "one.vbus"])).stdout).toMatch(/restart.*\ba\b|\ba\b.*restart/);
    expect(await desk.run(["apply", "one.vbus"])).toMatchObject({ exit: 0 });
    expect(await desk.run(["wait", "a", "--for", "ready", "--timeout", "300"])).toMatchObject({ exit: 0 });
    expect((await desk.run(["logs", "a"])).stdout).toContain("the second");
    writeFileSync(file, bootSectorDisk(BYTES, "the third", "said: ").fill(0, 510, 512));
    const refused = await desk.run(["apply", "one.vbus"]);
    expect(refused.exit).not.toBe(0);
    expect(refused.stderr).toContain("its first sector does not end with 55 AA");
    expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
  },
);

const MEMTEST_LAB = `image tester: pc { cd = "${MEMTEST}", console = screen }
guest a { image = tester, memory = 32MiB }

test "it maps all addresses, and goes on from test to test" {
  timeout = 9min
  expect a.log.matches("Pass +[1-9][0-9]*%") within 8min
  expect a.log.matches("Test #[3-9]") within 8min
  expect a.log.matches("Errors: 0") within 1min
  expect a.state == running
}
`;

test("Memtest86+ tests a PC's memory", { timeout: LIMIT }, async () => {
  if (!isThere(BIOS, "seabios") || !isThere(MEMTEST, "memtest86+")) return;
  writeFileSync(path.join(desk.folder, "memtest.vbus"), MEMTEST_LAB);
  const { exit, stdout, stderr } = await desk.run(["test", "memtest.vbus"]);
  expect([exit, exit === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
});

test("the lab of the page checks", { timeout: LIMIT }, async () => {
  if (!isThere(BIOS, "seabios")) return;
  const page = readFileSync(new URL("../docs/pc.md", import.meta.url), "utf8");
  const block = /^```vbus\n(.*?)^```/ms.exec(page)?.[1] ?? "";
  expect(block).toContain(": pc {");
  writeFileSync(path.join(desk.folder, "page.vbus"), block);
  expect(await desk.run(["check", "page.vbus"])).toMatchObject({ exit: 0 });
});

test("example 22 passes its test, by the command of its page", { timeout: 2 * LIMIT }, async () => {
  const page = readFileSync(new URL("../examples/22-pc/README.md", import.meta.url), "utf8");
  expect(/^```sh\n(.*?)^```/ms.exec(page)?.[1]).toBe("vbus test\n");
  const missing = await desk.run(["check", "-p", "cd=./none.iso", "examples/22-pc/lab.vbus"]);
  expect(missing.exit).not.toBe(0);
  expect(missing.stderr).toContain("none.iso");
  if (!isThere(BIOS, "seabios") || !isThere(CD, "ipxe")) return;
  const { exit, stdout, stderr } = await desk.run(["test", "examples/22-pc/lab.vbus"]);
  expect([exit, exit === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
});
