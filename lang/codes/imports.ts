// What files of other tools can be wrong about: told by `vbus import`, so no text of the language has them.

import type { CodePage } from "./page.ts";

export const IMPORT_CODES: readonly CodePage[] = [
  {
    code: "VB7001",
    title: "a foreign file that can't be read",
    explanation:
      "The file is no YAML 1.2, or grows beyond all bounds where its aliases are written out; of a " +
      '`lab.conf`, a line is not `DEVICE[SETTING]="VALUE"`. Nothing is imported of a file that has a mistake.',
  },
  {
    code: "VB7002",
    title: "a value of another shape in a foreign file",
    explanation:
      "A map, a list or a single value was expected, or a text of a certain form, such as " +
      "`NODE:INTERFACE` for the endpoint of a link. The format's own documentation says what may stand there.",
  },
  {
    code: "VB7003",
    title: "something is missing in a foreign file",
    explanation:
      "A link, a dependency or a device names what the file does not declare, or there is nothing to " +
      "import at all.",
  },
  {
    code: "VB7004",
    title: "a device that is plugged in twice in a foreign file",
    explanation: "A device has one cable: two links name the same interface of the same machine.",
  },
  {
    code: "VB7005",
    title: "a foreign file of unknown format",
    explanation:
      "`vbus import` knows containerlab topologies (`*.clab.yml`, or a `topology`), compose files " +
      "(`compose.yaml` and the like, or `services`) and Kathará's `lab.conf`. `--from` says which one it is.",
  },
];
