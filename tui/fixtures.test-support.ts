// Snapshots and lines as a lab would tell them, for tests of what is drawn. `second` lets a lab live on.

import type { DeviceRow, GuestRow, LabEvent, LogLine, Snapshot } from "../interpreter/index.ts";

const START = Date.UTC(2026, 0, 2, 12, 0, 0);

export function makeGuest(part: Partial<GuestRow> & { readonly address: string }): GuestRow {
  return {
    state: "running",
    goal: "running",
    goalMet: true,
    image: "echo.wasm",
    bus: "bus.main",
    vcpu: "dedicated",
    labels: {},
    interfaces: [{ device: "eth0", ip: "10.0.0.2", mac: "02:00:00:00:00:02" }],
    memory: 1024 * 1024,
    cpu: 0.034,
    uptimeMs: 63_000,
    restarts: 0,
    cpuMs: 2000,
    queueMs: 0,
    features: [],
    exits: 12_345,
    signals: 678,
    interrupts: 300,
    late: 0,
    framesPerSecond: 0,
    ...part,
  };
}

type Ring = DeviceRow["rings"][number];
type Histogram = DeviceRow["histograms"]["wakeNs"];

function makeRing(name: string, slots: string, head: number): Ring {
  const filled = slots.replaceAll(/[^f]/gu, "").length;
  const told = { enabled: true, signals: 120, suppressed: 9880, interrupts: 90 };
  return { name, size: slots.length, head, slots, filled, ...told };
}

const histogram = (p50: number, p99: number, p999: number): Histogram => ({
  count: 250,
  p50,
  p99,
  p999,
  max: p999,
});

const HISTOGRAMS: DeviceRow["histograms"] = {
  framesPerKick: histogram(4, 31, 64),
  kickNs: histogram(1216, 8960, 45_000),
  latencyNs: histogram(4480, 71_680, 1_310_000),
  occupancy: histogram(3, 24, 62),
  wakeNs: histogram(71_680, 120_000, 2_000_000),
};

function makeDevice(part: Partial<DeviceRow> & { readonly id: string }): DeviceRow {
  const counter = { count: 1000, bytes: 64_000, dropped: 0, droppedBy: {} };
  return {
    bus: "bus.main",
    name: "eth0",
    class: "venet",
    deviceId: 1,
    reconfigurable: true,
    guests: [],
    rx: counter,
    tx: counter,
    kicks: 250,
    late: 0,
    rings: [],
    histograms: HISTOGRAMS,
    ...part,
  };
}

const GUESTS: readonly GuestRow[] = [
  makeGuest({ address: "server", labels: { role: "server" } }),
  makeGuest({
    address: "client",
    state: "completed",
    goal: "completed",
    exit: 0,
    image: "ping.wasm",
    interfaces: [{ device: "eth0", ip: "10.0.0.1", mac: "02:00:00:00:00:01" }],
  }),
];

/** A server that runs and a client that has ended, with 100 frames in each second. */
export function makeSnapshot(second: number, part: Partial<Snapshot> = {}): Snapshot {
  const frames = 1000 + second * 100;
  const counter = { count: frames, bytes: frames * 64, dropped: 0, droppedBy: {} };
  return {
    version: 2,
    lab: "hello",
    file: "lab.vbus",
    generation: 3,
    pid: 4242,
    time: new Date(START + second * 1000).toISOString(),
    uptimeMs: second * 1000,
    ready: true,
    failures: 0,
    watch: "watching",
    guests: GUESTS.map((guest) => ({ ...guest, framesPerSecond: guest.address === "server" ? 100 : 0 })),
    devices: makeDevices(frames, counter),
    channels: [],
    volumes: [],
    networks: [{ address: "lan", subnet: "10.0.0.0/24", ports: 2, frames: counter, framesPerSecond: 100 }],
    uplinks: [],
    buses: [
      {
        address: "bus.main",
        devices: ["client.eth0", "server.eth0", "server.console"],
        members: ["server", "client"],
      },
    ],
    outputs: [],
    diagnostics: [],
    diagnosticsText: "",
    ...part,
  };
}

