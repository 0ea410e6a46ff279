// The checked form of expressions: names are slots, bare words are members, conversions stand where they
// happen. Made by the checker, run by the evaluator; each node keeps the span of its text.

import type { Value } from "../model.ts";
import type { BinaryOperator, Span } from "../syntax/ast.ts";
import type { FunctionInfo, RecordInfo } from "./declared.ts";
import type { Type } from "./type.ts";

interface At {
  readonly span: Span;
}

export interface CodeClause extends At {
  /** One slot (the item) or two (key and value, or index and item). */
  readonly slots: number;
  readonly over: Code;
}

export type Code =
  /** A broken expression: asked, it answers with a mistake that was already told. */
  | ({ readonly op: "broken" } & At)
  | ({ readonly op: "constant"; readonly value: Value } & At)
  /** `auto`: the planner fills it in. */
  | ({ readonly op: "auto" } & At)
  /** `hops` frames outward, then the slot. The slot holds a value, or a cell that is asked. */
  | ({ readonly op: "slot"; readonly hops: number; readonly slot: number; readonly name: string } & At)
  /** A member of the module itself, from any depth. */
  | ({ readonly op: "global"; readonly module: string; readonly slot: number; readonly name: string } & At)
  | ({ readonly op: "text"; readonly parts: readonly (string | Code)[] } & At)
  | ({
      readonly op: "list";
      readonly items: readonly { readonly spread: boolean; readonly code: Code }[];
    } & At)
  | ({
      readonly op: "collect";
      readonly clauses: readonly CodeClause[];
      readonly condition?: Code;
      readonly item: Code;
      readonly key?: Code;
    } & At)
  /** An object: by name in order; `spread` entries carry no name. `timed` are the `at` blocks. */
  | ({
      readonly op: "object";
      readonly entries: readonly ObjectCode[];
      readonly as: "map" | "record";
      readonly type?: RecordInfo;
      readonly timed?: readonly TimedCode[];
    } & At)
  | ({
      readonly op: "variant";
      readonly enum: string;
      readonly name: string;
      readonly fields: readonly BoundArgument[];
      readonly slots: number;
    } & At)
  | ({ readonly op: "not" | "negate"; readonly of: Code } & At)
  | ({
      readonly op: "binary";
      readonly operator: BinaryOperator;
      readonly left: Code;
      readonly right: Code;
      readonly operatorSpan: Span;
    } & At)
  | ({ readonly op: "if"; readonly condition: Code; readonly whenTrue: Code; readonly whenFalse: Code } & At)
  | ({ readonly op: "lambda"; readonly parameters: number; readonly body: Code } & At)
  | ({
      readonly op: "member";
      readonly of: Code;
      readonly name: string;
      readonly optional: boolean;
      readonly nameSpan: Span;
    } & At)
  | ({ readonly op: "index"; readonly of: Code; readonly index: Code } & At)
  | ({
      readonly op: "call";
      readonly callee: FunctionInfo;
      readonly arguments: readonly BoundArgument[];
      readonly hops: number;
    } & At)
  /** None where `of` is none; else `body`, in a frame whose only slot is the value. */
  | ({ readonly op: "present"; readonly of: Code; readonly body: Code } & At)
  | ({ readonly op: "apply"; readonly callee: Code; readonly arguments: readonly Code[] } & At)
  /** A fact of the running lab; only in tests. */
  | ({
      readonly op: "live";
      readonly of: Code;
      readonly name: string;
      readonly arguments: readonly BoundArgument[];
    } & At)
  | ({ readonly op: "convert"; readonly to: Type; readonly of: Code } & At);

/** An argument by the slot of its parameter; left-out ones carry the default. */
export interface BoundArgument {
  readonly name: string;
  readonly slot: number;
  readonly code: Code;
  /** Defaults are asked in the frame of the parameters, given ones in the caller's. */
  readonly isDefault: boolean;
  readonly constraint?: { readonly condition: Code; readonly message?: Code; readonly span: Span };
}

export type ObjectCode =
  | { readonly key: Code; readonly name?: string; readonly value: Code; readonly span: Span }
  | { readonly spread: Code; readonly span: Span };

export interface TimedCode extends At {
  readonly at: Code;
  readonly duration: Code;
  readonly record: Code;
}
