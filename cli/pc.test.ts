// A real kernel in a PC, beside a guest of WebAssembly on one network, and in CI the lab of example 07. The
// image is built in CI, by the commands of docs/linux.md; elsewhere the one of this user's cache is taken,
// and if there is none it is said.

import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readNote } from "../interpreter/index.ts";
import { IMAGE, imageFor, IN_CI } from "./pc-image.test-support.ts";
import { Desk } from "./run.test-support.ts";

/** The first boot takes half a minute of a core, and cores are shared. */
const LIMIT = 600_000;

const LAB = `volume data: file { path = "./data.img", size = 4MiB }
volume look: memory { size = 1MiB }
volume more: file { path = "./more.img", size = 4MiB }
network lan { subnet = 10.0.0.0/24 }
image debian: linux { from = "std:images/${IMAGE}" }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }
guest pc {
  image = debian
  env = { start = "echo started > /tmp/mark", GREETING = "hello there" }
  device eth0: venet { network = lan }
  device tty: vconsole { }
  device first: vblk { volume = data }
  device second: vblk { volume = look, readonly = true }
  device third: vblk { volume = more, model = vbus }
  health = shell("ping -c 1 -W 1 \${server.eth0.ip}")
  goal = ready
}
`;

/** The two commands of the page: the image, and the example with it. */
const [BUILD = [], TEST = []] = commandsOf("docs/linux.md");

function blockOf(page: string, kind: "sh" | "vbus"): string {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  return new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "ms").exec(text)?.[1] ?? "";
}

function commandsOf(page: string): readonly (readonly string[])[] {
  const block = blockOf(page, "sh");
  return [...block.matchAll(/^(?:npx )?vbus (.*)$/gm)].map(([, words = ""]) => words.split(" "));
}

const desk = new Desk();
afterAll(() => desk.close());

let isThere = false;
let folder = "";
/** Bytes of each booted state that there is. */
const states = (): readonly number[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("booted-"))
    .map((name) => statSync(path.join(folder, name)).size);
const exec = (command: string) => desk.run(["exec", "--timeout", "500s", "pc", command]);
beforeAll(async () => {
  writeFileSync(path.join(desk.folder, "lab.vbus"), LAB);
  const found = await imageFor(desk, BUILD);
  folder = found ?? "";
  isThere = found !== undefined;
}, LIMIT);

test(
  "it boots, reaches its neighbour, runs commands, stands still, and powers off",
  { timeout: LIMIT },
  async () => {
    if (!isThere) return;
    // What can't be a booted state is thrown away, and the PC boots.
    expect(states()).toHaveLength(1);
    for (const name of readdirSync(folder).filter((each) => each.startsWith("booted-")))
      writeFileSync(path.join(folder, name), "nonsense");
    expect(await desk.run(["up", "-d", "lab.vbus"])).toMatchObject({ exit: 0 });
    // Asked before there is a kernel: it waits until there is.
    expect(await exec("uname -s; cat /tmp/mark")).toMatchObject({ exit: 0, stdout: "Linux\nstarted\n" });
    expect(states()).toEqual([expect.toSatisfy((bytes: number) => bytes > 1 << 20)]);
    const cards = await exec("ip -o addr show eth0; ip route; cat /sys/class/net/eth0/address");
    expect(cards.stdout).toMatch(/inet 10\.0\.0\.3\/24 /);
    const mac = (await desk.run(["get", "pc.eth0.mac"])).stdout.trim().replaceAll('"', "");
    expect(mac).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
    expect(cards.stdout).toContain(mac);
    expect(await exec("hostname; echo $GREETING; exit 3")).toMatchObject({
      exit: 3,
      stdout: "pc\nhello there\n",
    });
    expect((await exec("ping -c 3 10.0.0.2")).stdout).toContain("0% packet loss");
    expect(await desk.run(["wait", "pc", "--for", "ready", "--timeout", "500"])).toMatchObject({ exit: 0 });

    expect(await desk.run(["pause", "pc"])).toMatchObject({ exit: 0 });
    const { stdout } = await desk.run(["ps", "--json"]);
    const rows = (JSON.parse(stdout) as { guests: { address: string; state: string }[] }).guests;
    expect(rows.find(({ address }) => address === "pc")).toMatchObject({ state: "paused" });
    expect(await desk.run(["resume", "pc"])).toMatchObject({ exit: 0 });
    expect(await exec("echo again")).toMatchObject({ exit: 0, stdout: "again\n" });

    expect((await desk.run(["logs", "pc"])).stdout).toContain("vbus: pc is ready");
    await exec("poweroff -f &");
    expect(await desk.run(["wait", "pc", "--for", "exited", "--timeout", "500"])).toMatchObject({ exit: 0 });
    expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
  },
);

