// A Linux PC with three cards, one on the vbus bridge, one of virtio and v86's own, each on a network of its
// own with the same neighbour: the same kernel, switch and loop, so that what differs is the card and its
// driver.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createHypervisor, type DeviceSpec, type Hypervisor, type Image } from "../hypervisor/index.ts";
import { preparedFolder, readNote } from "../interpreter/index.ts";
import { bootRunGuest, must, removeRunGuest, runGuests, standardImage } from "./guest-run.ts";

const IMAGE = "debian-i386";
const MEMORY = 96 << 20;
const COMMAND_MS = 300_000;
const BOOT_MS = 600_000;
const FLOOD = new URL("build/flood.wasm", import.meta.url);
/** Where the PC's web server has what is fetched from it. */
export const PAGE = "/page";

/** One card of the PC and its neighbour. */
export interface Side {
  readonly model: "vbus" | "virtio" | "own";
  readonly network: string;
  /** Its name in the PC. */
  readonly card: string;
  readonly pc: string;
  readonly neighbour: string;
  readonly neighbourMac: string;
}

const side = (model: Side["model"], index: number): Side => ({
  model,
  network: `lan${index}`,
  card: model,
  pc: `10.${index}.0.2`,
  neighbour: `10.${index}.0.3`,
  neighbourMac: `02:00:00:00:0${index}:03`,
});
export const SIDES = { vbus: side("vbus", 0), virtio: side("virtio", 1), own: side("own", 2) } as const;

/** One disk of the PC, with a volume of its own in memory. */
export interface DiskSide {
  readonly model: "vbus" | "virtio" | "own";
  readonly file: string;
}
export const DISKS = {
  vbus: { model: "vbus", file: "/dev/vbda" },
  virtio: { model: "virtio", file: "/dev/vda" },
  own: { model: "own", file: "/dev/sda" },
} as const satisfies Record<string, DiskSide>;
export const DISK_BYTES = 64 << 20;

/** What a card has done since it was made. */
export interface CardCounts {
  readonly frames: number;
  readonly kicks: number;
  readonly interrupts: number;
  /** CPU time of the PC's thread, microseconds, whatever for. */
  readonly cpu: number;
}

export interface LinuxLab {
  /** Frames that its card has taken in, so far. */
  received(side: Side): number;
  /** Runs a command in the PC; rejects where it fails. */
  run(command: string): Promise<string>;
  counts(side: Side): CardCounts;
  /** CPU time of the PC's thread so far, microseconds. */
  cpu(): number;
  /** Has a guest send datagrams to the PC without end while `look` runs. */
  flood<T>(side: Side, payload: number, look: () => Promise<T>): Promise<T>;
  /** Has the neighbour fetch the PC's page; its log. */
  fetchFromPc(side: Side): Promise<string>;
  close(): Promise<void>;
}

/** Boots the PC and its neighbours. Rejects with a sentence where there is no image. */
export async function openLinuxLab(): Promise<LinuxLab> {
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  try {
    const debian = must(await hypervisor.prepare({ class: "linux", ...(await readImage()) }));
    const httpd = await standardImage(hypervisor, "httpd");
    const get = await standardImage(hypervisor, "get");
    const flood = must(await hypervisor.compile(await readFile(FLOOD)));
    must(hypervisor.createBus("pc"));
    for (const each of Object.values(SIDES)) {
      must(hypervisor.createNetwork(each.network, { mtu: 1500 }));
      must(hypervisor.addDevice("pc", `pc.${each.card}`, venet(each, each.card, each.pc, pcMac(each))));
      await bootNeighbour(hypervisor, httpd, each);
    }
    for (const { model } of Object.values(DISKS)) {
      must(await hypervisor.createVolume(model, { class: "memory", size: DISK_BYTES, readonly: false }));
      const vblk = { volume: model, readonly: false, queues: 1, model };
      must(hypervisor.addDevice("pc", `pc.${model}-disk`, { class: "vblk", name: model, vblk }));
    }
    const pc = { bus: "pc", image: debian, args: [], env: {}, memory: MEMORY };
    must(await hypervisor.bootGuest("pc", pc));
    const lab = labOf(hypervisor, get, flood);
    must(await hypervisor.runCommand("pc", "true", BOOT_MS));
    return lab;
  } catch (error) {
    await hypervisor.close();
    throw error;
  }
}

