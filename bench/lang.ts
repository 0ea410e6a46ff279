// `vbus check` on one lab of thousands of guests, beside other languages that make the same lab, and what a
// re-check after a change of one line costs. It says what is measured; texts stand in `models.ts`, programs
// in `contenders.ts`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findContenders, type Contender, type Contenders } from "./contenders.ts";
import type { Measure, Rival, Work } from "./harness.ts";
import { openMeter, type Meter } from "./meter.ts";
import {
  checkOurs,
  checkTheirs,
  familyOf,
  wholeFamilyOf,
  writtenOut,
  type FamilyLanguage,
} from "./models.ts";
import { openRecheck, type Recheck } from "./recheck.ts";

/** Guests of the lab that all languages make, and of the smaller and the larger one that only we do. */
interface Sizes {
  readonly guests: number;
  readonly small: number;
  readonly large: number;
}
const SIZES: Sizes = { guests: 10_000, small: 1_000, large: 50_000 };
const TINY: Sizes = { guests: 300, small: 100, large: 600 };

const TARGET_S = 1;
const TARGET_MIB = 300;
const TARGET_MS = 50;

const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));

/** Writes the labs, finds the rivals and makes the works. `close` deletes what was written. */
export async function openLangBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const left: string[] = [];
  const contenders = await findContenders({ fetch: !tiny, tell: (sentence) => left.push(sentence) });
  for (const sentence of left) console.error(sentence);
  if (left.length > 0 && !tiny && process.env["CI"] === "true") {
    throw new Error("in CI every rival must be there");
  }
  const folder = await mkdtemp(join(tmpdir(), "vbus-bench-"));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const sizes = tiny ? TINY : SIZES;
    const files = await writeLabs(folder, sizes);
    const bench: Opened = { sizes, files, contenders, meter: await openMeter(folder) };
    const recheck = await openRecheck(files.vbus, sizes.guests);
    return { works: [...familyWorks(bench), ...growthWorks(bench), ...recheckWorks(recheck, sizes)], close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly sizes: Sizes;
  readonly files: Labs;
  readonly contenders: Contenders;
  readonly meter: Meter;
}
/** Path of the lab in each language. */
type Labs = Readonly<
  Record<FamilyLanguage | "whole" | "small" | "large" | "largest" | "written" | "hcl", string>
>;

async function writeLabs(folder: string, { guests, small, large }: Sizes): Promise<Labs> {
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  return {
    vbus: await write("family.vbus", await familyOf("vbus", guests)),
    whole: await write("whole.vbus", await wholeFamilyOf(guests)),
    small: await write("small.vbus", await wholeFamilyOf(small)),
    large: await write("large.vbus", await wholeFamilyOf(large)),
    largest: await write("largest.vbus", await familyOf("vbus", large)),
    pkl: await write("family.pkl", await familyOf("pkl", guests)),
    jsonnet: await write("family.jsonnet", await familyOf("jsonnet", guests)),
    nix: await write("family.nix", await familyOf("nix", guests)),
    written: await write("written.vbus", writtenOut("vbus", guests)),
    hcl: await write("written.hcl", writtenOut("hcl", guests)),
  };
}

/** What a run of a process is judged by. */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly of: "seconds" | "mebibytes";
  readonly target: Rival;
}
const FIGURES: readonly Figure[] = [
  { name: "", unit: "s", of: "seconds", target: target(TARGET_S, "s") },
  { name: ", memory", unit: "MiB", of: "mebibytes", target: target(TARGET_MIB, "MiB") },
];

/** A figure that we want to reach, as a line of the table. */
function target(value: number, unit: string): Rival {
  return { name: `target ${value} ${unit}`, measure: async () => value };
}

