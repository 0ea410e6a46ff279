// What of a device's settings can't change.

import type { DeviceSpec, Outcome } from "../hypervisor.ts";
import { refuse } from "./outcome.ts";

/** Refuses what can't change while the device lives; `fixed` are names of attributes of its class. */
export function differs(
  before: DeviceSpec,
  after: DeviceSpec,
  fixed: readonly string[],
): Outcome | undefined {
  if (before.class !== after.class || before.name !== after.name) {
    return refuse("invalid", "a device keeps its class and its name");
  }
  const [was, is] = [attributesOf(before), attributesOf(after)];
  const name = fixed.find((one) => was[one] !== is[one]);
  return name === undefined
    ? undefined
    : refuse("invalid", `\`${name}\` can't change while the device is there`);
}

function attributesOf(spec: DeviceSpec): Readonly<Record<string, unknown>> {
  return (spec as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[spec.class] ?? {};
}
