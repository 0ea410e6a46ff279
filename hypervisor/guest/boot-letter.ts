// What a guest's thread is told when it boots. Control thread.

import type { StateFolder } from "../machine/pc/booted.ts";
import type { GuestSpec, Id, Image } from "../hypervisor.ts";
import { FEATURE, FEATURE_NAMES, type FeatureName } from "../ring/abi.ts";
import type { BootLetter, PcLetter } from "./letters.ts";
import type { GuestRam } from "./ram.ts";

type Given = Pick<BootLetter, "thread" | "incarnation" | "module" | "boot" | "devices" | "peers">;

export function bootLetter(
  id: Id,
  spec: GuestSpec,
  ram: GuestRam,
  log: SharedArrayBuffer,
  { thread, incarnation, module, boot, devices, peers }: Given,
): BootLetter {
  const pc = pcLetter(id, spec, ram.bytes);
  return {
    type: "boot",
    thread,
    incarnation,
    module,
    code: spec.image.code,
    ...(pc && { pc }),
    memory: ram.memory.memory,
    ...(ram.program && { programMemory: ram.program }),
    boot,
    log,
    offered: bitsOf(spec.features ?? FEATURE_NAMES),
    realtime: spec.realtime,
    devices,
    peers,
  };
}

function pcLetter(name: Id, { image, args, env }: GuestSpec, ramBytes: number): PcLetter | undefined {
  if (!image.files) return undefined;
  return { files: image.files, ramBytes, states: statesOf(image), name, args, env };
}

function bitsOf(features: readonly FeatureName[]): number {
  return features.reduce((bits, name) => bits | FEATURE[name], 0);
}

function statesOf({ files, digest }: Image): StateFolder | undefined {
  return files?.states === undefined ? undefined : { folder: files.states, digest };
}
