// TCP from a network namespace to another one that is its outside: through our gateway, through pasta (passt
// with a TAP interface in place of QEMU), and from this machine itself. Both gateways end the namespace's TCP
// and carry it on by sockets; both read a TAP interface with the same MTU.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { createHypervisor, type Hypervisor, type NatSpec } from "../hypervisor/index.ts";
import { must } from "./guest-run.ts";
import type { Work } from "./harness.ts";

const run = promisify(execFile);
const MIB = 1 << 20;
/** What one run carries. */
const BYTES = { tiny: 8 * MIB, real: 128 * MIB };
const MTU = 1500;
const PATIENCE_MS = 60_000;
/** Pasta's part of a pair is not waited for longer. */
const STUCK_MS = 15_000;
const TRIES = 10;
const COMMANDS = ["ip", "iperf3", "pasta"];
/** Of nobody: a range for examples, and of it a part of this process. This machine's and the outside's. */
const [HERE, OUTSIDE] = [1, 2].map((host) => `198.51.100.${(process.pid % 32) * 8 + host}`) as [
  string,
  string,
];
const GATEWAY = "10.0.255.254";
const STATION = "10.0.1.5";

/** Makes the namespaces and the lab; throws with a sentence where it can't. `close` takes them away. */
export async function openNatBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const lack = await missing();
  if (lack !== undefined) throw new Error(`this machine lacks ${lack}`);
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  const place = places();
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of children) child.kill("SIGKILL");
    await hypervisor.close();
    for (const name of [place.world, place.ours, place.pastas])
      await run("ip", ["netns", "del", name]).catch(() => undefined);
    await run("ip", ["link", "del", place.tap]).catch(() => undefined);
  };
  try {
    children.push(await makeOutside(place));
    await plugStation(hypervisor, place);
    makeNamespace(place.pastas);
    children.push(await startPasta(place.pastas, place.link));
  } catch (error) {
    await close();
    throw error;
  }
  const bytes = tiny ? BYTES.tiny : BYTES.real;
  const work = (name: string, words: readonly string[]): Work => ({
    name,
    unit: "Gb/s",
    better: "more",
    ours: () => transfer(place.ours, bytes, words),
    rivals: [
      {
        name: `pasta, MTU ${MTU}`,
        measure: () => again(() => transfer(place.pastas, bytes, words, STUCK_MS)),
      },
      { name: "between two processes", measure: () => transfer(undefined, bytes, words) },
    ],
  });
  return { works: [work("TCP outward", []), work("TCP inward", ["-R"])], close };
}

/**
 * Debian 12's pasta resets a transfer of this size now and then, or loses so much that its sender waits for
 * minutes, sending again what nobody takes: then another one counts.
 */
async function again<T>(measure: () => Promise<T>): Promise<T> {
  // Bound: TRIES.
  for (let tries = 1; ; tries++) {
    try {
      return await measure();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Names of namespaces and interfaces, of this process alone. */
function places(): Record<"world" | "link" | "tap" | "ours" | "pastas", string> {
  const of = (letter: string): string => `vb${letter}${process.pid}`;
  return { world: of("w"), link: of("l"), tap: of("t"), ours: of("o"), pastas: of("p") };
}
type Places = ReturnType<typeof places>;

async function missing(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "the right to make network namespaces";
  for (const command of COMMANDS) {
    const found = await run("sh", ["-c", `command -v ${command}`]).catch(() => undefined);
    if (!found) return `${command} (Debian: iproute2, iperf3, passt)`;
  }
  return undefined;
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: "pipe" });
}

function makeNamespace(name: string): void {
  ip("netns", "add", name);
  ip("-n", name, "link", "set", "lo", "up");
}

/** The namespace that is the outside, joined to this machine, with the receiver of every transfer. */
async function makeOutside({ world, link }: Places): Promise<ChildProcess> {
  makeNamespace(world);
  ip("link", "add", link, "type", "veth", "peer", "name", "out", "netns", world);
  ip("addr", "add", `${HERE}/29`, "dev", link);
  ip("link", "set", link, "up");
  ip("-n", world, "addr", "add", `${OUTSIDE}/29`, "dev", "out");
  ip("-n", world, "link", "set", "out", "up");
  const command = ["netns", "exec", world, "iperf3", "-s", "--forceflush"];
  const server = spawn("ip", command, { stdio: ["ignore", "pipe", "ignore"] });
  await once(server.stdout, "data"); // It says that it listens.
  server.stdout.resume();
  return server;
}

/** A network of ours with a gateway, and a namespace that is a station of it by a TAP interface. */
async function plugStation(hypervisor: Hypervisor, { tap, ours }: Places): Promise<void> {
  const plugged = { network: "lan", link: "up" } as const;
  must(hypervisor.createNetwork("lan", { mtu: MTU }));
  ip("tuntap", "add", "dev", tap, "mode", "tap");
  must(await hypervisor.createUplink("tap", { class: "tap", tap: { interface: tap }, ...plugged }));
  const nat: NatSpec = {
    gateway: GATEWAY,
    prefix: 16,
    pool: ["10.0.1.0", "10.0.1.255"],
    dhcp: false,
    dns: false,
    outward: true,
    hostAccess: false,
    publish: [],
  };
  must(await hypervisor.createUplink("nat", { class: "nat", nat, ...plugged }));
  makeNamespace(ours);
  ip("link", "set", tap, "netns", ours);
  ip("-n", ours, "addr", "add", `${STATION}/16`, "dev", tap);
  ip("-n", ours, "link", "set", tap, "up", "mtu", String(MTU));
  ip("-n", ours, "route", "add", "default", "via", GATEWAY);
}

async function startPasta(namespace: string, link: string): Promise<ChildProcess> {
  const plan = ["-a", STATION, "-n", "255.255.0.0", "-g", GATEWAY, "-m", String(MTU)];
  const words = ["-f", "-q", "--config-net", "-4", "-i", link, ...plan, "--no-map-gw"];
  const ports = ["-t", "none", "-u", "none", "-T", "none", "-U", "none"];
  const args = [...words, ...ports, "--netns", `/run/netns/${namespace}`, "--netns-only", "--runas", "0"];
  const pasta = spawn("pasta", args, { stdio: "ignore" });
  const untilMs = performance.now() + PATIENCE_MS;
  // Bound: PATIENCE_MS; each round asks the namespace for its routes.
  while (!(await run("ip", ["-n", namespace, "route"])).stdout.includes("default")) {
    if (pasta.exitCode !== null || performance.now() > untilMs) throw new Error("pasta did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return pasta;
}

/** Gigabits a second, by the receiver's clock, which stops before what is still on its way is there. */
async function transfer(
  namespace: string | undefined,
  bytes: number,
  words: readonly string[],
  timeout = PATIENCE_MS,
): Promise<number> {
  const command = ["iperf3", "-J", "-n", String(bytes), "-c", OUTSIDE, ...words];
  const [file = "", ...args] =
    namespace === undefined ? command : ["ip", "netns", "exec", namespace, ...command];
  const { stdout } = await run(file, args, { timeout, maxBuffer: 16 * MIB });
  const { end, error } = JSON.parse(stdout) as Report;
  const received = end.sum_received;
  if (!received || received.bytes < bytes / 2) throw new Error(error ?? `only ${received?.bytes} bytes came`);
  return received.bits_per_second / 1e9;
}

interface Report {
  readonly error?: string;
  readonly end: { readonly sum_received?: { readonly bytes: number; readonly bits_per_second: number } };
}