function labOf(hypervisor: Hypervisor, get: Image, flood: Image): LinuxLab {
  const cpu = (): number => (hypervisor.guest("pc")?.cpuMs ?? 0) * 1000;
  return {
    cpu,
    async run(command) {
      const { status, output } = must(await hypervisor.runCommand("pc", command, COMMAND_MS));
      if (status !== 0) throw new Error(`${command}: ended with ${status}\n${output}`);
      return output;
    },
    counts({ card }) {
      const facts = hypervisor.device(`pc.${card}`);
      // Also those that the neighbour had no room for: the PC has sent them.
      const frames = (facts?.rx.count ?? 0) + (facts?.tx.count ?? 0) + (facts?.tx.dropped ?? 0);
      const { kicks = 0, interrupts = 0 } = facts?.pc ?? {};
      return { frames, kicks, interrupts, cpu: cpu() };
    },
    received: ({ card }) => hypervisor.device(`pc.${card}`)?.rx.count ?? 0,
    flood: (each, payload, look) => floodTo(hypervisor, flood, { each, payload, look }),
    fetchFromPc: (each) => fetchFrom(hypervisor, get, each),
    close: () => hypervisor.close(),
  };
}

function venet({ network, model }: Side, name: string, ip: string, mac: string): DeviceSpec {
  const gateway = "0.0.0.0";
  const fixed = { prefix: 24, gateway, mtu: 1500, ring: 256, link: "up" } as const;
  return { class: "venet", name, venet: { network, mac, ip, model, ...fixed } };
}

const pcMac = ({ neighbourMac }: Side): string => neighbourMac.replace(/03$/, "02");

/** The card of a guest beside the neighbour, whose addresses end with this digit. */
function visitor(each: Side, digit: number): DeviceSpec {
  const mac = each.neighbourMac.replace(/3$/, `${digit}`);
  return venet(each, "eth0", each.neighbour.replace(/3$/, `${digit}`), mac);
}

async function bootNeighbour(hypervisor: Hypervisor, image: Image, each: Side): Promise<void> {
  const devices = [venet(each, "eth0", each.neighbour, each.neighbourMac)];
  await bootRunGuest(hypervisor, { id: `httpd-${each.network}`, image, args: [], devices });
}

/** A guest that is there for one fetch; what it said. */
async function fetchFrom(hypervisor: Hypervisor, image: Image, each: Side): Promise<string> {
  const devices = [visitor(each, 4)];
  const args = ["--to", each.pc, "--path", PAGE];
  const logs = await runGuests(hypervisor, [{ id: "get", image, args, devices }], () => undefined);
  return logs["get"] ?? "";
}

async function floodTo<T>(
  hypervisor: Hypervisor,
  image: Image,
  flood: { readonly each: Side; readonly payload: number; readonly look: () => Promise<T> },
): Promise<T> {
  const { each, payload, look } = flood;
  const args = ["--mac", pcMac(each), "--to", each.pc, "--bytes", payload, "--seconds", 60];
  const guest = { id: "flood", image, args, devices: [visitor(each, 5)] };
  await bootRunGuest(hypervisor, guest);
  try {
    return await look();
  } finally {
    must(await hypervisor.killGuest(guest.id));
    removeRunGuest(hypervisor, guest);
  }
}

async function readImage(): Promise<PcSource> {
  const folder = path.join(preparedFolder(process.env), IMAGE);
  const note = readNote(folder);
  if (note?.bridge !== true)
    throw new Error(
      `there is no ${IMAGE} with the bridge's drivers; npx vbus images build ${IMAGE} makes it`,
    );
  const read = (name: string): Promise<Uint8Array> => readFile(path.join(folder, name));
  const [kernel, initrd, bios, vgaBios] = await Promise.all(
    ["kernel", "initrd", "bios", "vgaBios"].map((name) => read(name)),
  );
  const { commandLine, memoryMin } = note;
  const files = { kernel, initrd, bios, vgaBios, commandLine, states: folder } as PcSource["files"];
  return { files, memoryMin };
}

type PcSource = Pick<
  Extract<Parameters<Hypervisor["prepare"]>[0], { class: "linux" }>,
  "files" | "memoryMin"
>;
