// `npm run bench -- NAME [--json] [--tiny] [--pairs N] [--rival TEXT]`: runs one benchmark beside its rivals
// and prints what came out; `dash` has bounds in place of rivals. A figure that is bad for us is printed like
// any other; only a run that is void (frames lost, a sum that is wrong) ends with 1.
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
import { measureDash } from "./dash.ts";
import { openEngineBench } from "./engine.ts";
import { figuresToJson, printFigures } from "./figures.ts";
import { openLangBench } from "./lang.ts";
import { openLinksBench } from "./links.ts";
import { openLinuxBench } from "./linux.ts";
import { openLspBench } from "./lsp.ts";
import { openNatBench } from "./nat.ts";
import { openNetBench } from "./net.ts";

/** A benchmark made ready; `close` ends what it started. */
interface Bench {
  readonly works: readonly Work[];
  readonly close: () => Promise<void>;
}

const BENCHES: Readonly<Record<string, (tiny: boolean) => Promise<Bench>>> = {
  net: openNetBench,
  nat: openNatBench,
  blk: openBlkBench,
  links: openLinksBench,
  chan: openChanBench,
  clock: openClockBench,
  boot: openBootBench,
  lang: openLangBench,
  lsp: openLspBench,
  engine: openEngineBench,
  linux: openLinuxBench,
};
/** Not beside rivals, but beside what it may cost. */
const BOUNDED = "dash";
const PAIRS = { tiny: 1, real: 7 };

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      tiny: { type: "boolean" },
      pairs: { type: "string" },
      rival: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
    },
  });
  const [name = ""] = positionals;
  const open = BENCHES[name];
  const tiny = values.tiny ?? false;
  const [pairs, seconds] = [values.pairs, values.seconds].map(countOf);
  const isBounded = name === BOUNDED;
  if ((!open && !isBounded) || positionals.length !== 1 || pairs === null || seconds === null) {
    const names = Object.keys(BENCHES).join(" | ");
    console.error(
      `Usage: npm run bench -- ${names} [--json] [--tiny] [--pairs N] [--rival TEXT] [--only TEXT]`,
    );
    console.error(
      `       npm run bench -- ${BOUNDED} [--json] [--tiny] [--pairs N] [--seconds N] [--only TEXT]`,
    );
    return 64;
  }
  const tell = (line: string): void => console.error(line);
  tell(describeMachine());
  if (!open) {
    const figures = await measureDash({ tiny, seconds, pairs, only: values.only ?? "", tell });
    console.log(values.json ? figuresToJson(figures) : `\n${describeMachine()}\n\n${printFigures(figures)}`);
    return 0;
  }
  const bench = await open(tiny);
  try {
    const rows: MeasuredComparison[] = [];
    for (const work of bench.works.filter(({ name }) => name.includes(values.only ?? ""))) {
      const rivals = work.rivals.filter((rival) => rival.name.includes(values.rival ?? ""));
      if (rivals.length === 0) continue;
      rows.push(...(await compare({ ...work, rivals }, pairs ?? (tiny ? PAIRS.tiny : PAIRS.real), tell)));
    }
    const words = "ratio: how many times as good as the rival we are";
    console.log(values.json ? toJson(rows) : `\n${describeMachine()}\n\n${printTable(rows)}\n\n${words}`);
  } finally {
    await bench.close();
  }
  return 0;
}

/** A number from 1 on; undefined where none is given, null where it is something else. */
function countOf(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 1 ? count : null;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: void: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
