// `vbus stats`: what each guest of a running lab costs and carries, once or as it changes. docs/metrics.md
// says what each number is.

import type { DeviceRow, GuestRow, Snapshot } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import { bytesText, tableText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";

export interface StatsOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly watch?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const STATS_SCHEMA = 1;
const HEAD = [
  "GUEST",
  "STATE",
  "CPU",
  "QUEUE",
  "MEMORY",
  "FRAMES/S",
  "RX",
  "TX",
  "DROPS",
  "FR/KICK",
  "P50",
  "P99",
];
/** Clears the screen below and behind, from its first place. */
const HOME = "\u001b[H\u001b[J";

/** One guest: sums over the devices that it has open, and the worst latency among them. */
interface GuestStats {
  readonly guest: string;
  readonly state: GuestRow["state"];
  /** Share of one core, 0 to 1. */
  readonly cpu: number;
  /** Milliseconds that its thread was ready and had no core, since boot. */
  readonly queueMs: number;
  readonly memory: number;
  readonly framesPerSecond: number;
  readonly rx: number;
  readonly tx: number;
  readonly dropped: number;
  readonly kicks: number;
  readonly framesPerKick: number | null;
  /** Nanoseconds in the receiving ring; null where nothing was measured. */
  readonly latencyP50Ns: number | null;
  readonly latencyP99Ns: number | null;
  /** From what it waited for to its running on: the worst of its devices. */
  readonly wakeP99Ns: number | null;
  /** Wake-ups that came after the deadline of a realtime guest. */
  readonly late: number;
}

export async function stats(
  { terminal }: Context,
  file: string | undefined,
  options: StatsOptions,
): Promise<Exit> {
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const live = terminal.interactive && !options.json && !options.plain;
  const show = (snapshot: Snapshot): void => {
    const guests = statsOf(snapshot);
    if (options.json) {
      const { lab, time } = snapshot;
      const record = { schema: STATS_SCHEMA, lab, time, guests };
      terminal.out(`${JSON.stringify(record, undefined, options.watch ? 0 : 2)}\n`);
    } else if (options.plain) {
      terminal.out(guests.map((guest) => `${row(guest).join("\t")}\n`).join(""));
    } else {
      terminal.out(`${options.watch && live ? HOME : ""}${tableText([HEAD, ...guests.map(row)])}`);
    }
  };
  if (!options.watch) {
    show(await client.request("snapshot", {}));
    client.close();
    return EXIT.done;
  }
  let signalled: Exit | undefined;
  const release = onSignals((exit) => {
    signalled = exit;
    client.close();
  });
  client.on("snapshot", show);
  await client.request("subscribe", { snapshots: true });
  await client.closed;
  release();
  return signalled ?? EXIT.done;
}

function statsOf({ guests, devices }: Snapshot): readonly GuestStats[] {
  const open = Map.groupBy(devices, ({ openBy }) => openBy);
  return guests.map((guest) => {
    const own = open.get(guest.address) ?? [];
    const sum = (of: (device: DeviceRow) => number): number =>
      own.reduce((total, device) => total + of(device), 0);
    const tx = sum((device) => device.tx.count);
    const kicks = sum((device) => device.kicks);
    const worst = (name: "latencyNs" | "wakeNs", of: "p50" | "p99"): number | null => {
      const timed = own.map(({ histograms }) => histograms[name]).filter(({ count }) => count > 0);
      return timed.length === 0 ? null : Math.max(...timed.map((histogram) => histogram[of]));
    };
    return {
      guest: guest.address,
      state: guest.state,
      cpu: guest.cpu,
      queueMs: guest.queueMs,
      memory: guest.memory,
      framesPerSecond: guest.framesPerSecond,
      rx: sum((device) => device.rx.count),
      tx,
      dropped: sum((device) => device.rx.dropped + device.tx.dropped),
      kicks,
      framesPerKick: kicks === 0 ? null : tx / kicks,
      latencyP50Ns: worst("latencyNs", "p50"),
      latencyP99Ns: worst("latencyNs", "p99"),
      wakeP99Ns: worst("wakeNs", "p99"),
      late: guest.late,
    };
  });
}

function row(stats: GuestStats): string[] {
  const { guest, state, cpu, queueMs, memory, framesPerSecond, rx, tx, dropped, framesPerKick } = stats;
  return [
    guest,
    state,
    `${Math.round(cpu * 100)}%`,
    `${Math.round(queueMs)}ms`,
    bytesText(memory),
    `${framesPerSecond}`,
    `${rx}`,
    `${tx}`,
    `${dropped}`,
    framesPerKick === null ? "-" : framesPerKick.toFixed(1),
    timeText(stats.latencyP50Ns),
    timeText(stats.latencyP99Ns),
  ];
}

function timeText(ns: number | null): string {
  if (ns === null) return "-";
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)}us`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(1)}ms` : `${(ns / 1e9).toFixed(1)}s`;
}
