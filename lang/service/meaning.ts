// What a name at some place means, for who asks about places. Data and small questions; looks nothing up.

import type { Span } from "../syntax/ast.ts";
import type {
  ActionInfo,
  ClassInfo,
  ComponentInfo,
  EnumInfo,
  FunctionInfo,
  KindInfo,
  LiveMember,
  Member,
  RecordInfo,
  VariantInfo,
} from "../types/declared.ts";
import type { Scope } from "../types/scope.ts";
import type { Type } from "../types/type.ts";

export type Meaning =
  /**
   * What is declared and read bare: `what` is `let`, `param`, `variable`, `parameter`, `output`, `child`, or
   * the kind of a thing.
   */
  | {
      readonly is: "value";
      readonly what: string;
      readonly declared: Span;
      type(): Type;
      /** Its slot in the frame of a module. */
      readonly global?: { readonly module: string; readonly slot: number };
    }
  | { readonly is: "function"; readonly info: FunctionInfo }
  | { readonly is: "module"; readonly declared: Span; readonly scope: Scope }
  | { readonly is: "component"; readonly info: ComponentInfo }
  | { readonly is: "kind"; readonly info: KindInfo }
  | { readonly is: "class"; readonly info: ClassInfo }
  | { readonly is: "enum"; readonly info: EnumInfo }
  | { readonly is: "record"; readonly info: RecordInfo }
  | { readonly is: "variant"; readonly of: EnumInfo; readonly info: VariantInfo }
  | { readonly is: "member"; readonly owner: string; readonly member: Member }
  | { readonly is: "live"; readonly owner: string; readonly info: LiveMember }
  | { readonly is: "action"; readonly owner: string; readonly info: ActionInfo }
  /** Of a record without a declared type, or of an address: there is no place to go to. */
  | { readonly is: "field"; readonly type: Type }
  | { readonly is: "built-in"; readonly name: string };

/** One name in a text. */
export interface Occurrence {
  readonly span: Span;
  readonly text: string;
  readonly meaning: Meaning;
  readonly role: "declares" | "sets" | "reads";
  /** `{ rack }`, short for `{ rack = rack }`: two names in one place. */
  readonly shorthand?: "key" | "value";
}

/** Where the name is declared; undefined for what is nowhere. */
export function declaredAt(meaning: Meaning): Span | undefined {
  switch (meaning.is) {
    case "value":
    case "module":
      return meaning.declared;
    case "member":
      return meaning.member.span;
    case "field":
    case "built-in":
      return undefined;
    default:
      return meaning.info.span;
  }
}

/** What two names have in common that mean the same. */
export function identityOf(meaning: Meaning): string | undefined {
  const span = declaredAt(meaning);
  return span && `${span.file}:${span.start}`;
}
