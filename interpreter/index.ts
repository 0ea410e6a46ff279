// The door of the interpreter: from files to a running lab, and the client that talks to one.

export type { Clock } from "./clock.ts";
export { OperationError } from "./operation-error.ts";
export type { Trouble } from "./operation-error.ts";
export { connect } from "./control/client.ts";
export type { LabClient } from "./control/client.ts";
export { ControlServer } from "./control/server.ts";
export { findLabs } from "./control/discover.ts";
export type { RunningLab } from "./control/discover.ts";
export { runtimeFolder, socketPathOf } from "./control/paths.ts";
export type { Environment } from "./control/paths.ts";
export { PROTOCOL_VERSION } from "./control/protocol.ts";
export type * from "./control/protocol.ts";
export { PLAN_SCHEMA } from "./plan/plan.ts";
export type { AttributeChange, Plan, Step, StepKind } from "./plan/plan.ts";
export type { Checked, Lab, LabOptions, Opened, Parameters, Planned, Source } from "./lab-contract.ts";
export { askFile, checkFile, planFile } from "./check.ts";
export { openLab } from "./lab.ts";
export { planToJson, printPlan } from "./plan/print.ts";
export { runTests } from "./test/run-tests.ts";
export type * from "./test/contract.ts";
