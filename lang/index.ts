// The door of the language: text in, checked model and diagnostics out. Pure: no I/O, no clock.

export type { Diagnostic, Edit, Fix, Related, ShownValue } from "./diagnostics.ts";
export type { Span } from "./syntax/ast.ts";
export { DISRUPTIONS } from "./model.ts";
export type { Allocations, Attribute, Dimension, Disruption, Model, Resource, Value } from "./model.ts";
export type { Drivers, ReadProblem, World } from "./world.ts";
