// What declarations mean once their names are known: kinds, classes, records, enums, functions, components.
// Filled by the checker from texts; nothing about a particular kind or class stands here.

import type * as ast from "../syntax/ast.ts";
import type { Disruption } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "./code.ts";
import type { ThingType, Type } from "./type.ts";

/** `where EXPR, "message"`, compiled against the frame of the members. */
export interface Constraint {
  readonly condition: Code;
  readonly message?: Code;
  readonly span: Span;
}

/** A settable member, an `out` member, a parameter or a record's field. */
export interface Member {
  readonly name: string;
  readonly type: Type;
  readonly out: boolean;
  readonly disruption: Disruption;
  readonly deprecated?: string;
  readonly doc: string;
  readonly span: Span;
  readonly auto: boolean;
  readonly hasDefault: boolean;
  /** Place in the frame of its owner. */
  readonly slot: number;
  /** Set when bodies are compiled, after every name is known. */
  value?: Code;
  constraint?: Constraint;
}

export interface LiveMember {
  readonly name: string;
  readonly parameters?: readonly Parameter[];
  readonly type: Type;
  readonly doc: string;
  readonly span: Span;
}

export interface ActionInfo {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly doc: string;
  readonly span: Span;
}

/** What a kind or a class declares by itself, in the order of the text. */
export interface MemberTable {
  readonly members: Map<string, Member>;
  readonly live: Map<string, LiveMember>;
  readonly actions: Map<string, ActionInfo>;
  readonly holds: Set<string>;
  readonly asserts: Constraint[];
}

export interface KindInfo {
  readonly is: "kind";
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
  /** With the members of `resource` first. */
  readonly table: MemberTable;
  readonly classes: Map<string, ClassInfo>;
}

export interface ClassInfo {
  readonly name: string;
  readonly kind: KindInfo;
  readonly doc: string;
  readonly span: Span;
  /** With those of its kind, replaced where the class declares them again. */
  readonly table: MemberTable;
}

export interface RecordInfo {
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
  readonly timed: boolean;
  readonly members: Map<string, Member>;
  readonly asserts: Constraint[];
}

export interface VariantInfo {
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
  readonly parameters?: readonly Parameter[];
}

export interface EnumInfo {
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
  readonly variants: Map<string, VariantInfo>;
}

/** A parameter of a function, a variant, a live fact or a component. */
export interface Parameter {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
  readonly span: Span;
  readonly slot: number;
  value?: Code;
  constraint?: Constraint;
}

export interface FunctionInfo {
  readonly name: string;
  readonly external: boolean;
  readonly parameters: readonly Parameter[];
  readonly result: Type;
  readonly doc: string;
  readonly span: Span;
  /** How many frames stand around it: none at the top of a module. */
  readonly depth: number;
  /** Absent in external ones. */
  body?: Code;
}

/** What is known of a declared thing beside its kind: its children, and outputs where it is a component's. */
export interface Shape {
  readonly name: string;
  /** Its type, inferred when first asked; undefined where there is none of that name. */
  child(name: string): Type | undefined;
  /** The name of a child or an output where it is declared. */
  placeOf(name: string): Span | undefined;
  /** A part of its text could not be read: there may be more children. */
  readonly partial: boolean;
  readonly childNames: readonly string[];
}

export interface ComponentInfo {
  readonly is: "component";
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
  readonly syntax: ast.Component;
  readonly table: MemberTable;
  /** Its outputs. */
  readonly shape: Shape;
  /** Names of the members that every resource has: what is seen from outside beside the outputs. */
  readonly resourceMembers: ReadonlySet<string>;
  readonly module: ModuleKey;
  blueprint?: ComponentBlueprint;
}

/** A thing's declaration, compiled: everything that evaluation needs of it. */
export interface Blueprint {
  readonly name: string;
  readonly type: ThingType;
  readonly head: Span;
  readonly nameSpan: Span;
  readonly slot: number;
  readonly loop?: { readonly over: Code; readonly variables: number; readonly span: Span };
  readonly condition?: Code;
  /** Size of the frame of each instance; the head's variables come first. */
  readonly frame: { slots: number };
  readonly set: Map<string, SetAttribute>;
  readonly body: Body;
}

export interface SetAttribute {
  readonly code: Code;
  readonly span: Span;
  readonly nameSpan: Span;
}

/** What stands in a module, component or thing, by its slot in the frame. */
export interface Body {
  readonly lets: { readonly name: string; readonly slot: number; readonly code: Code; readonly span: Span }[];
  readonly declarations: Blueprint[];
  readonly asserts: Constraint[];
}

export interface ComponentBlueprint {
  readonly body: Body;
  readonly frame: { slots: number };
  readonly outputs: Map<string, { readonly code: Code; readonly span: Span }>;
}

/** Absolute path of a module, or its `std:` name; "std:prelude" is the prelude. */
export type ModuleKey = string;
