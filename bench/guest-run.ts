// Guests of the standard library run once on a hypervisor of the bench's, and what they printed.
import { readFile } from "node:fs/promises";
import type { DeviceSpec, GuestSpec, Hypervisor, Image, Outcome } from "../hypervisor/index.ts";

const PATIENCE_MS = 120_000;
const MEMORY = 8 << 20;
const ENDS: ReadonlySet<string> = new Set(["completed", "failed", "stopped", "quarantined"]);

/** The value, or an error with the hypervisor's own words. */
export function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

/** Compiles a guest that `npm run build` has made. */
export async function standardImage(hypervisor: Hypervisor, name: string): Promise<Image> {
  const file = new URL(`../stdlib/guests/build/${name}.wasm`, import.meta.url);
  return must(await hypervisor.compile(await readFile(file)));
}

export interface RunGuest {
  readonly id: string;
  readonly image: Image;
  readonly args: readonly (string | number)[];
  readonly devices: readonly DeviceSpec[];
  readonly more?: Partial<GuestSpec>;
}

/** Boots it on a bus of its own with its devices. */
export async function bootRunGuest(
  hypervisor: Hypervisor,
  { id, image, args, devices, more }: RunGuest,
): Promise<void> {
  must(hypervisor.createBus(id));
  for (const spec of devices) must(hypervisor.addDevice(id, `${id}.${spec.name}`, spec));
  const spec = { bus: id, image, args: args.map(String), env: {}, memory: MEMORY, ...more };
  must(await hypervisor.bootGuest(id, spec));
}

/** Takes one that has ended away, with its bus and its devices. */
export function removeRunGuest(
  hypervisor: Hypervisor,
  { id, devices }: Pick<RunGuest, "id" | "devices">,
): void {
  must(hypervisor.removeGuest(id));
  for (const { name } of devices) must(hypervisor.removeDevice(`${id}.${name}`));
  must(hypervisor.removeBus(id));
}

/**
 * Boots them in this order, waits until all have ended with 0, calls `look`, and takes everything away. The
 * answer is what each printed. Throws where one ended otherwise.
 */
export async function runGuests(
  hypervisor: Hypervisor,
  guests: readonly RunGuest[],
  look: () => void,
): Promise<Readonly<Record<string, string>>> {
  const logs: Record<string, string> = {};
  const left = new Set(guests.map(({ id }) => id));
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stop = hypervisor.on((event) => {
    if (event.type === "log") logs[event.id] = (logs[event.id] ?? "") + event.text;
    if (event.type === "guest" && ENDS.has(event.state) && left.delete(event.id) && left.size === 0)
      resolve();
  });
  for (const guest of guests) await bootRunGuest(hypervisor, guest);
  const timer = setTimeout(resolve, PATIENCE_MS);
  await ended;
  clearTimeout(timer);
  stop();
  look();
  for (const guest of guests) {
    const { id } = guest;
    const facts = hypervisor.guest(id);
    if (facts?.exit !== 0) throw new Error(`${id} is ${facts?.state}, ${facts?.exit}: ${logs[id] ?? ""}`);
    removeRunGuest(hypervisor, guest);
  }
  return logs;
}

/** The number after `name` in what a guest printed. */
export function said(log: string | undefined, pattern: RegExp): number {
  const found = pattern.exec(log ?? "")?.[1];
  if (found === undefined) throw new Error(`nothing like ${String(pattern)} in: ${log ?? ""}`);
  return Number(found);
}