test("the disk of the page is one of a lab that checks", { timeout: LIMIT }, async () => {
  if (!isThere) return;
  const disk = blockOf("docs/linux.md", "vbus");
  expect(disk).toContain("vblk");
  const image = `image debian: linux { from = "std:images/${IMAGE}" }`;
  writeFileSync(path.join(desk.folder, "disk.vbus"), `${image}\n${disk}`);
  expect(await desk.run(["check", "disk.vbus"])).toMatchObject({ exit: 0 });
});

test(
  "example 07 passes its test, by the commands of the page and of its own",
  { timeout: 4 * LIMIT },
  async () => {
    expect(BUILD).toEqual(["images", "build", IMAGE]);
    expect(TEST).toEqual(["test", "examples/07-linux/lab.vbus"]);
    expect(commandsOf("examples/07-linux/README.md")).toEqual([BUILD, ["test"]]);
    if (!isThere || !(IN_CI || process.env["SLOW"] === "1")) return;
    const { exit, stdout } = await desk.run(TEST);
    expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringContaining("1 passed") });
  },
);

test(
  "one that begins booted has a clock, chance and disks of its own; what it synced outlives the lab",
  { timeout: LIMIT },
  async () => {
    if (!isThere) return;
    const up = async (): Promise<number> => {
      const { exit, stdout, stderr } = await desk.run(["up", "-d", "lab.vbus"]);
      expect({ exit, stderr }).toMatchObject({ exit: 0 });
      return Number(/\(pid (\d+)\)/.exec(stdout + stderr)?.[1]);
    };
    const pid = await up();
    const seconds = Number((await exec("date +%s")).stdout);
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(300);
    const disks = await exec(
      "cd /sys/block; cat vda/serial; echo; cat vdb/serial; echo; cat vda/size vdb/ro",
    );
    expect(disks.stdout).toBe("first\nsecond\n8192\n1\n");
    expect((await exec("dd if=/dev/zero of=/dev/vdb bs=512 count=1 conv=fsync")).exit).not.toBe(0);
    // The third is on the bridge, where the image has its drivers.
    const kept = readNote(folder)?.bridge === true ? ["vda", "vbda"] : ["vda"];
    for (const disk of kept) {
      const made = `blkdiscard /dev/${disk} && mke2fs /dev/${disk} && mkdir -p /mnt/${disk}`;
      const written = `mount /dev/${disk} /mnt/${disk} && seq 20000 > /mnt/${disk}/mark && sync`;
      expect((await exec(`${made} && ${written}`)).exit).toBe(0);
    }
    if (kept.length > 1) expect((await exec("cat /sys/block/vbda/serial")).stdout).toBe("third");
    const looks = await exec("head -c 16 /dev/urandom | base64; md5sum < /mnt/vda/mark");
    const random = looks.stdout.split("\n");
    process.kill(pid, "SIGKILL");
    await up();
    for (const disk of kept) {
      const mounted = `mkdir -p /mnt/${disk} && mount /dev/${disk} /mnt/${disk}`;
      expect(await exec(`${mounted} && md5sum < /mnt/${disk}/mark`)).toMatchObject({
        exit: 0,
        stdout: `${random[1]}\n`,
      });
    }
    if (kept.length > 1) {
      // A disk that grows while the kernel has it.
      writeFileSync(
        path.join(desk.folder, "lab.vbus"),
        LAB.replace('"./more.img", size = 4MiB', '"./more.img", size = 6MiB'),
      );
      const { exit, stderr } = await desk.run(["apply", "lab.vbus"]);
      expect({ exit, stderr }).toMatchObject({ exit: 0 });
      const size = "until [ $(cat /sys/block/vbda/size) = ";
      expect(await exec(`${size}12288 ]; do :; done`)).toMatchObject({ exit: 0 });
      expect(await exec("umount /mnt/vbda")).toMatchObject({ exit: 0 });
    }
    expect((await exec("head -c 16 /dev/urandom | base64")).stdout).not.toContain(random[0]);
    expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
  },
);

