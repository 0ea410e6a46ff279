// The kinds of machines that guests are, on a guest's own thread: what runs an image of its class. Each is
// given the same verbs; what it makes of them is its own matter.

import { randomFillSync } from "node:crypto";
import { systemClock, threadCpuNs } from "../clock.ts";
import { FAULT } from "../datapath/fault.ts";
import { countOfPc, countRequest } from "../datapath/port.ts";
import type { DeviceNotice, FolderNotice } from "../device/connection.ts";
import { stateFile } from "../machine/pc/booted.ts";
import { commandLineOf } from "../machine/pc/command-line.ts";
import type { BusVerbs } from "../machine/streams.ts";
import { Program, type GivenFolder } from "../machine/wasi/program.ts";
import { viewGuestMemory, type Fabric } from "../memory/fabric.ts";
import { markFault } from "../memory/threads.ts";
import type { GuestHost } from "./guest-host.ts";
import type { BootLetter, PcLetter, ThreadLetter } from "./letters.ts";
import { GuestEnd } from "./verbs.ts";

const NS_PER_S = 1e9;
/** What a PC's kernel is given of chance: it keeps no more. */
const SEED_BYTES = 32;

/** What a guest ended with, that it was asked to end, or why it could not go on. */
export type End = number | "stopped" | { readonly failed: string };

export interface MachineParts {
  readonly letter: BootLetter;
  readonly host: GuestHost;
  readonly fabric: Fabric;
  readonly tell: (letter: ThreadLetter) => void;
}

/** Runs the guest to its end. Throws, or rejects, with what it broke with. */
export function runMachine(parts: MachineParts): Promise<End> | End {
  const { pc, programMemory } = parts.letter;
  if (pc) return runPc(parts, pc);
  return programMemory ? runProgram(parts, programMemory) : runMain(parts);
}

function runMain({ letter, host, tell }: MachineParts): End {
  const imports = { env: { memory: letter.memory }, vbus: host.verbs.imports() };
  const { main } = new WebAssembly.Instance(letter.module, imports).exports;
  tell({ type: "running" });
  return (main as () => number)();
}

function runProgram(parts: MachineParts, memory: WebAssembly.Memory): End {
  const { letter, host, tell } = parts;
  const bus = host.verbs.imports();
  const program = new Program({
    module: letter.module,
    boot: letter.boot,
    memory,
    driver: viewGuestMemory(letter.memory),
    verbs: bus,
    inHost: (work) => host.verbs.inHost(work),
    nowNs: systemClock.nowNs,
    wallNs: systemClock.wallNs,
    cpuNs: threadCpuNs,
    random: (into) => void randomFillSync(into),
    folders: letter.devices.flatMap((device) => folderOf(device, bus, parts)),
  });
  return program.run(() => tell({ type: "running" }));
}

/** A folder that is the program's from its start, if nobody else has it open. */
function folderOf(
  { id, folder, port }: DeviceNotice,
  bus: BusVerbs,
  { host, fabric }: MachineParts,
): GivenFolder[] {
  if (!folder || bus.open(id, 1) < 0) return [];
  const now = (): FolderNotice | undefined => {
    const device = host.changes.present(id);
    return device?.port === port ? device.folder : undefined;
  };
  return [
    {
      ...folder,
      present: () => now() !== undefined,
      readonly: () => now()?.readonly !== false,
      count: (what, bytes) => countRequest(fabric, port, what, bytes),
    },
  ];
}

async function runPc({ letter, host, fabric, tell }: MachineParts, made: PcLetter): Promise<End> {
  const { MachineReset, Pc } = await import("../machine/pc/pc.ts");
  const { kernel, initrd, bios, vgaBios, media } = made.files;
  const memoryBytes = made.ramBytes;
  const commandLine = commandLineOf(made.files, made.args);
  const end = (fault: number): never => {
    markFault(fabric, letter.thread, fault);
    throw new GuestEnd();
  };
  const pc = await Pc.make({
    hardware: { memoryBytes, bios, vgaBios, kernel, initrd, commandLine, media },
    stateFile: made.states && stateFile(made.states, { commandLine, memoryBytes }),
    module: letter.module,
    driver: viewGuestMemory(letter.memory),
    verbs: host.verbs.imports(),
    breathe: () => void host.verbs.inHost(() => 0),
    name: hostName(made.name),
    env: made.env,
    commands: host.commands,
    copyOrders: host.copyOrders,
    snapshot: letter.snapshot,
    snapshotOrders: host.snapshotOrders,
    tellOfSnapshot: (news) => tell({ type: "snapshot", news }),
    tellOfCopy: (news) => tell({ type: "copy", news }),
    fresh: () => ({
      seconds: Number(systemClock.wallNs()) / NS_PER_S,
      seed: randomFillSync(new Uint8Array(SEED_BYTES)),
    }),
    answer: (done) => tell({ type: "command-done", ...done }),
    broken: () => end(FAULT.virtio),
    brokenBridge: () => end(FAULT.bridge),
    count: (id, what) => {
      const device = host.changes.present(id);
      if (device) countOfPc(fabric, device.port, what);
    },
  });
  try {
    return pc.run(() => tell({ type: "running" })) === "stopped" ? "stopped" : 0;
  } catch (error) {
    if (error instanceof MachineReset) return { failed: error.message };
    throw error;
  }
}

/** A guest's address as a name that a host may have. */
function hostName(id: string): string {
  const name = id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name.slice(0, 63) || "pc";
}
