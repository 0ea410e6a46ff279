// Types on the console of a guest, if it sees one.

import type { Hypervisor } from "../../hypervisor/index.ts";
import { sentenceOf } from "../operation-error.ts";
import type { Snapshot } from "./protocol.ts";

/** How many bytes were taken, or why none. */
export function typeConsole(
  hypervisor: Hypervisor,
  { devices }: Snapshot,
  guest: string,
  text: string,
): number | string {
  const row = devices.find((device) => device.class === "vconsole" && device.guests.includes(guest));
  if (row === undefined) return `\`${guest}\` has no console.`;
  const typed = hypervisor.typeConsole(row.id, text);
  return typed.ok ? typed.value : sentenceOf(typed.refusal.message);
}
