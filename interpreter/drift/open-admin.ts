// The admin tree of a lab, put together: its desk, what it looks at, and who changes by hand.

import os from "node:os";
import type { LabEvent, Snapshot } from "../control/protocol.ts";
import type { Engine } from "../engine.ts";
import { adminTree, type AdminTree } from "./admin.ts";
import { DriftDesk, type DeskOptions } from "./desk.ts";

export interface AdminParts extends Pick<
  DeskOptions,
  "root" | "clock" | "read" | "apply" | "refusal" | "again"
> {
  readonly engine: Engine;
  readonly snapshot: () => Snapshot;
}

export function openAdmin(parts: AdminParts): { readonly desk: DriftDesk; readonly admin: AdminTree } {
  const { engine, snapshot } = parts;
  const { lane, journal, guests, ledger } = engine;
  const dead = (): readonly string[] => guests.dead();
  const revive = async (guest: string): Promise<string | undefined> => {
    const started = await guests.startAgain(guest);
    return started.ok ? undefined : started.refusal.message;
  };
  const desk = new DriftDesk({ ...parts, lane, journal, dead, revive });
  const events = (): readonly LabEvent[] => journal.since();
  return { desk, admin: adminTree({ desk, snapshot, events, ledger, dead }, userName()) };
}

/** Who changes by hand: the socket is this user's alone. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ""}`.trim();
  }
}
