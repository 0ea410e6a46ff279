// `vbus ps`: the guests of a running lab.

import type { GuestRow } from "../../interpreter/index.ts";
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
const HEAD = ["GUEST", "STATE", "GOAL", "IMAGE", "ADDRESS", "MEMORY", "CPU", "FRAMES/S", "UPTIME", "REASON"];

export async function ps({ terminal }: Context, file: string | undefined, options: PsOptions): Promise<Exit> {
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const snapshot = await client.request("snapshot", {});
  client.close();
  const { lab, ready, generation, rolledBack, pid, watch, held, refused, guests } = snapshot;
  if (options.json) {
    terminal.out(
      `${JSON.stringify({ schema: PS_SCHEMA, lab, pid, generation, rolledBack, ready, watch, held, refused, guests }, undefined, 2)}\n`,
    );
  } else if (options.plain) {
    terminal.out(guests.map((guest) => `${row(guest).join("\t")}\n`).join(""));
  } else {
    terminal.out(tableText([HEAD, ...guests.map(row)]));
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
    guest.reason ?? "",
  ];
}
