// `npm run bench -- NAME [--json] [--tiny] [--pairs N] [--rival TEXT]`: runs one benchmark beside its rivals
// and prints what came out. A figure that is bad for us is printed like any other; only a run that is void
// (frames lost, a sum that is wrong) ends with 1.
import { parseArgs } from "node:util";
import {
  compare,
  describeMachine,
  printTable,
  toJson,
  type MeasuredComparison,
  type Work,
} from "./harness.ts";
import { openBlkBench } from "./blk.ts";
import { openBootBench } from "./boot.ts";
import { openChanBench } from "./chan.ts";
import { openClockBench } from "./clock.ts";
import { openDashBench } from "./dash.ts";
import { openEngineBench } from "./engine.ts";
import { openLangBench } from "./lang.ts";
import { openLinksBench } from "./links.ts";
import { openLspBench } from "./lsp.ts";
import { openNetBench } from "./net.ts";

/** A benchmark made ready; `close` ends what it started. */
interface Bench {
  readonly works: readonly Work[];
  readonly close: () => Promise<void>;
}

const BENCHES: Readonly<Record<string, (tiny: boolean) => Promise<Bench>>> = {
  net: openNetBench,
  blk: openBlkBench,
  links: openLinksBench,
  chan: openChanBench,
  clock: openClockBench,
  boot: openBootBench,
  lang: openLangBench,
  lsp: openLspBench,
  engine: openEngineBench,
  dash: openDashBench,
};
const PAIRS = { tiny: 1, real: 7 };

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      tiny: { type: "boolean" },
      pairs: { type: "string" },
      rival: { type: "string" },
    },
  });
  const [name = ""] = positionals;
  const open = BENCHES[name];
  const tiny = values.tiny ?? false;
  const pairs = Number(values.pairs ?? (tiny ? PAIRS.tiny : PAIRS.real));
  if (!open || positionals.length !== 1 || !Number.isSafeInteger(pairs) || pairs < 1) {
    const names = Object.keys(BENCHES).join(" | ");
    console.error(`Usage: npm run bench -- ${names} [--json] [--tiny] [--pairs N] [--rival TEXT]`);
    return 64;
  }
  console.error(describeMachine());
  const bench = await open(tiny);
  try {
    const rows: MeasuredComparison[] = [];
    for (const work of bench.works) {
      const rivals = work.rivals.filter((rival) => rival.name.includes(values.rival ?? ""));
      if (rivals.length === 0) continue;
      rows.push(...(await compare({ ...work, rivals }, pairs, (line) => console.error(line))));
    }
    if (values.json) console.log(toJson(rows));
    else
      console.log(
        `\n${describeMachine()}\n\n${printTable(rows)}\n\nratio: how many times as good as the rival we are`,
      );
  } finally {
    await bench.close();
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: void: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
