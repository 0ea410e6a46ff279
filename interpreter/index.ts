// The door of the interpreter: from files to a running lab, and the client that talks to one.

import type {
  askFile as AskFile,
  checkFile as CheckFile,
  judgeFile as JudgeFile,
  planFile as PlanFile,
} from "./check.ts";
import type { connect as Connect } from "./control/client.ts";
import type { ControlServer } from "./control/server.ts";
import type * as History from "./history.ts";
import type { planBetween as PlanBetween } from "./plan/between.ts";
import type { openLab as OpenLab } from "./lab.ts";
import type * as Snapshots from "./snapshots/kept.ts";
import type { runTests as RunTests } from "./test/run-tests.ts";
import type { openWritten as OpenWritten } from "./written.ts";

export type { Clock } from "./clock.ts";
export { addressText, readMetricsAddress } from "./metrics/address.ts";
export type { MetricsAddress } from "./metrics/address.ts";
export { errorText, OperationError } from "./operation-error.ts";
export type { Trouble } from "./operation-error.ts";
export type { ControlServer } from "./control/server.ts";
export type { LabClient } from "./control/client.ts";
export { typeAll } from "./control/type-all.ts";
export { findLabs } from "./control/discover.ts";
export type { RunningLab } from "./control/discover.ts";
export {
  preparedFolder,
  PREPARED_FILES,
  PREPARED_NAMES,
  PREPARED_NOTE,
  PREPARED_SCHEMA,
  readNote,
} from "./drivers/prepared-images.ts";
export type { PreparedFile, PreparedNote } from "./drivers/prepared-images.ts";
export { runtimeFolder, socketPathOf } from "./control/paths.ts";
export type { Environment } from "./control/paths.ts";
export { PROTOCOL_VERSION } from "./control/protocol.ts";
export type * from "./control/protocol.ts";
export { PLAN_SCHEMA } from "./plan/plan.ts";
export type { AttributeChange, Plan, Scope, Step, StepKind } from "./plan/plan.ts";
export type { Bound } from "./plan/bound.ts";
export type { Selection } from "./plan/select.ts";
export { sentParameters } from "./given.ts";
export type { SentParameters } from "./given.ts";
export type { Disruption } from "../lang/index.ts";
export type {
  Checked,
  Lab,
  LabOptions,
  Opened,
  Parameters,
  Planned,
  Source,
  Verdict,
} from "./lab-contract.ts";
export { HISTORY_SCHEMA } from "./history-contract.ts";
export type { Difference, Side } from "./history-contract.ts";
export type { RestoredSnapshot, SnapshotStage } from "./snapshots/desk.ts";
export type { KeptSnapshot } from "./snapshots/shelf.ts";
export type { RolledBack } from "./rollback.ts";
export type { GenerationHead } from "./state/state.ts";
export type { Prediction } from "./state/durations.ts";
export { planToJson, printPlan } from "./plan/print.ts";
export type * from "./test/contract.ts";
export type { Written } from "./written.ts";

/** The same, with its answer later. */
type Later<F extends (...given: never[]) => unknown> = (
  ...given: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>;

// Loaded when they are called: what reads a lab, what runs one and what talks to one are each a large part of
// the program, and hardly a command needs two of them.
export const checkFile: Later<typeof CheckFile> = async (source) =>
  (await import("./check.ts")).checkFile(source);
export const judgeFile: Later<typeof JudgeFile> = async (source) =>
  (await import("./check.ts")).judgeFile(source);
export const planFile: typeof PlanFile = async (...given) => (await import("./check.ts")).planFile(...given);
export const askFile = async <T>(...given: Parameters<typeof AskFile<T>>): Promise<T> =>
  (await import("./check.ts")).askFile(...given);
export const planBetween: Later<typeof PlanBetween> = async (...given) =>
  (await import("./plan/between.ts")).planBetween(...given);
export const readGenerations: Later<typeof History.readGenerations> = async (source) =>
  (await import("./history.ts")).readGenerations(source);
export const readTexts: Later<typeof History.readTexts> = async (...given) =>
  (await import("./history.ts")).readTexts(...given);
export const readEvents: Later<typeof History.readEvents> = async (...given) =>
  (await import("./history.ts")).readEvents(...given);
export const diffGenerations: Later<typeof History.diffGenerations> = async (...given) =>
  (await import("./history.ts")).diffGenerations(...given);
export const keptSnapshots: Later<typeof Snapshots.keptSnapshots> = async (source) =>
  (await import("./snapshots/kept.ts")).keptSnapshots(source);
export const removeSnapshot: Later<typeof Snapshots.removeSnapshot> = async (...given) =>
  (await import("./snapshots/kept.ts")).removeSnapshot(...given);
export const openWritten: Later<typeof OpenWritten> = async (...given) =>
  (await import("./written.ts")).openWritten(...given);
export const openLab: typeof OpenLab = async (options) => (await import("./lab.ts")).openLab(options);
export const runTests: typeof RunTests = async (options) =>
  (await import("./test/run-tests.ts")).runTests(options);
export const connect: typeof Connect = async (path) => (await import("./control/client.ts")).connect(path);
/** A control socket for anything that answers as a lab does. */
export const serveControl: typeof ControlServer.listen = async (...given) =>
  (await import("./control/server.ts")).ControlServer.listen(...given);
