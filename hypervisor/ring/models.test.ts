// The models of models/ are searched by `spin`: nothing is wrong with them, and something is with each that
// is broken on purpose. Larger bounds with SLOW=1, as in CI.

import { expect, test } from "vitest";
import { ask, missingCommands, type Question } from "./spin.test-support.ts";

const CI = process.env["CI"] === "true";
const SLOW = process.env["SLOW"] === "1";
const LIMIT_MS = 600_000;

const SOUND: readonly Question[] = [
  { model: "signal", defines: ["FRAMES=2", "CHANGES=0"], large: true },
  { model: "signal", defines: ["CHANGES=0"], liveness: true },
  { model: "signal", defines: ["AT", "CHANGES=0"] },
  { model: "claims", defines: ["FRAMES=1"] },
  { model: "claims", defines: ["FRAMES=1", "REAPER=0"] },
  { model: "claims", defines: ["FRAMES=1", "SLOTS=4"] },
  { model: "claims", defines: ["FRAMES=1", "BATCH=2"] },
];

const LARGER: readonly Question[] = [
  { model: "signal", large: true },
  { model: "claims", large: true },
  { model: "claims", defines: ["FRAMES=1", "MORTAL_FRAMES=2", "BATCH=2"], large: true },
  { model: "claims", defines: ["REAPER=0"], large: true },
  { model: "claims", defines: ["FRAMES=1", "KILLS=2"], large: true },
];

const BROKEN: readonly Question[] = [
  ...[
    "NO_SECOND_LOOK",
    "ENABLE_LATE",
    "SIGNAL_EARLY",
    "DIRTY_LATE",
    "PENDING_EARLY",
    "NO_FUTEX_COMPARE",
    "SLEEPING_UNSAID",
    "REAPER_SILENT",
    "CHANGE_UNWOKEN",
  ].map((broken) => ({ model: "signal" as const, defines: [broken] })),
  { model: "signal", defines: ["NO_SECOND_LOOK", "CHANGES=0"], liveness: true },
  { model: "signal", defines: ["AT", "AT_LATE"] },
  { model: "signal", defines: ["AT", "NO_SECOND_LOOK"] },
  // Without kills, which these don't need to go wrong.
  ...["NEXT_UNSEEN", "OWNER_BLIND", "PASSES_LATE", "CURSOR_STORED"].map((broken) => ({
    model: "claims" as const,
    defines: [broken, "KILLS=0"],
  })),
  ...[
    "TURN_EARLY",
    "NEXT_EARLY",
    "PASSER_BLIND",
    "NOTE_EARLY",
    "NOTE_LATE",
    "COMMIT_UNNOTED",
    "PASSED_STALE",
    "DIRTY_EARLY",
  ].map((broken) => ({ model: "claims" as const, defines: [broken] })),
  { model: "claims", defines: ["ONE_LOOK", "SLOTS=4", "KILLS=0"] },
];

const nameOf = ({ model, defines = [], liveness }: Question): string =>
  [model, ...defines, ...(liveness ? ["liveness"] : [])].join(" ");

/** Asks two at a time. False, and a sentence, where a command is missing; in CI that is a failure. */
async function askAll(
  questions: readonly Question[],
  judge: (question: Question, errors: number) => void,
): Promise<void> {
  const missing = missingCommands();
  if (missing.length > 0) {
    const words = `models: ${questions.length} searches skipped, for there is no ${missing.join(" and no ")}`;
    if (CI) throw new Error(words);
    console.log(words);
    return;
  }
  const left = [...questions];
  const lines: string[] = [];
  const worker = async (): Promise<void> => {
    // Bound: the questions.
    for (let question = left.shift(); question; question = left.shift()) {
      const { errors, states, seconds } = await ask(question);
      lines.push(`${nameOf(question)}: ${states} states, ${seconds.toFixed(1)} s`);
      expect(states, nameOf(question)).toBeGreaterThan(50);
      judge(question, errors);
    }
  };
  await Promise.all([worker(), worker()]);
  console.log(`models:\n${lines.join("\n")}`);
}

test("nothing is wrong with the models of signal, claim and publish", { timeout: LIMIT_MS }, async () => {
  const questions = SLOW ? [...LARGER, ...SOUND] : SOUND;
  await askAll(questions, (question, errors) => expect(errors, nameOf(question)).toBe(0));
});

/** Every so manyth of the broken ones is asked, from the run's seed on; with SLOW each. */
const EVERY = SLOW ? 1 : 6;
const SEED = Number(process.env["SEED"] ?? 0);

test("each model that is broken on purpose is found out", { timeout: LIMIT_MS }, async () => {
  const some = BROKEN.filter((_, index) => (index + SEED) % EVERY === 0);
  await askAll(some, (question, errors) => expect(errors, nameOf(question)).toBeGreaterThan(0));
});
