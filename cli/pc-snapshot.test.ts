// Snapshots with a real kernel: a PC goes on where it was, and others go on from there as themselves.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IMAGE, imageFor } from "./pc-image.test-support.ts";
import { Desk } from "./run.test-support.ts";

const LIMIT = 600_000;

/** The two of the disks' volumes hold the same: nothing. */
const pc = (name: string): string => `volume ${name}_data: memory { size = 4MiB }
volume ${name}_more: memory { size = 1MiB }
guest ${name} {
  image = debian
  device eth0: venet { network = lan }
  device eth1: venet { network = wide, model = vbus }
  device disk: vblk { volume = ${name}_data }
  device more: vblk { volume = ${name}_more, model = vbus }
}
`;
const LAB = `network lan { subnet = 10.0.0.0/24 }
network wide { subnet = 10.1.0.0/24 }
image debian: linux { from = "std:images/${IMAGE}" }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }
guest other {
  image = debian
  memory = 128MiB
  device eth0: venet { network = lan, model = vbus }
}
${pc("one")}${pc("two")}${pc("three")}`;

const desk = new Desk();
afterAll(() => desk.close());

let isThere = false;
const vbus = (...words: readonly string[]) => desk.run(words);
const exec = async (guest: string, command: string): Promise<string> => {
  const { exit, stdout, stderr } = await desk.run(["exec", "--timeout", "500s", guest, command]);
  expect({ guest, command, exit, stderr }).toMatchObject({ exit: 0, stderr: "" });
  return stdout.trim();
};
const words = (text: string): readonly string[] => text.split(/\s+/);
const records = (text: string): readonly Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
/** The folder in which the lab's snapshots are. */
const shelf = (): string => {
  const root = path.join(desk.folder, "state", "vbus");
  return path.join(root, readdirSync(root)[0] as string, "snapshots");
};
/** A value of the lab. */
const read = async (guest: string, attribute: string): Promise<string> =>
  (await vbus("get", `${guest}.${attribute}`)).stdout.trim().replaceAll('"', "");

beforeAll(async () => {
  if ((await imageFor(desk)) === undefined) return;
  writeFileSync(path.join(desk.folder, "lab.vbus"), LAB);
  expect(await vbus("up", "-d", "lab.vbus")).toMatchObject({ exit: 0 });
  isThere = true;
}, LIMIT);

test("forks are themselves, and their network is told", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  const id = "00112233445566778899aabbccddeeff";
  // A copy card is in it, too.
  expect(await vbus("cp", "lab.vbus", "one:/tmp/lab")).toMatchObject({ exit: 0 });
  await exec("one", `echo ${id} > /etc/machine-id; echo kept > /tmp/mark`);
  expect(await vbus("snapshot", "one", "fresh")).toMatchObject({ exit: 0, stdout: "" });
  for (const fork of ["two", "three"]) {
    const mac = await read(fork, "eth0.mac");
    const told = desk.start([
      "capture",
      "lan",
      "--expect",
      `arp and ether src host ${mac}`,
      "--within",
      "500s",
    ]);
    await told.tells("capturing");
    const { exit, stderr } = await vbus("restore", fork, "fresh");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: `running ${fork}: from fresh, as a fork of one\n` });
    expect((await told.ended).exit).toBe(0);
  }
  const all = ["one", "two", "three"];
  const seen = await Promise.all(
    all.map(async (guest) => {
      const asked =
        "hostname; cat /etc/machine-id /sys/class/net/eth[01]/address; head -c 16 /dev/urandom | md5sum";
      return words(await exec(guest, asked));
    }),
  );
  for (const [index, guest] of all.entries()) {
    const [name, machine, ...macs] = seen[index] as readonly string[];
    expect([name, ...macs.slice(0, 2)]).toEqual([
      guest,
      await read(guest, "eth0.mac"),
      await read(guest, "eth1.mac"),
    ]);
    expect(machine).toMatch(/^[0-9a-f]{32}$/);
    expect(machine === id).toBe(guest === "one");
    expect(await exec(guest, "cat /tmp/mark")).toBe("kept");
  }
  // Name, machine id, both MACs and chance of each are nobody else's.
  for (let column = 0; column < 5; column++)
    expect(new Set(seen.map((row) => row[column])).size).toBe(all.length);
  for (const guest of all) {
    const peers = all.filter((each) => each !== guest);
    const found = ["eth0", "eth1"].flatMap((device) => peers.map((peer) => read(peer, `${device}.ip`)));
    const addresses = (await Promise.all(found)).join(" ");
    const pings = `for a in ${addresses}; do ping -c 2 -w 60 $a | grep -c 'bytes from'; done`;
    expect(words(await exec(guest, pings))).toEqual(["2", "2", "2", "2"]);
  }
  expect(await vbus("cp", "two:/tmp/lab", "-")).toMatchObject({ exit: 0, stdout: LAB });
});

