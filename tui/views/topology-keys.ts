// The keys of the topology.

import type { KeyEntry } from "../keys.ts";

const ROWS: readonly Omit<KeyEntry, "modes">[] = [
  {
    keys: ["+", "="],
    shown: "+",
    command: { do: "step", by: 1 },
    help: "more of the chosen impairment, at once",
    footer: "more",
  },
  {
    keys: ["-", "_"],
    shown: "-",
    command: { do: "step", by: -1 },
    help: "less of it",
    footer: "less",
  },
  {
    keys: ["right"],
    shown: "right",
    command: { do: "knob", by: 1 },
    help: "the next impairment: delay, jitter, loss and so on",
    footer: "next",
  },
  { keys: ["left"], shown: "left", command: { do: "knob", by: -1 }, help: "the one before" },
  {
    keys: ["i"],
    shown: "i",
    command: { do: "way" },
    help: "impairments of what the device receives, or of what it sends",
    footer: "in/out",
  },
  {
    keys: ["x"],
    shown: "x",
    command: { do: "cut" },
    help: "pull the cable, or plug it in again",
    footer: "cable",
  },
  {
    keys: ["w"],
    shown: "w",
    command: { do: "adopt" },
    help: "write what was changed by hand into the file",
    footer: "write",
  },
  {
    keys: ["u"],
    shown: "u",
    command: { do: "heal" },
    help: "undo what was changed by hand",
    footer: "undo",
  },
  { keys: ["enter"], shown: "enter", command: { do: "open" }, help: "the rings of this device" },
];

export const TOPOLOGY_KEYS: readonly KeyEntry[] = ROWS.map((row) => ({ ...row, modes: ["topology"] }));
