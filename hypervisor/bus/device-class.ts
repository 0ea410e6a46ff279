// What a class of devices does on the control thread beside having a port.

import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, Outcome } from "../hypervisor.ts";
import { MTU_MAX } from "../limits.ts";
import type { Device } from "./bus.ts";
import { success } from "./outcome.ts";

/**
 * One class. Who adds one: its spec and facts stand in hypervisor.ts, what guests are told in
 * device/notice.ts, its half on the guest's thread in device/open.ts, and `Devices` has a table of these.
 */
export interface DeviceClass<Spec extends DeviceSpec = DeviceSpec> {
  /** What its rings are called in facts: the one that the host fills, and the one that the guest fills. */
  readonly rings: readonly [into: string, out: string];
  /** Attributes of its spec that never change while the device lives. */
  readonly fixed: readonly string[];
  /** Those that take other rings. */
  readonly sizes: readonly string[];
  /** What the data path has to know of its port. */
  settings(spec: Spec): PortSettings;
  /** Why there can't be a device like this; undefined where there can. */
  wrong(spec: Spec): Outcome | undefined;
  /** Connects a device that has a port, and that nobody sees yet; where it refuses, nothing has changed. */
  plug(device: Device, spec: Spec): Outcome;
  /** The device can be found from now on. */
  plugged(spec: Spec): void;
  unplug(device: Device, spec: Spec): void;
  /** No guest has the removed device open any more. */
  freed?(device: Device): void;
  /** Takes over what changes while it is open; where it refuses, all is as before. */
  change(device: Device, before: Spec, after: Spec): Outcome;
}

/** What the data path has to know of a port without frames. */
export const NO_FRAMES: PortSettings = { linkUp: true, mtu: MTU_MAX, rate: 0, vlan: 0 };

/** Connected to nothing but its guest: terminals, clocks, sources of randomness. */
const ALONE: DeviceClass = {
  rings: ["in", "out"],
  fixed: [],
  sizes: [],
  settings: () => NO_FRAMES,
  wrong: () => undefined,
  plug: () => success(),
  plugged: () => undefined,
  unplug: () => undefined,
  change: () => success(),
};

export const VCONSOLE = ALONE;
export const VCLOCK = ALONE;
export const VRNG: DeviceClass = { ...ALONE, fixed: ["seed"] };
