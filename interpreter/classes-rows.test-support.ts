// The lab of classes.test.ts with a place for each attribute, and the changes that are made there.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GuestFolder } from "./loop.test-support.ts";
import { images } from "./plan/model.test-support.ts";

export const folder = new GuestFolder();
const loop = folder.loop();
export const storage = mkdtempSync(path.join(tmpdir(), "vbus-classes-"));
const stored = (name: string): string => JSON.stringify(path.join(storage, name));
/** A capture without a frame. */
const NO_FRAMES = "d4c3b2a1020004000000000000000000ffff000001000000";
writeFileSync(path.join(storage, "none.pcap"), Buffer.from(NO_FRAMES, "hex"));

/** Places of the lab's text and what stands there at first. */
const PLACES = {
  lab: "",
  far: "",
  lan: "",
  near: "links = [lan]",
  subnet: "10.1.0.0/24",
  bus: "desk",
  member: "",
  mine: "std:guests/echo",
  other: "",
  server: "",
  eth: "",
  net: "lan",
  extra: "",
  uplink: "",
  wide: "far",
  socket: 'connect = "unix:nobody"',
  nat: "",
  pcap: `record = ${stored("one")}`,
  image: "other",
  memory: "16MiB",
  port: "",
  ip: "10.1.0.9",
  tty: "",
  orders: "",
  pipe: "orders",
  end: "",
  time: "",
  dice: "",
  memory_size: "1MiB",
  ram: "",
  image_file: "raw.img",
  image_size: "1MiB",
  raw: "",
  base: "low",
  overlay: "top.overlay",
  overlay_size: "1MiB",
  volume: "ram",
  disk: "",
  program: "program.wasm",
  files: "files",
  files_more: "",
  found: "/data",
};
type Place = keyof typeof PLACES;
export type Texts = Partial<Record<Place, string>>;

export function lab(texts: Texts): string {
  const at = { ...PLACES, ...texts };
  return `
lab t { ${at.lab} }
image echo: wasm { path = "std:guests/echo" }
image mine: wasm { path = "${at.mine}" }
image other: wasm { path = "std:guests/sink", ${at.other} }
image loop: wasm { path = ${JSON.stringify(loop)} }
network lan { subnet = 10.0.0.0/24, pool = 10.0.0.64/26, mtu = 9000B, ${at.lan} }
network near { subnet = 10.0.0.0/24, pool = 10.0.0.128/25, mtu = 9000B, ${at.near} }
network far { subnet = ${at.subnet}, ${at.far} }
uplink out: socket { network = ${at.wide}, ${at.socket}, ${at.uplink} }
uplink world: nat { network = far, ${at.nat} }
uplink file: pcap { network = far, ${at.pcap} }
bus desk { device eth1: venet { network = far }, device eth2: venet { network = far } }
guest server { image = echo, memory = 32MiB, ${at.server}
  device eth0: venet { network = ${at.net}, ip = 10.0.0.2, ${at.eth} } }
guest client { image = loop, memory = 32MiB, args = ["10.0.0.2", 400], stop { grace = 20s }
  device eth0: venet { network = lan, ip = 10.0.0.3 } }
guest extra { image = ${at.image}, memory = ${at.memory}, ${at.extra}
  device eth0: venet { network = far, ip = ${at.ip}, ${at.port} }
  device tty: vconsole { ${at.tty} }
  device end: vchan { channel = ${at.pipe}, ${at.end} }
  device time: vclock { ${at.time} }
  device dice: vrng { ${at.dice} } }
channel orders { ${at.orders} }
channel others { }
volume ram: memory { size = ${at.memory_size}, ${at.ram} }
volume spare: memory { size = 1MiB }
volume raw: file { path = ${stored(at.image_file)}, size = ${at.image_size}, ${at.raw} }
volume low: file { path = ${stored("low.img")}, size = 1MiB }
volume lower: file { path = ${stored("lower.img")}, size = 1MiB }
volume top: overlay { base = ${at.base}, path = ${stored(at.overlay)}, size = ${at.overlay_size} }
image idle: wasm { path = "std:guests/sink" }
guest keeper { image = idle
  device vda: vblk { volume = ${at.volume}, ${at.disk} }
  device vdb: vblk { volume = raw }
  device vdc: vblk { volume = top } }
image program: wasi { path = ${stored(at.program)} }
volume files: folder { path = ${stored(at.files)}, ${at.files_more} }
guest tenant { image = program, device disk: vblk { volume = files, folder = "${at.found}" } }
bus shelf { device eth1: venet { network = far } }
guest member { image = mine, bus = ${at.bus}, ${at.member} }
`;
}

interface Row {
  readonly attribute: string;
  readonly change: Texts;
  /** What stands there before, where that is not the lab of every test. */
  readonly from?: Texts;
  /** Guests that start anew; none where it is left out. */
  readonly restarted?: readonly string[];
  /** What the plan says where that is more than what is declared. */
  readonly planned?: "pause" | "restart" | "recreate";
}

