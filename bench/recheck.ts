// What a save costs: the same lab read again and again in one process, with one line of it changed each time.
// Reading the file and telling the running lab are not in it, only the language's own work.
import { readFileSync } from "node:fs";
import { evaluate, follower, textOf, type Evaluation, type Resource, type World } from "../lang/index.ts";
import { askFile } from "../interpreter/index.ts";
import { quantile } from "./harness.ts";

/** The line that changes: that of a guest beside the family, or the family's own. */
export type ChangedLine = "other" | "family";

/** Readings after a change, of which one figure is the median. */
const READINGS = 5;
const OTHER = "other";
const otherGuest = (number: number): string => `
guest ${OTHER} {
  image = echo
  args  = ["--id", ${number}]
  device eth0: venet { network = lan }
}
`;
const FAMILY_NUMBER = `"--id", i]`;

/** Median milliseconds of a reading after a change of one line. */
export interface Recheck {
  /** With what the reading before it left behind, as `up` does at a save. */
  again(changed: ChangedLine): number;
  /** With nothing of an earlier reading but code that is warm. */
  afresh(changed: ChangedLine): number;
}

/** Takes the family of so many guests from a file. Every reading is checked; a wrong one throws. */
export async function openRecheck(file: string, guests: number): Promise<Recheck> {
  const { world: outside, input } = await askFile({ file }, (world, input) => ({ world, input }));
  const family = readFileSync(input.root, "utf8");
  if (!family.includes(FAMILY_NUMBER)) throw new Error(`${file} has no line to change`);
  const turns = { other: 0, family: 0 };
  let text = family;
  const world: World = {
    ...outside,
    readText: (path) => (path === input.root ? { text } : outside.readText(path)),
  };
  const follow = follower();
  let last: Evaluation | undefined;
  const read = (keeps: boolean): number => {
    text = family.replace(FAMILY_NUMBER, `"--id", i + ${turns.family}]`) + otherGuest(turns.other);
    const allocations = last?.model?.allocations;
    const question = { ...input, ...(allocations && { allocations }) };
    const start = performance.now();
    const evaluation = (keeps ? follow : evaluate)(world, question);
    const milliseconds = performance.now() - start;
    checkReading(evaluation, guests, turns);
    last = evaluation;
    return milliseconds;
  };
  const medianOf = (changed: ChangedLine, keeps: boolean): number => {
    read(keeps); // The line that changed before was perhaps another.
    const times = Array.from({ length: READINGS }, () => {
      turns[changed]++;
      return read(keeps);
    });
    return quantile(times, 0.5);
  };
  return {
    again: (changed) => medianOf(changed, true),
    afresh: (changed) => medianOf(changed, false),
  };
}

/** Throws unless the model is all there and says what the changed lines say. */
function checkReading(
  { model, diagnostics }: Evaluation,
  guests: number,
  turns: Readonly<Record<ChangedLine, number>>,
): void {
  if (!model) throw new Error(`the changed lab is wrong: ${diagnostics[0]?.message ?? "no model"}`);
  const made = model.resources.filter(({ kind }) => kind === "guest");
  const numbers = new Map(made.map((guest) => [guest.address, numberOf(guest)]));
  const wanted = [
    [OTHER, turns.other],
    ["g[1]", 1 + turns.family],
    [`g[${guests}]`, guests + turns.family],
  ] as const;
  const wrong = wanted.find(([address, number]) => numbers.get(address) !== String(number));
  if (wrong || numbers.size !== guests + 1) {
    throw new Error(`${numbers.size} guests, and ${wrong?.join(" should have the number ") ?? "all right"}`);
  }
}

/** The guest's second argument. */
function numberOf({ attributes }: Resource): string | undefined {
  const args = attributes["args"]?.value;
  const number = args?.is === "list" ? args.items[1] : undefined;
  return number && textOf(number);
}
