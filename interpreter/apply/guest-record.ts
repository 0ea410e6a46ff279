// What the controller remembers of one guest, and what follows from it: whether its goal is met, or can't
// be any more. Pure: asks nothing and changes nothing.

import type { Resource } from "../../lang/index.ts";
import type { GuestState } from "../../hypervisor/index.ts";
import { goalOf, restartPolicyOf } from "../drivers/guest.ts";

/** How a guest ended. */
export interface GuestEnd {
  readonly state: GuestState;
  readonly exit?: number;
  readonly reason?: string;
}

export interface GuestRecord {
  readonly resource: Resource;
  /** `waiting` for the goals of others; `up` from boot to end. */
  readonly phase: "waiting" | "up" | "ended";
  /** Main has been entered since the last boot. */
  readonly ran: boolean;
  /** It runs, and its log has said what `health` waits for. */
  readonly healthy: boolean;
  /** Lines of all logs that had been told when it booted. */
  readonly logFrom: number;
  readonly end?: GuestEnd;
  readonly restarts: number;
  /** Restarts by policy without a good while in between. */
  readonly streak: number;
  /** Asked to stop: what ends now ends on purpose. */
  readonly stopping: boolean;
  /** Wall-independent time of the last boot, milliseconds. */
  readonly bootedAt: number;
}

const ENDED: ReadonlySet<GuestState> = new Set(["completed", "failed", "stopped", "quarantined"]);

export function isEnd(state: GuestState): boolean {
  return ENDED.has(state);
}

/** Ended as a program that did its work. */
export function endedWell(end: GuestEnd | undefined): boolean {
  return end?.state === "completed" && (end.exit ?? 0) === 0;
}

/** A guest that should run or be well has met its goal by that, also when it ends well afterwards. */
export function goalMet(record: GuestRecord): boolean {
  const goal = goalOf(record.resource);
  if (goal === "completed" || record.phase !== "up") return endedWell(record.end);
  return goal === "ready" ? record.healthy : record.ran;
}

/** Milliseconds until it is booted again, by its policy; undefined: it stays down. */
export function restartDelay(record: GuestRecord, end: GuestEnd): number | undefined {
  const policy = restartPolicyOf(record.resource);
  if (policy.when === "never" || record.stopping) return undefined;
  if (end.state === "stopped") return undefined;
  if (policy.when === "on_failure" && endedWell(end)) return undefined;
  if (goalOf(record.resource) === "completed" && endedWell(end)) return undefined;
  if (policy.max !== undefined && record.streak >= policy.max) return undefined;
  return Math.min(policy.backoffLastMs, policy.backoffFirstMs * 2 ** Math.min(record.streak, 30));
}

/** A guest that ran this long begins its row of restarts anew. */
export function streakAfter(record: GuestRecord, now: number): number {
  const good = Math.max(restartPolicyOf(record.resource).backoffLastMs, 1000);
  return now - record.bootedAt >= good ? 0 : record.streak;
}

/** What the end of a guest reads like. */
export function endText(end: GuestEnd): string {
  const reason = end.reason === undefined ? "" : `: ${end.reason}`;
  if (end.state === "completed" && end.exit !== undefined) return `completed with ${end.exit}${reason}`;
  return end.exit === undefined ? `${end.state}${reason}` : `${end.state} with ${end.exit}${reason}`;
}
