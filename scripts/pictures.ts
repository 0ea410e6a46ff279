// Takes the pictures of the documentation and of the examples anew: `npm run pictures`. Starts the lab of the
// pictures for it; `npm run pictures -- examples` leaves that out, `-- dashboard` the examples.

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { takePicture } from "./picture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const vbus = `${root}cli/vbus.cjs`;
const lab = `${root}docs/pictures/lab.vbus`;
/** Long enough for sparklines to have a past. */
const WARM_UP_MS = 12_000;
/** Of a longer graph the picture shows the end. */
const EXAMPLE_ROWS_MAX = 40;

const MOTIFS = [
  { name: "dashboard", keys: "jjjj", cols: 110, rows: 24 },
  { name: "rings", keys: "3", cols: 110, rows: 28 },
  { name: "logs", keys: "l", cols: 110, rows: 20 },
  { name: "topology", keys: "4", cols: 110, rows: 22 },
  { name: "buses", keys: "2", cols: 110, rows: 24 },
  { name: "packets", keys: "k", cols: 110, rows: 24 },
  { name: "events", keys: "e", cols: 110, rows: 20 },
];

function call(...args: string[]): void {
  const { status } = spawnSync(process.execPath, [vbus, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`vbus ${args.join(" ")} ended with ${status}`);
}

/** An example is shown as what is joined to what. */
async function takeExamples(): Promise<void> {
  for (const file of globSync("examples/*/lab.vbus", { cwd: root }).sort()) {
    const folder = path.dirname(path.join(root, file));
    const graph = spawnSync(process.execPath, [vbus, "graph"], { cwd: folder, encoding: "utf8" }).stdout;
    // Nothing to show where a class has no driver.
    if (graph === "") continue;
    const lines = graph.trimEnd().split("\n");
    const shown = `cd '${folder}'; echo '$ vbus graph'; '${process.execPath}' '${vbus}' graph`;
    await takePicture(path.join(folder, "picture.svg"), {
      command: ["sh", "-c", shown],
      cols: Math.max(60, ...lines.map((line) => line.length + 2)),
      rows: Math.min(lines.length + 2, EXAMPLE_ROWS_MAX),
      wanted: lines.at(Math.min(lines.length, EXAMPLE_ROWS_MAX) - 1) ?? "",
      keys: "",
      settleMs: 0,
    });
    process.stdout.write(`${file}\n`);
  }
}

async function takeDashboard(): Promise<void> {
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
}

if (!process.argv.includes("dashboard")) await takeExamples();
if (!process.argv.includes("examples")) await takeDashboard();
