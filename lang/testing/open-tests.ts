// The tests of a root module, each over an evaluation of its lab with its own parameters; and again with what
// a test has set. Mistakes are diagnostics, as in every evaluation.

import type { Diagnostic } from "../diagnostics.ts";
import { evaluateFiles, type EvaluateInput, type Evaluation, type Whole } from "../eval/evaluate.ts";
import { run } from "../eval/run.ts";
import { attempt } from "../eval/walk.ts";
import { loadModules, type Parse } from "../resolve/load.ts";
import { checkProgram, PRELUDE } from "../types/check-program.ts";
import type { Code } from "../types/code.ts";
import type { World } from "../world.ts";
import { layOver, type SetInput } from "./change.ts";
import type { CompiledTest } from "./compiled.ts";
import { StagedTest } from "./staged-test.ts";

/** A test that can be run; its lab's model stands in `test.model`. Absent where there is any error. */
export interface Staging extends Evaluation {
  readonly test?: StagedTest;
}

/** All tests of a module. */
export interface OpenedTests {
  /** In the order of the text; empty where the module doesn't check, or has none. */
  readonly tests: readonly StagedTest[];
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** Checks the module and evaluates the lab of each of its tests. */
export function openTestsOf(world: World, input: EvaluateInput, parse: Parse): OpenedTests {
  const loaded = loadModules(world, [PRELUDE, input.root], parse);
  const program = checkProgram(loaded.modules, input.root, world.drivers);
  const found = [...loaded.diagnostics, ...program.reporter.diagnostics];
  const compiled = program.modules.get(input.root)?.tests ?? [];
  if (found.some(({ severity }) => severity === "error") || compiled.length === 0) {
    const { diagnostics, sources } = evaluateFiles(world, input, parse);
    return { tests: [], diagnostics, sources };
  }
  const tests: StagedTest[] = [];
  const diagnostics = new Map<string, Diagnostic>();
  const sources = new Map<string, string>();
  let shared: Staging | undefined;
  for (const [index, test] of compiled.entries()) {
    const own = test.params.length > 0 || test.seed !== undefined;
    // Tests that change nothing share one evaluation: asking changes nothing either.
    const base = own ? undefined : (shared ??= stageTest(world, input, parse, { index }));
    const staging = own || !base ? stageTest(world, input, parse, { index }) : restage(base, index);
    if (staging.test) tests.push(staging.test);
    for (const diagnostic of staging.diagnostics) diagnostics.set(JSON.stringify(diagnostic), diagnostic);
    for (const [file, text] of staging.sources) sources.set(file, text);
  }
  const wrong = [...diagnostics.values()].some(({ severity }) => severity === "error");
  return { tests: wrong ? [] : tests, diagnostics: [...diagnostics.values()], sources };
}

const wholes = new WeakMap<StagedTest, Whole>();

/** Asked when the first seed is derived: it may read what the module declares. */
function seedOf(code: Code, { env, machine }: Whole): number | undefined {
  const value = attempt(() => run(code, { slots: [], parent: env }, machine));
  return value?.is === "int" ? value.value : undefined;
}

/** Another test over the same evaluation. */
function restage(base: Staging, index: number): Staging {
  const whole = base.test && wholes.get(base.test);
  const compiled = whole?.root.tests[index];
  if (!base.model || !whole || !compiled) return base;
  return { ...base, test: made(whole, compiled, base.model) };
}

function made(whole: Whole, compiled: CompiledTest, model: NonNullable<Evaluation["model"]>): StagedTest {
  const test = new StagedTest(whole, compiled, model);
  wholes.set(test, whole);
  return test;
}

/** Evaluates the lab of one test, with what it has set by now. */
export function stageTest(
  world: World,
  input: EvaluateInput,
  parse: Parse,
  { index, sets = [] }: { readonly index: number; readonly sets?: readonly SetInput[] },
): Staging {
  let whole: Whole | undefined;
  let met: ReadonlySet<string> = new Set();
  const evaluation = evaluateFiles(world, input, parse, {
    test: (root) => root.tests[index],
    begin: (begun) => {
      whole = begun;
      met = layOver(sets, begun.machine);
      const seed = begun.root.tests[index]?.seed;
      if (seed) begun.machine.seed = () => seedOf(seed, begun);
    },
  });
  const compiled = whole?.root.tests[index];
  if (!evaluation.model || !whole || !compiled) return evaluation;
  const lost = sets.find(({ address }) => !met.has(address));
  if (lost) {
    const message = `\`${lost.member}\` of \`${lost.address}\` can't be set: no block declares it.`;
    const diagnostic: Diagnostic = { code: "VB6003", severity: "error", span: lost.span, message };
    const { diagnostics, sources, inputs } = evaluation;
    return { diagnostics: [...diagnostics, diagnostic], sources, inputs };
  }
  return { ...evaluation, test: made(whole, compiled, evaluation.model) };
}
