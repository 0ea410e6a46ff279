// The door of the language: text in, checked model and diagnostics out. Pure: no I/O, no clock.

import { answerExpression, type Answer } from "./asking/expression.ts";
import { explainAddress, type Why } from "./asking/why.ts";
import { evaluateFiles, sampleFiles, type EvaluateInput, type Evaluation } from "./eval/evaluate.ts";
import { KeptLab } from "./eval/kept-lab.ts";
export { compilePattern, type Pattern } from "./eval/pattern.ts";
import { following, keeping } from "./resolve/kept-trees.ts";
import { parse, reparse } from "./syntax/index.ts";
import type { SetInput } from "./testing/change.ts";
import { openTestsOf, stageTest, type OpenedTests, type Staging } from "./testing/open-tests.ts";
import type { World } from "./world.ts";

export type { Diagnostic, Edit, Fix, Related, ShownValue } from "./diagnostics.ts";
export type { Span } from "./syntax/ast.ts";
export { countsOf, DISRUPTIONS } from "./model.ts";
export type { Allocations, Attribute, Dimension, Disruption, Model, Resource, Value } from "./model.ts";
export type { Drivers, ReadProblem, World } from "./world.ts";
export type { Answer } from "./asking/expression.ts";
export type { Explained, Provenance, Why } from "./asking/why.ts";
export type { EvaluateInput, Evaluation } from "./eval/evaluate.ts";
export { codePages, explainCode } from "./codes.ts";
export type { CodePage } from "./codes.ts";
export { manualPages } from "./manual/index.ts";
export type { ManualSource } from "./manual/index.ts";
export { editByHand, SHELF } from "./edit/by-hand.ts";
export type { Edited, HandChange } from "./edit/by-hand.ts";
export { format } from "./format/index.ts";
export type { Formatted } from "./format/index.ts";
export { allPages, nearestCode, pageOf } from "./lint/catalogue.ts";
export { applyFixes } from "./lint/fixes.ts";
export type { FixedFile } from "./lint/fixes.ts";
export { lint, lintNames, nearestLint, type LintOptions } from "./lint/index.ts";
export { foldsIn, LabService, TOKEN_TYPES } from "./service/index.ts";
export type * from "./service/index.ts";
export { diagnosticsJson } from "./report/json.ts";
export type { JsonDiagnostic, JsonPlace } from "./report/json.ts";
export { renderDiagnostics } from "./report/render.ts";
export type { RenderOptions } from "./report/render.ts";
export type { SetInput } from "./testing/change.ts";
export type { Live, LiveThing } from "./testing/live.ts";
export type { OpenedTests, Staging } from "./testing/open-tests.ts";
export type { Asked, StagedTest, TestAct, TestStep } from "./testing/staged-test.ts";
export { isSecretValue, sameValue, showValue, textOf, valueJson } from "./values.ts";

/**
 * Reads the root module and what it imports through `world`, checks it and computes its model. `model` is
 * absent if there is any error; `inputs` names every file that was tried, also then. Never throws for a
 * mistake in a file.
 */
export function evaluate(world: World, input: EvaluateInput): Evaluation {
  return evaluateFiles(world, input, parseOnce);
}

/**
 * As `evaluate`, for whoever asks only whether a lab is right, and how large: of large families whose members
 * can differ in nothing that may be wrong, the model may hold a few, and then it has `counts`.
 */
export function evaluateSampled(world: World, input: EvaluateInput): Evaluation {
  return sampleFiles(world, input, parseOnce);
}

/**
 * An evaluator for one lab that is asked again after each edit: what the edit does not reach is not computed
 * again. Its answers are those of `evaluate`; places in the model of an earlier answer follow the newest
 * text.
 */
export function follower(): (world: World, input: EvaluateInput) => Evaluation {
  const lab = new KeptLab(
    following((file, text) => (file.startsWith("std:") ? parseOnce : parse)(file, text), reparse),
  );
  return (world, input) => lab.evaluate(world, input);
}

/**
 * The tests of the root module, each with the evaluated lab that it runs on (its `param`s given). No tests
 * where anything is wrong.
 */
export function openTests(world: World, input: EvaluateInput): OpenedTests {
  return openTestsOf(world, input, parseOnce);
}

/** The lab of the test with this number once more, with what the test has set by now laid over it. */
export function changeTest(
  world: World,
  input: EvaluateInput,
  index: number,
  sets: readonly SetInput[],
): Staging {
  return stageTest(world, input, parseOnce, { index, sets });
}

/** The value of an expression in the scope of the root module. Live facts can't be read. */
export function evaluateExpression(world: World, input: EvaluateInput, text: string): Answer {
  return answerExpression(world, input, text, parseOnce);
}

/** Where the values of the thing with this address came from, or one of them (`server.eth0.mtu`). */
export function explainValues(world: World, input: EvaluateInput, question: string): Why {
  return explainAddress(world, input, question, parseOnce);
}

const parseOnce = keeping(parse);