const venet = (name: string, text: string): Row => ({ attribute: `venet.${name}`, change: { eth: text } });
const damage = (name: string, text: string): Row => ({
  attribute: `Damage.${name}`,
  change: { eth: `impair { ${text} }` },
});
/** The same where the frames are lost on purpose. */
const harm = (name: string, text: string): Row => ({
  attribute: `Damage.${name}`,
  change: { port: `impair { ${text} }` },
});
const guest = (name: string, change: Texts, restarted?: readonly string[]): Row => ({
  attribute: `guest.${name}`,
  change,
  ...(restarted && { restarted }),
});

export const ROWS: Row[] = [
  { attribute: "resource.labels", change: { server: 'labels = { site = "oslo" }' } },
  { attribute: "resource.depends_on", change: { server: "depends_on = [extra]" } },
  { attribute: "resource.protect", change: { server: "protect = true" } },
  { attribute: "lab.drift", change: { lab: "drift = keep" } },
  { attribute: "lab.memory_max", change: { lab: "memory_max = 1GiB" } },
  { attribute: "network.pool", change: { far: "pool = 10.1.0.0/25" } },
  { attribute: "network.rate", change: { lan: "rate = 10Gbps" } },
  { attribute: "network.links", change: { near: "" } },
  {
    attribute: "network.subnet",
    change: { subnet: "10.1.0.0/25" },
    restarted: ["extra", "member"],
  },
  {
    attribute: "network.gateway",
    change: { far: "gateway = 10.1.0.77" },
    restarted: ["extra", "member"],
  },
  {
    attribute: "network.mtu",
    change: { far: "mtu = 9000B" },
    restarted: ["extra", "member"],
    planned: "recreate",
  },
  { attribute: "uplink.network", change: { wide: "lan" }, planned: "pause" },
  { attribute: "uplink.network", from: { wide: "lan" }, change: { wide: "near" } },
  { attribute: "uplink.link", change: { uplink: "link = down" } },
  { attribute: "uplink.rate", change: { uplink: "rate = 1Gbps" } },
  { attribute: "pcap.record", change: { pcap: `record = ${stored("two")}` } },
  {
    attribute: "pcap.replay",
    change: { pcap: `record = ${stored("one")}, replay = ${stored("none.pcap")}` },
  },
  { attribute: "pcap.speed", change: { pcap: `record = ${stored("one")}, speed = 2.0` } },
  { attribute: "socket.connect", change: { socket: 'connect = "unix:nobody-else"' } },
  { attribute: "socket.listen", change: { socket: 'listen = "tcp:127.0.0.1:0"' } },
  { attribute: "network.dhcp", change: { far: "dhcp = false" } },
  { attribute: "nat.ipv6", change: { nat: "ipv6 = false" } },
  { attribute: "nat.subnet6", change: { nat: 'subnet6 = "fd00:77::/64"' } },
  { attribute: "nat.dns", change: { nat: "dns = false" } },
  { attribute: "nat.outward", change: { nat: "outward = false" } },
  { attribute: "nat.host_access", change: { nat: "host_access = true" } },
  { attribute: "nat.publish", change: { nat: "publish = [{ listen = 0, to = extra.eth0, port = 80 }]" } },
  { attribute: "venet.network", change: { net: "near" } },
  { attribute: "venet.link", change: { port: "link = down" } },
  { attribute: "venet.model", change: { port: "model = vbus" }, restarted: ["extra"] },
  venet("ring", "ring = 1024"),
  venet("mtu", "mtu = 1500B"),
  venet("rate", "rate = 10Gbps"),
  venet("offload", "offload = false"),
  { attribute: "venet.vlan", change: { port: "vlan = 7" } },
  { attribute: "venet.mac", change: { port: "mac = 02:00:00:00:00:77" }, restarted: ["extra"] },
  { attribute: "venet.ip", change: { ip: "10.1.0.10" }, restarted: ["extra"] },
  { attribute: "venet.impair", change: { eth: "impair { delay = 1ms }" } },
  { attribute: "venet.impair", from: { eth: "impair { delay = 1ms }" }, change: { eth: "" } },
  damage("rate", "rate = 10Gbps"),
  damage("delay", "delay = 2ms"),
  damage("jitter", "delay = 1ms, jitter = 0ms"),
  damage("distribution", "delay = 1ms, distribution = normal"),
  damage("burst", "burst = 2.0"),
  damage("queue", "delay = 1ms, queue = 2000"),
  damage("precise", "delay = 1ms, precise = true"),
  damage("seed", "delay = 1ms, seed = 5"),
  harm("jitter", "delay = 1ms, jitter = 1ms"),
  harm("loss", "loss = 50%"),
  harm("reorder", "delay = 1ms, reorder = 10%"),
  harm("duplicate", "duplicate = 10%"),
  harm("corrupt", "corrupt = 10%"),
  harm("down", "down = true"),
  { attribute: "vconsole.columns", change: { tty: "columns = 132" } },
  { attribute: "vconsole.rows", change: { tty: "rows = 50" } },
  { attribute: "channel.full", change: { orders: "full = refuse" } },
  ...["depth = 8", "message_max = 1KiB"].map((text): Row => ({
    attribute: `channel.${text.split(" ")[0]}`,
    change: { orders: text },
    restarted: ["extra"],
    planned: "recreate",
  })),
  { attribute: "channel.kind", change: { orders: "kind = stream" }, restarted: ["extra"] },
  { attribute: "vchan.channel", change: { pipe: "others" } },
  { attribute: "vchan.role", change: { end: "role = send" } },
  { attribute: "vchan.priority", change: { end: "priority = 7" } },
  { attribute: "vclock.offset", change: { time: "offset = 1h" } },
  { attribute: "vclock.drift", change: { time: "drift = 1%" } },
  { attribute: "vrng.seed", change: { dice: "seed = 7" }, restarted: ["extra"] },
  {
    attribute: "image.sha256",
    change: { other: `sha256 = "${digestOf("std:guests/sink")}"` },
    restarted: ["extra"],
  },
  { attribute: "image.memory", change: { image: "other", other: "memory = 4MiB" }, restarted: ["extra"] },
  { attribute: "wasm.path", change: { mine: "std:guests/sink" }, restarted: ["member"] },
  guest("image", { image: "echo" }, ["extra"]),
  guest("args", { extra: 'args = ["--port", 9]' }, ["extra"]),
  guest("env", { extra: 'env = { A = "b" }' }, ["extra"]),
  guest("memory", { memory: "17MiB" }, ["extra"]),
  guest("bus", { bus: "shelf" }, ["member"]),
  { ...guest("use", { member: "use = [desk.eth1]" }, ["member"]), planned: "restart" },
  guest("health", { server: 'health = log("well")' }),
  guest("goal", { server: "goal = ready" }),
  guest("restart", { server: "restart = always" }),
  guest("stop", { server: "stop { grace = 1s }" }),
  guest("realtime", { server: "realtime { priority = 7, deadline = 1ms }" }),
  { ...guest("realtime", {}), from: { server: "realtime { priority = 7 }" }, change: { server: "" } },
  guest("vcpu", { extra: "vcpu = shared" }, ["extra"]),
  {
    attribute: "guest.vcpu",
    from: { extra: "vcpu = shared" },
    change: { extra: "vcpu = dedicated" },
    restarted: ["extra"],
  },
  guest("nice", { extra: "nice = 5" }),
  {
    attribute: "guest.nice",
    from: { extra: "nice = 5" },
    change: { extra: "nice = 2" },
    restarted: ["extra"],
    planned: "restart",
  },
  { ...guest("watchdog", { extra: "watchdog = 20s" }, ["extra"]), planned: "restart" },
];