/** The family beside the other languages, and the same lab written out beside HCL, which has no families. */
function familyWorks(bench: Opened): readonly Work[] {
  const { sizes, files, contenders } = bench;
  const { pkl, jsonnet, nix, hcl } = contenders;
  return FIGURES.flatMap(({ name, unit, of, target: goal }): readonly Work[] => {
    const beside = (contender: Contender | undefined, file: string): readonly Rival[] =>
      contender ? [{ name: contender.name, measure: theirs(bench, contender, file, of) }] : [];
    const common = { unit, better: "less" } as const;
    const rivals = [
      ...beside(pkl, files.pkl),
      ...beside(jsonnet, files.jsonnet),
      ...beside(nix, files.nix),
      ...beside(hcl, files.hcl),
      goal,
    ];
    return [
      {
        ...common,
        name: `${shown(sizes.guests)} guests${name}`,
        ours: ours(bench, files.vbus, sizes.guests, of),
        rivals,
      },
      {
        ...common,
        name: `${shown(sizes.guests)}, each made${name}`,
        ours: ours(bench, files.whole, sizes.guests, of),
        rivals,
      },
      {
        ...common,
        name: `${shown(sizes.guests)} written out${name}`,
        ours: ours(bench, files.written, sizes.guests, of),
        rivals: beside(hcl, files.hcl),
      },
    ];
  });
}

/** `vbus check` as a process of its own. */
function ours({ meter }: Opened, file: string, guests: number, of: Figure["of"]): Measure {
  return async () => {
    const run = await meter([process.execPath, VBUS, "check", file]);
    checkOurs(run.messages, guests);
    return run[of];
  };
}

function theirs({ meter, sizes }: Opened, contender: Contender, file: string, of: Figure["of"]): Measure {
  return async () => {
    const run = await meter(contender.command(file));
    checkTheirs(contender.name, run.output, sizes.guests);
    return run[of];
  };
}

/** Smaller and larger labs of ours beside what they would take if time went with the number of guests. */
function growthWorks(bench: Opened): readonly Work[] {
  const { guests, small, large } = bench.sizes;
  const { vbus, whole: wholeFile, small: smallFile, large: largeFile, largest } = bench.files;
  const whole = ours(bench, wholeFile, guests, "seconds");
  const inProportion = (count: number): Rival => ({
    name: `ours at ${shown(guests)}, in proportion`,
    measure: async () => ((await whole()) * count) / guests,
  });
  const more =
    (file: string, count: number, fewerFile: string, fewer: number): Measure =>
    async () => {
      const seconds = await ours(bench, file, count, "seconds")();
      return ((seconds - (await ours(bench, fewerFile, fewer, "seconds")())) / (count - fewer)) * 1e6;
    };
  const work = (file: string, count: number): Work => ({
    name: `${shown(count)}, each made`,
    unit: "s",
    better: "less",
    ours: ours(bench, file, count, "seconds"),
    rivals: [inProportion(count)],
  });
  return [
    work(smallFile, small),
    work(largeFile, large),
    {
      name: `a guest more, up to ${shown(large)}`,
      unit: "us",
      better: "less",
      ours: more(largeFile, large, wholeFile, guests),
      rivals: [{ name: `ours, up to ${shown(guests)}`, measure: more(wholeFile, guests, smallFile, small) }],
    },
    {
      name: `${shown(large)} guests`,
      unit: "s",
      better: "less",
      ours: ours(bench, largest, large, "seconds"),
      rivals: [{ name: `ours at ${shown(guests)}`, measure: ours(bench, vbus, guests, "seconds") }],
    },
  ];
}

/** In a process that has read the lab before. */
function recheckWorks(recheck: Recheck, { guests }: Sizes): readonly Work[] {
  const work = (name: string, changed: "other" | "family", goals: readonly Rival[]): Work => ({
    name: `re-check of ${shown(guests)}, ${name}`,
    unit: "ms",
    better: "less",
    ours: async () => recheck.again(changed),
    rivals: [...goals, { name: "ours from scratch", measure: async () => recheck.afresh(changed) }],
  });
  return [
    work("another guest's line", "other", [target(TARGET_MS, "ms")]),
    work("the family's line", "family", []),
  ];
}

/** 10000 as "10,000", whatever the machine's language is. */
const shown = (count: number): string => count.toLocaleString("en-US");
