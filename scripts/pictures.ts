// Takes the pictures of the documentation anew: `npm run pictures`. Starts the lab of the pictures for it.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { takePicture } from "./picture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const vbus = `${root}cli/vbus.cjs`;
const lab = `${root}docs/pictures/lab.vbus`;
/** Long enough for sparklines to have a past. */
const WARM_UP_MS = 12_000;

const MOTIFS = [
  { name: "dashboard", keys: "jjjj", cols: 110, rows: 24 },
  { name: "rings", keys: "3", cols: 110, rows: 28 },
  { name: "logs", keys: "l", cols: 110, rows: 20 },
];

function call(...args: string[]): void {
  const { status } = spawnSync(process.execPath, [vbus, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`vbus ${args.join(" ")} ended with ${status}`);
}

call("up", "-d", lab);
try {
  for (const { name, keys, cols, rows } of MOTIFS) {
    const text = await takePicture(`${root}docs/pictures/${name}.svg`, {
      command: [process.execPath, vbus, "dash", lab],
      cols,
      rows,
      wanted: "running",
      keys,
      settleMs: WARM_UP_MS,
    });
    process.stdout.write(`${name}.svg\n${text}\n`);
  }
} finally {
  call("down", lab);
}
