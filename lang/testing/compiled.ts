// A test once it is checked: its settings, parameters and steps as code. Made by `compile.ts`; nothing is
// run.

import type { Span } from "../syntax/ast.ts";
import type { BoundArgument, Code } from "../types/code.ts";

export interface CompiledTest {
  /** Text, for which nothing of the running lab is needed. */
  readonly name: Code;
  /** Of the name. */
  readonly span: Span;
  readonly timeout?: Code;
  readonly seed?: Code;
  readonly params: readonly GivenParam[];
  readonly lets: readonly TestLet[];
  readonly steps: readonly CompiledStep[];
}

/** `param count = 50` in a test. */
export interface GivenParam {
  readonly name: string;
  readonly code: Code;
  readonly span: Span;
}

export interface TestLet {
  readonly name: string;
  readonly slot: number;
  readonly code: Code;
  readonly span: Span;
}

export type CompiledStep = (
  | { readonly is: "expect"; readonly condition: Code; readonly within?: Code; readonly message?: Code }
  | { readonly is: "always"; readonly condition: Code; readonly within: Code; readonly message?: Code }
  | { readonly is: "do"; readonly acts: readonly CompiledAct[] }
) & { readonly span: Span };

export type CompiledAct = (
  | { readonly is: "set"; readonly of: Code; readonly member: string; readonly value: Code }
  | {
      readonly is: "action";
      readonly of: Code;
      readonly name: string;
      readonly arguments: readonly BoundArgument[];
    }
) & { readonly span: Span };