function makeDevices(frames: number, counter: DeviceRow["rx"]): readonly DeviceRow[] {
  const full = { ...counter, dropped: 12, droppedBy: { full: 9, rate: 3 } };
  const slots = `${"p".repeat(20)}${"f".repeat(7)}cc${".".repeat(35)}`;
  const card = { network: "lan", rx: full, tx: counter };
  const impair = { delay: "30ms", jitter: "2ms", loss: "1%", "ingress.loss": "5%" };
  const good = { state: "up", impair: {} } as const;
  const bad = { state: "up", rate: "10Mbps", impair } as const;
  const rings = [makeRing("rx", slots, 29), makeRing("tx", ".".repeat(64), frames)];
  return [
    makeDevice({ id: "client.eth0", guests: ["client"], ...card, link: good }),
    makeDevice({ id: "server.eth0", guests: ["server"], openBy: "server", ...card, link: bad, rings }),
    makeDevice({
      id: "server.console",
      class: "vconsole",
      guests: ["server"],
      openBy: "server",
      terminal: { columns: 80, rows: 24 },
      rings: [makeRing("in", "....", 0), makeRing("out", "f...", 1)],
    }),
  ];
}

export function makeLine(number: number, guest = "client", text?: string): LogLine {
  const time = new Date(START + number * 10).toISOString();
  return { guest, time, text: text ?? `64 bytes from 10.0.0.2: icmp_seq=${number} ttl=64 time=0.031 ms` };
}

const EVENTS: readonly Pick<LabEvent, "type" | "address" | "message" | "level" | "actor">[] = [
  { type: "lab", message: "hello starts", level: "info", actor: "host" },
  { type: "plan", message: "generation 1: 5 changes applied in 812 ms", level: "info", actor: "file" },
  { type: "guest", address: "server", message: "running", level: "info", actor: "guest" },
  { type: "guest", address: "client", message: "completed with 0", level: "info", actor: "guest" },
  {
    type: "step",
    address: "server.eth0",
    message: "rate none -> 10Mbps (live)",
    level: "info",
    actor: "ada",
  },
  {
    type: "drift",
    address: "server.eth0.rate",
    message: "by hand: set server.eth0.rate 10Mbps",
    level: "info",
    actor: "ada",
  },
  {
    type: "watch",
    message: "the change in the file waits for `vbus apply`: it would restart server, which restarts a guest",
    level: "warning",
    actor: "host",
  },
  {
    type: "guest",
    address: "worker[3]",
    message: "quarantined: rx index jumped",
    level: "error",
    actor: "host",
  },
];

/** What happened in the lab, a second apart. */
export function makeEvents(): readonly LabEvent[] {
  return EVENTS.map((event, index) => ({
    sequence: index + 1,
    time: new Date(START + index * 1000 + index).toISOString(),
    ...event,
  })) as readonly LabEvent[];
}

/** What a lab has beside guests on one network: another network, an uplink, a channel, a volume. */
export function moreThings(): Partial<Snapshot> {
  const counter = { count: 12, bytes: 768, dropped: 1, droppedBy: { full: 1 } };
  const { devices, networks } = makeSnapshot(60);
  const all = [...devices, ...moreDevices()];
  return {
    devices: all,
    networks: [
      ...networks,
      {
        address: "isp",
        subnet: "192.0.2.0/24",
        ports: 2,
        rate: "1Gbps",
        frames: counter,
        framesPerSecond: 0,
      },
      { address: "lonely", subnet: "10.9.0.0/24", ports: 0, frames: counter, framesPerSecond: 0 },
    ],
    uplinks: [
      {
        id: "out",
        class: "nat",
        network: "isp",
        link: "up",
        carrier: true,
        detail: "",
        rx: counter,
        tx: counter,
        framesPerSecond: 3,
      },
    ],
    channels: [{ id: "jobs", kind: "datagrams", messages: counter, waiting: 2, ends: 1 } as never],
    volumes: [
      { address: "data", class: "file", size: 64 * 1024 * 1024, readonly: false, reads: 10, writes: 4 },
    ],
    buses: [{ address: "bus.main", devices: all.map(({ id }) => id), members: ["server", "client"] }],
  };
}

function moreDevices(): readonly DeviceRow[] {
  return [
    makeDevice({
      id: "server.wan",
      name: "wan",
      guests: ["server"],
      openBy: "server",
      network: "isp",
      link: { state: "down", vlan: "7", impair: {} },
    }),
    makeDevice({
      id: "server.ipc",
      name: "ipc",
      class: "vchan",
      guests: ["server"],
      openBy: "server",
      channel: "jobs",
    }),
    makeDevice({
      id: "server.disk",
      name: "disk",
      class: "vblk",
      guests: ["server"],
      openBy: "server",
      volume: "data",
    }),
  ];
}