const disk = (name: string, text: string): Row => ({ attribute: `vblk.${name}`, change: { disk: text } });
ROWS.push(
  { attribute: "volume.retain", change: { ram: "retain = true" } },
  { attribute: "volume.readonly", change: { ram: "readonly = true" } },
  { attribute: "volume.readonly", change: { raw: "readonly = true" } },
  { attribute: "volume.size", change: { image_size: "2MiB" } },
  { attribute: "memory.size", change: { memory_size: "2MiB" } },
  { attribute: "overlay.size", change: { overlay_size: "2MiB" } },
  { attribute: "file.create", change: { raw: "create = false" } },
  { attribute: "file.path", change: { image_file: "other.img" }, restarted: ["keeper"] },
  { attribute: "overlay.path", change: { overlay: "other.overlay" }, restarted: ["keeper"] },
  {
    attribute: "overlay.base",
    change: { base: "lower", overlay: "lower.overlay" },
    restarted: ["keeper"],
  },
  { attribute: "vblk.volume", change: { volume: "spare" }, restarted: ["keeper"] },
  { attribute: "wasi.path", change: { program: "other.wasm" }, restarted: ["tenant"] },
  { attribute: "folder.path", change: { files: "other-files" }, restarted: ["tenant"] },
  { attribute: "folder.create", change: { files_more: "create = false" } },
  { attribute: "vblk.folder", change: { found: "/other" }, restarted: ["tenant"] },
  disk("readonly", "readonly = true"),
  disk("queues", "queues = 4"),
  { ...disk("model", "model = vbus"), restarted: ["keeper"] },
  disk("rate", "rate = 10Mbps"),
  disk("iops", "iops = 100"),
);

/** What no driver serves yet, and how it would be said: it is refused, never ignored. */
export const REFUSED: Readonly<Record<string, Texts>> = {
  "resource.moved_from": { extra: 'moved_from = "old"' },
  "network.dhcp": { near: "links = [lan], dhcp = true" },
};
/**
 * Needs the right to make interfaces: tap.test.ts. Needs a kernel: drivers/linux-image.test.ts. Needs a
 * server: volumes-nbd.test.ts.
 */
export const ELSEWHERE = [
  "tap.interface",
  "nbd.url",
  "nbd.size",
  "linux.from",
  "linux.kernel",
  "linux.initrd",
  "linux.command_line",
];
/** Kinds and classes without a driver: a thing of them is refused. */
export const NO_DRIVER = /^pc[.]/;

function digestOf(image: string): string {
  const found = images.look(image);
  if ("problem" in found) throw new Error(found.problem);
  return found.digest;
}
