// `vbus ps`: the guests of a running lab, and its ways out.

import type { GuestRow, UplinkRow } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { ageText, bytesText, tableText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";
import { holdOf } from "./hold.ts";

export interface PsOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const PS_SCHEMA = 1;
const HEAD = [
  "GUEST",
  "STATE",
  "GOAL",
  "IMAGE",
  "ADDRESS",
  "MEMORY",
  "CPU",
  "FRAMES/S",
  "UPTIME",
  "VCPU",
  "REASON",
];

const UPLINK_HEAD = ["UPLINK", "CLASS", "NETWORK", "RX", "TX", "DROPS", "FRAMES/S", "STATE"];

export async function ps({ terminal }: Context, file: string | undefined, options: PsOptions): Promise<Exit> {
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const snapshot = await client.request("snapshot", {});
  client.close();
  const { lab, ready, generation, rolledBack, pid, watch, held, refused, guests, uplinks } = snapshot;
  if (options.json) {
    terminal.out(
      `${JSON.stringify({ schema: PS_SCHEMA, lab, pid, generation, rolledBack, ready, watch, held, refused, guests, uplinks }, undefined, 2)}\n`,
    );
  } else if (options.plain) {
    terminal.out(guests.map((guest) => `${row(guest).join("\t")}\n`).join(""));
  } else {
    terminal.out(tableText([HEAD, ...guests.map(row)]));
    if (uplinks.length > 0) terminal.out(`\n${tableText([UPLINK_HEAD, ...uplinks.map(uplinkRow)])}`);
  }
  const hold = holdOf(snapshot);
  if (hold !== undefined) terminal.err(`${hold.sentence}\n`);
  return EXIT.done;
}

function row(guest: GuestRow): string[] {
  const { address, state, goal, goalMet, image, interfaces, memory, cpu, framesPerSecond, uptimeMs } = guest;
  return [
    address,
    guest.exit === undefined ? state : `${state} (${guest.exit})`,
    goalMet ? `${goal} met` : goal,
    image,
    interfaces.map(({ ip }) => ip).join(",") || "-",
    bytesText(memory),
    `${Math.round(cpu * 100)}%`,
    Math.round(framesPerSecond).toString(),
    ageText(uptimeMs),
    guest.vcpu,
    guest.reason ?? "",
  ];
}

function uplinkRow(uplink: UplinkRow): string[] {
  const { id, network, rx, tx, framesPerSecond, link, detail } = uplink;
  const dropped = rx.dropped + tx.dropped;
  const counts = [rx.count, tx.count, dropped, Math.round(framesPerSecond)].map(String);
  const ports = (uplink.nat?.published ?? []).map(
    ({ protocol, address, listen, to, port }) => `${address}:${listen}/${protocol} to ${to}:${port}`,
  );
  return [id, uplink.class, network, ...counts, link === "down" ? "cut off" : [detail, ...ports].join(", ")];
}