test("a guest goes on where it was: processes, connections and disks", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  const disks = "vda vbda";
  await exec("one", `for d in ${disks}; do mke2fs -q /dev/$d; mkdir /mnt/$d; mount /dev/$d /mnt/$d; done`);
  // The kernel writes times to a disk some seconds after the rest.
  const quiet = "mount -o remount,ro";
  await exec("one", `for d in ${disks}; do echo then on $d > /mnt/$d/then; ${quiet} /mnt/$d; done`);
  await exec("one", "(n=0; while :; do echo $((n += 1)) > /tmp/.n; mv /tmp/.n /tmp/n; usleep 50000; done) &");
  await exec("two", "(nc -l -p 7 -e sh -c 'while read -r l; do echo got $l; done' > /dev/null 2>&1) &");
  const peer = await read("two", "eth0.ip");
  await exec("one", `mkfifo /tmp/in; sleep 100000 > /tmp/in & nc ${peer} 7 < /tmp/in > /tmp/out & echo`);
  const say = (word: string): Promise<string> =>
    exec("one", `echo ${word} > /tmp/in; until grep ${word} /tmp/out; do usleep 50000; done`);
  expect(await say("before")).toBe("got before");
  // Its clock is wrong when it is kept, and right when it goes on.
  await exec("one", "date -s 2001-02-03");
  expect(await vbus("pause", "one")).toMatchObject({ exit: 0 });
  const made = await vbus("snapshot", "one", "busy", "--json");
  expect(made).toMatchObject({ exit: 0, stderr: "" });
  expect((await vbus("ps", "--json")).stdout).toContain('"state": "paused"');
  expect(await vbus("resume", "one")).toMatchObject({ exit: 0 });
  const said = records(made.stdout);
  expect(said.map(({ stage }) => stage)).toEqual(
    expect.arrayContaining(["holding", "disks", "saving", "writing"]),
  );
  const { made: when, bytes } = said.at(-1) as { made: string; bytes: number };
  expect(said.at(-1)).toMatchObject({ schema: 1, record: "snapshot", name: "busy", guest: "one" });
  const file = statSync(path.join(shelf(), "busy.snapshot"));
  expect([file.size, file.mode & 0o777]).toEqual([bytes, 0o600]);
  const count = async (): Promise<number> => Number(await exec("one", "cat /tmp/n"));
  const then = await count();
  await exec("one", `until [ $(cat /tmp/n) -gt ${then + 100} ]; do usleep 100000; done; echo > /tmp/later`);

  const back = await vbus("restore", "one", "busy", "--json");
  expect(back).toMatchObject({ exit: 0, stderr: "" });
  expect(records(back.stdout).at(-1)).toMatchObject({
    record: "restored",
    guest: "one",
    from: "one",
    made: when,
  });
  const now = await count();
  expect(now).toBeLessThan(then + 100);
  expect(Math.abs(Number(await exec("one", "date +%s")) - Date.now() / 1000)).toBeLessThan(300);
  expect(
    await exec(
      "one",
      `until [ $(cat /tmp/n) -gt ${now} ]; do usleep 50000; done; [ -e /tmp/later ] || hostname`,
    ),
  ).toBe("one");
  expect(await say("after")).toBe("got after");
  const fresh = "echo 3 > /proc/sys/vm/drop_caches";
  expect(await exec("one", `${fresh}; cat /mnt/vda/then /mnt/vbda/then`)).toBe("then on vda\nthen on vbda");
  await exec("one", `for d in ${disks}; do mount -o remount,rw /mnt/$d; echo now > /mnt/$d/now; done; sync`);
  expect(await exec("one", `${fresh}; cat /mnt/*/now`)).toBe("now\nnow");
  for (const device of ["eth0", "eth1"]) {
    const own = await read("one", `${device}.ip`);
    expect(await exec("two", `ping -c 2 -w 60 ${own} | grep -c 'bytes from'`)).toBe("2");
  }
});

