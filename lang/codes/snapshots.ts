// What keeps a guest from going on from a snapshot: told by `vbus restore`, no text of the language has it.

import type { CodePage } from "./page.ts";

export const SNAPSHOT_CODES: readonly CodePage[] = [
  {
    code: "VB8001",
    title: "a snapshot that does not fit the guest",
    explanation:
      "A kernel that goes on believes what it saw when the snapshot was made. So the guest has to have the " +
      "same image and memory, network cards and disks with the same names, numbers, models and sizes, and " +
      "disks that hold what they held then; and the same versions of vbus and of its emulator have to run " +
      "it. All that differs is named. The guest goes on as it was.",
  },
];
