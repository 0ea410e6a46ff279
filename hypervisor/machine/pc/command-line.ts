// What a PC's kernel is told: the image's words, then the guest's arguments. The guest's environment reaches
// its first process another way, by the agent.

import type { PcFiles } from "../../images.ts";

export function commandLineOf({ commandLine }: PcFiles, args: readonly string[]): string {
  return [commandLine, ...args.map(quoted)].join(" ");
}

/** The kernel knows double quotes around a word, and nothing that would stand for one inside. */
function quoted(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word;
}