test(
  "what does not fit is refused with all that differs, and the guest goes on",
  { timeout: LIMIT },
  async () => {
    if (!isThere) return;
    const says = async (call: readonly string[], ...texts: readonly string[]): Promise<void> => {
      const { exit, stderr } = await vbus(...call);
      for (const text of texts)
        expect([call, exit, stderr]).toEqual([call, 1, expect.stringContaining(text)]);
    };
    // Its disks were written to since.
    await exec("one", "echo here > /tmp/here");
    await says(
      ["restore", "one", "busy"],
      "VB8001: snapshot `busy` does not fit `one`: `disk` holds something else",
    );
    await says(["restore", "one", "busy"], "`more` holds something else than it did then.");
    expect(await exec("one", "cat /tmp/here")).toBe("here");
    await says(
      ["restore", "other", "busy"],
      "the memory is 128MiB here and 96MiB there",
      "`model` of `eth0` is vbus here and virtio there",
      "`eth1` is not here",
      "`more` is not here",
    );
    await says(
      ["restore", "server", "busy"],
      "`server`: only guests of class linux have snapshots, and it is of class wasm",
    );
    await says(["snapshot", "server", "x"], "`server`: only guests of class linux have snapshots");
    await says(["snapshot", "nobody", "x"], "There is no guest `nobody`");
    await says(["snapshot", "one", "busy"], "There is a snapshot `busy` already");
    await says(["restore", "one", "nothing"], "no snapshot `nothing`. These are: fresh, busy.");
    expect(await vbus("snapshot", "one", "../x")).toMatchObject({ exit: 64 });

    const file = path.join(shelf(), "busy.snapshot");
    const whole = readFileSync(file);
    const spoilt = (change: (bytes: Buffer) => Buffer): void =>
      writeFileSync(file, change(Buffer.from(whole)));
    const end = whole.length - 1000;
    spoilt((bytes) => bytes.fill((whole[end] as number) ^ 1, end, end + 1));
    await says(["restore", "one", "busy"], "is damaged: its machine is not what was written");
    spoilt((bytes) => bytes.subarray(0, end));
    await says(["restore", "one", "busy"], "is damaged: it has another length");
    spoilt((bytes) => bytes.fill(0, 14, 18));
    await says(["restore", "one", "busy"], "has no header that can be read");
    spoilt(() => Buffer.from("nonsense"));
    await says(["restore", "one", "busy"], "is no snapshot");
    expect((await vbus("snapshots", "--json")).stdout).toContain('"fresh"');
    expect((await vbus("snapshots")).stdout).not.toContain("busy");
    expect(await exec("one", "cat /tmp/here")).toBe("here");

    writeFileSync(file, whole);
    expect(await vbus("snapshots", "--remove", "fresh")).toMatchObject({ exit: 0 });
    await says(["snapshots", "--remove", "fresh"], "no snapshot `fresh`");
    expect(readdirSync(shelf())).toEqual(["busy.snapshot"]);
    expect(await vbus("down")).toMatchObject({ exit: 0 });
    expect((await vbus("snapshots", "lab.vbus", "--plain")).stdout).toMatch(/^busy\tone\t/);
  },
);