const BRIDGED = `network lan { subnet = 10.0.0.0/24 }
image debian: linux { from = "std:images/${IMAGE}" }
image httpd: wasm { path = "std:guests/httpd" }
guest server { image = httpd, device eth0: venet { network = lan } }
guest pc {
  image = debian
  device eth0: venet { network = lan, model = vbus }
  device eth1: venet { network = lan }
}
`;

test(
  "a card on the bridge carries what a virtio card does; a kernel that writes garbage there is ended",
  { timeout: LIMIT },
  async () => {
    if (!isThere) return;
    if (readNote(folder)?.bridge !== true)
      return console.log("PCs: the bridge is skipped, since the image was built without its drivers");
    writeFileSync(path.join(desk.folder, "bridged.vbus"), BRIDGED);
    expect(await desk.run(["up", "-d", "bridged.vbus"])).toMatchObject({ exit: 0 });
    const driver = await exec("cd /sys/class/net; readlink eth0/device/driver; readlink eth1/device/driver");
    expect(driver.stdout).toMatch(/\/vbus\/drivers\/venet\n.*virtio_net\n/);
    const bytes = 3_000_000;
    const fetched = `wget -q -O - http://10.0.0.2/bytes/${bytes} | tee /tmp/got | wc -c`;
    expect(await exec(`ip link set eth1 down; ping -c 3 10.0.0.2 && ${fetched}`)).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(new RegExp(`0% packet loss[^]*\\n${bytes}\\n$`)),
    });
    // What came by the one card is what comes by the other.
    const again = "ip link set eth0 down; ip link set eth1 up; wget -q -O /tmp/other http://10.0.0.2/bytes/";
    expect(await exec(`${again}${bytes} && cmp /tmp/got /tmp/other`)).toMatchObject({ exit: 0 });
    // Closed and opened again, and then without its cable.
    expect(await exec("ip link set eth1 down; ip link set eth0 up; ping -c 3 10.0.0.2")).toMatchObject({
      exit: 0,
    });
    const carrier = "until [ $(cat /sys/class/net/eth0/carrier) = ";
    expect(await desk.run(["set", "pc.eth0.link", "down"])).toMatchObject({ exit: 0 });
    expect(await exec(`${carrier}0 ]; do :; done`)).toMatchObject({ exit: 0 });
    expect(await desk.run(["set", "pc.eth0.link", "up"])).toMatchObject({ exit: 0 });
    expect(await exec(`${carrier}1 ]; do :; done; ping -c 3 10.0.0.2`)).toMatchObject({ exit: 0 });

    await exec("insmod /lib/modules/garbage.ko");
    const { stdout } = await desk.run(["ps", "--json"]);
    const { guests } = JSON.parse(stdout) as {
      guests: { address: string; state: string; reason?: string }[];
    };
    const stateOf = (name: string) => guests.find(({ address }) => address === name);
    expect(stateOf("pc")).toMatchObject({
      state: "quarantined",
      reason: expect.stringContaining("vbus bridge"),
    });
    expect(stateOf("server")).toMatchObject({ state: "running" });
    expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
  },
);

const SIX = `network lan { subnet = 10.0.0.0/24 }
image debian: linux { from = "std:images/${IMAGE}" }
guest pc for i in 1..6 {
  image = debian
  device eth0: venet { network = lan }
  goal = running
}
`;

test("six PCs on one network reach each other", { timeout: 2 * LIMIT }, async () => {
  if (!isThere || !(IN_CI || process.env["SLOW"] === "1")) return;
  writeFileSync(path.join(desk.folder, "six.vbus"), SIX);
  expect(await desk.run(["up", "-d", "six.vbus"])).toMatchObject({ exit: 0 });
  // A neighbour may not be up yet; the command's time limit ends the loop.
  const ping = "for i in 2 3 4 5 6 7; do until ping -c 1 -W 1 10.0.0.$i; do :; done; done";
  const answers = [1, 2, 3, 4, 5, 6].map((each) =>
    desk.run(["exec", "--timeout", "500s", `pc[${each}]`, ping]),
  );
  expect((await Promise.all(answers)).map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await desk.run(["down"])).toMatchObject({ exit: 0 });
});
