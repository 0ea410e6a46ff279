// Boots an image once, in whatever thread calls, and keeps what the PC is when it greets.

import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../clock.ts";
import type { PcFiles } from "../../images.ts";
import { PC_FIRST_BOOT_MS } from "../../limits.ts";
import { Agent } from "./agent.ts";
import { keepState, stateFile } from "./booted.ts";
import { Emulator } from "./emulator.ts";
import { emulatorModule } from "./emulator-package.ts";
import { judgePc } from "./image.ts";

const NS_PER_MS = 1e6;

/**
 * Makes the booted state of PCs with these files and so much memory, bytes. Answers why not, if it can't be:
 * one sentence. `files.states` is set.
 */
export async function bootFirst(files: PcFiles, memoryBytes: number): Promise<string | undefined> {
  const judged = judgePc(files, 0);
  if ("problem" in judged) return judged.problem;
  const { kernel, initrd, bios, vgaBios, commandLine, states: folder = "" } = files;
  const hardware = { memoryBytes, bios, vgaBios, kernel, initrd, commandLine, media: undefined };
  const file = stateFile({ folder, digest: judged.digest }, { commandLine, memoryBytes });
  try {
    const emulator = await Emulator.start(hardware, emulatorModule());
    const greeted = await runUntilGreeting(emulator);
    if (!greeted) return "it did not greet in time";
    return keepState(file, emulator.saveApart()) ? undefined : `${file} can't be written`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runUntilGreeting(emulator: Emulator): Promise<boolean> {
  let greeted = false;
  const agent = new Agent({
    send: () => undefined,
    name: "",
    env: {},
    cards: () => [],
    fresh: () => ({ seconds: 0, seed: new Uint8Array() }),
    greeted: () => (greeted = true),
    answer: () => undefined,
  });
  emulator.onSerial(0, () => undefined);
  emulator.onSerial(1, (byte) => agent.hear(byte));
  const until = systemClock.nowNs() + PC_FIRST_BOOT_MS * NS_PER_MS;
  // Bound: PC_FIRST_BOOT_MS. A PC that boots hardly ever waits.
  while (!greeted && systemClock.nowNs() < until) {
    emulator.run();
    await setImmediate();
  }
  return greeted;
}
