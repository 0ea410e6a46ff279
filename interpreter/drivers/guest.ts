// A guest as the hypervisor takes it, and its own rules: goal, restart policy, how it is stopped.

import { textOf } from "../../lang/index.ts";
import type { Attribute, Resource, Value } from "../../lang/index.ts";
import type { GuestSpec, Image, RealtimeSpec } from "../../hypervisor/index.ts";
import { invariant } from "../bug.ts";
import type { Driver } from "./driver.ts";
import { numberOf, optionalNumberOf, refOf, refsOf, valueOf, wordOf } from "./read.ts";

/** The hypervisor takes these when a guest boots, and not later. */
const FIXED_AT_BOOT: ReadonlySet<string> = new Set(["use", "watchdog"]);

export const guestDriver: Driver = {
  kind: "guest",
  replaceFrom: "pause",
  answer: (name, before, after) =>
    FIXED_AT_BOOT.has(name) || (name === "nice" && stepsForward(before, after)) ? "restart" : undefined,
  // Left out, it means all devices of the bus, whichever these are.
  same: (name, before, after) => name === "use" && before.origin !== "set" && after.origin !== "set",
};

/** The system lets a thread step back, but not forward again. */
function stepsForward(before: Attribute | undefined, after: Attribute | undefined): boolean {
  const [was, is] = [before, after].map((one) => (one?.value.is === "int" ? one.value.value : 0));
  return (is as number) < (was as number);
}

/** The address of the bus that a guest is a member of. */
function busOf(guest: Resource): string {
  const bus = refOf(guest, "bus");
  invariant(bus !== undefined, `${guest.address} has no bus`);
  return bus;
}

/** The devices that a guest opens; undefined: all of its bus. */
export function usedDevices(guest: Resource): readonly string[] | undefined {
  return guest.attributes["use"]?.origin === "set" ? refsOf(guest, "use") : undefined;
}

export function imageOf(guest: Resource): string {
  const image = refOf(guest, "image");
  invariant(image !== undefined, `${guest.address} has no image`);
  return image;
}

export function guestSpec(guest: Resource, image: Image): GuestSpec {
  const use = usedDevices(guest);
  const watchdog = optionalNumberOf(guest, "watchdog");
  const realtime = realtimeOf(guest);
  return {
    bus: busOf(guest),
    ...(use !== undefined && { use }),
    image,
    vcpu: isShared(guest) ? "shared" : "dedicated",
    args: textsOf(valueOf(guest, "args")),
    env: entriesOf(valueOf(guest, "env")),
    memory: numberOf(guest, "memory"),
    nice: niceOf(guest),
    ...(watchdog !== undefined && { watchdogMs: watchdog / 1e6 }),
    ...(realtime !== undefined && { realtime }),
  };
}

/** Whether a guest has turns on a carrier; one of an older definition, which doesn't say, has not. */
export function isShared(guest: Resource): boolean {
  const value = guest.attributes["vcpu"]?.value;
  return value?.is === "variant" && value.name === "shared";
}

/** How urgent a guest is; undefined: as any other. */
export function realtimeOf(guest: Resource): RealtimeSpec | undefined {
  const value = guest.attributes["realtime"]?.value;
  if (value?.is !== "record") return undefined;
  const { priority, deadline } = value.fields;
  invariant(priority?.is === "int", `${guest.address}.realtime has no priority`);
  return {
    priority: priority.value,
    ...(deadline?.is === "quantity" && { deadlineNs: deadline.value }),
  };
}

/** The niceness of its thread; of an older definition, which doesn't say, 0. */
export function niceOf(guest: Resource): number {
  return optionalNumberOf(guest, "nice") ?? 0;
}

function textsOf(value: Value): readonly string[] {
  return value.is === "list" ? value.items.map(textOf) : [];
}

/** A map or a record of scalars as texts. */
export function entriesOf(value: Value): Readonly<Record<string, string>> {
  if (value.is === "map")
    return Object.fromEntries(value.entries.map(([key, of]) => [textOf(key), textOf(of)]));
  if (value.is !== "record") return {};
  return Object.fromEntries(Object.entries(value.fields).map(([key, of]) => [key, textOf(of)]));
}

export type Goal = "running" | "ready" | "completed";

export function goalOf(guest: Resource): Goal {
  const word = wordOf(guest, "goal");
  return word === "completed" || word === "ready" ? word : "running";
}

/** What a line of a guest's log must match for it to be healthy; undefined: it is as soon as it runs. */
export function healthPatternOf(guest: Resource): string | undefined {
  const health = guest.attributes["health"]?.value;
  const pattern = health?.is === "variant" && health.name === "log" ? health.fields["pattern"] : undefined;
  return pattern?.is === "string" ? pattern.value : undefined;
}

/** A command that says whether a guest is well, and how often it is asked. */
export interface HealthCheck {
  readonly command: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** It is unwell after so many failures in a row. */
  readonly retries: number;
}

/** Undefined where its health is no command. */
export function healthCheckOf(guest: Resource): HealthCheck | undefined {
  const health = guest.attributes["health"]?.value;
  if (health?.is !== "variant" || health.name !== "shell") return undefined;
  const { command, every, timeout, retries } = health.fields;
  const ms = (value: Value | undefined): number => (value?.is === "quantity" ? value.value / 1e6 : 1000);
  return {
    command: command === undefined ? "" : textOf(command),
    everyMs: ms(every),
    timeoutMs: ms(timeout),
    retries: retries?.is === "int" ? retries.value : 1,
  };
}

/** It is well as soon as it runs. */
export function isWellByRunning(guest: Resource): boolean {
  return healthPatternOf(guest) === undefined && healthCheckOf(guest) === undefined;
}

/** Milliseconds that a guest has between being asked to stop and being killed. */
export function graceOf(guest: Resource): number {
  const stop = valueOf(guest, "stop");
  const grace = stop.is === "record" ? stop.fields["grace"] : undefined;
  return grace?.is === "quantity" ? grace.value / 1e6 : 5000;
}

/** What follows an end that nobody asked for. Milliseconds; `max` is absent where there is no limit. */
export interface RestartPolicy {
  readonly when: "never" | "on_failure" | "always";
  readonly max?: number;
  readonly backoffFirstMs: number;
  readonly backoffLastMs: number;
}

export function restartPolicyOf(guest: Resource): RestartPolicy {
  const value = valueOf(guest, "restart");
  if (value.is !== "variant" || (value.name !== "on_failure" && value.name !== "always")) {
    return { when: "never", backoffFirstMs: 0, backoffLastMs: 0 };
  }
  const { max, backoff } = value.fields;
  const [first, last] = backoff?.is === "range" ? [backoff.from, backoff.to] : [];
  return {
    when: value.name,
    ...(max?.is === "int" && { max: max.value }),
    backoffFirstMs: first?.is === "quantity" ? first.value / 1e6 : 100,
    backoffLastMs: last?.is === "quantity" ? last.value / 1e6 : 10_000,
  };
}
