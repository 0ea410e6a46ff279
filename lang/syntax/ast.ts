// The syntax tree of a module: what the parser builds, the printer prints and the checker reads.
// Pure data. Every node carries the span of its text; a broken item keeps what could be read of it.

/** Half-open range of UTF-16 offsets in one source file. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** A word with its place: a name that is declared, set or read. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

interface Node {
  readonly span: Span;
}

/** Lines with a syntax error, whole, and the words on them that may name what is declared there. */
export interface Unread {
  readonly start: number;
  /** Where the first error begins. */
  readonly from: number;
  readonly end: number;
  readonly words: ReadonlySet<string>;
}

/** A parsed file. `items` holds what could be read, in the order of the text. */
export interface Module extends Node {
  readonly file: string;
  readonly items: readonly Item[];
  /** Absent where everything could be read. */
  readonly unread?: readonly Unread[];
}

/** `///` lines above an item, member or variant, without the slashes; empty where there are none. */
interface Documented {
  readonly doc: string;
}

/** `where EXPR, "message"`. */
export interface Where extends Node {
  readonly condition: Expr;
  readonly message?: Expr;
}

export type Item =
  | AttributeItem
  | RecordItem
  | Declaration
  | Import
  | Param
  | Let
  | Fn
  | Enum
  | TypeDeclaration
  | Kind
  | Class
  | Component
  | Assert
  | Output
  | Test
  | TimedBlock;

/** `name = value`. */
export interface AttributeItem extends Node, Documented {
  readonly node: "attribute";
  readonly name: Name;
  readonly value: Expr;
}
/** `NAME { ... }`, which means `NAME = { ... }`. */
export interface RecordItem extends Node, Documented {
  readonly node: "record";
  readonly name: Name;
  readonly body: readonly Item[];
}
/** `KIND NAME [for x in E] [when E] [: CLASS] { body }`; `module` is `net` in `net.star hub { }`. */
export interface Declaration extends Node, Documented {
  readonly node: "declaration";
  readonly module?: Name;
  readonly kind: Name;
  readonly name: Name;
  readonly loop?: { readonly variables: readonly Name[]; readonly over: Expr };
  readonly condition?: Expr;
  readonly class?: { readonly module?: Name; readonly name: Name };
  readonly body: readonly Item[];
  /** The head alone, for diagnostics. */
  readonly head: Span;
}
export interface Import extends Node, Documented {
  readonly node: "import";
  readonly path: Expr;
  readonly as: Name;
}
export interface Param extends Node, Documented {
  readonly node: "param";
  readonly name: Name;
  readonly type?: Type;
  readonly value?: Expr;
  readonly where?: Where;
}
export interface Let extends Node, Documented {
  readonly node: "let";
  readonly name: Name;
  readonly type?: Type;
  readonly value: Expr;
}
export interface Parameter extends Node {
  readonly name: Name;
  readonly type: Type;
  readonly value?: Expr;
  readonly where?: Where;
}
export interface Fn extends Node, Documented {
  readonly node: "fn";
  readonly external: boolean;
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly result: Type;
  readonly body?: Expr;
}
export interface Variant extends Node, Documented {
  readonly name: Name;
  /** Absent where the variant was written without parentheses. */
  readonly parameters?: readonly Parameter[];
}
export interface Enum extends Node, Documented {
  readonly node: "enum";
  readonly name: Name;
  readonly variants: readonly Variant[];
}
export interface TypeDeclaration extends Node, Documented {
  readonly node: "type";
  readonly name: Name;
  readonly members: readonly Member[];
}
/** `kind NAME { members }`, standard library only. */
export interface Kind extends Node, Documented {
  readonly node: "kind";
  readonly name: Name;
  readonly members: readonly Member[];
}
/** `class KIND NAME { members }`, standard library only. */
export interface Class extends Node, Documented {
  readonly node: "class";
  readonly kind: Name;
  readonly name: Name;
  readonly members: readonly Member[];
}
export interface Component extends Node, Documented {
  readonly node: "component";
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Item[];
}
export interface Assert extends Node, Documented {
  readonly node: "assert";
  readonly condition: Expr;
  readonly message?: Expr;
}
export interface Output extends Node, Documented {
  readonly node: "output";
  readonly name: Name;
  readonly type?: Type;
  readonly value: Expr;
}
export interface Test extends Node, Documented {
  readonly node: "test";
  readonly name: Expr;
  readonly steps: readonly Step[];
}
/** `at EXPR for EXPR { ... }` inside a record that is `timed`. */
export interface TimedBlock extends Node, Documented {
  readonly node: "timed";
  readonly at: Expr;
  readonly duration: Expr;
  readonly body: readonly Item[];
}

export type Step = AttributeItem | Param | Let | Expect | Always | Do;
export interface Expect extends Node {
  readonly node: "expect";
  readonly condition: Expr;
  readonly within?: Expr;
  readonly message?: Expr;
}
export interface Always extends Node {
  readonly node: "always";
  readonly condition: Expr;
  readonly duration: Expr;
  readonly message?: Expr;
}
export interface Do extends Node {
  readonly node: "do";
  readonly acts: readonly Act[];
}
export type Act =
  | ({ readonly node: "set"; readonly place: Expr; readonly value: Expr } & Node)
  | ({ readonly node: "action"; readonly call: Expr } & Node);

/** A mark such as `@live` or `@deprecated("use x")`. */
export interface Mark extends Node {
  readonly name: Name;
  readonly argument?: Expr;
}
export type Member = Field | Live | Action | Holds | Timed | TakesOver | Assert | Let;
/** `NAME: TYPE = default where ... @mark`, or with `out` in front. */
export interface Field extends Node, Documented {
  readonly node: "field";
  readonly out: boolean;
  readonly name: Name;
  readonly type: Type;
  readonly value?: Expr;
  readonly where?: Where;
  readonly marks: readonly Mark[];
}
export interface Live extends Node, Documented {
  readonly node: "live";
  readonly name: Name;
  readonly parameters?: readonly Parameter[];
  readonly type: Type;
}
export interface Action extends Node, Documented {
  readonly node: "action";
  readonly name: Name;
  readonly parameters: readonly Parameter[];
}
export interface Holds extends Node, Documented {
  readonly node: "holds";
  readonly kind: Name;
}
export interface Timed extends Node, Documented {
  readonly node: "timed-mark";
}
/** `...Damage`. */
export interface TakesOver extends Node, Documented {
  readonly node: "takes-over";
  readonly type: Name;
}

export type Type =
  | ({ readonly node: "named-type"; readonly module?: Name; readonly name: Name } & Node)
  | ({ readonly node: "literal-type"; readonly text: string } & Node)
  | ({ readonly node: "optional-type"; readonly of: Type } & Node)
  | ({ readonly node: "union-type"; readonly members: readonly Type[] } & Node)
  | ({ readonly node: "secret-type"; readonly of: Type } & Node)
  | ({ readonly node: "range-type"; readonly of: Type } & Node)
  | ({ readonly node: "list-type"; readonly of: Type } & Node)
  | ({ readonly node: "map-type"; readonly key: Type; readonly value: Type } & Node)
  | ({ readonly node: "record-type"; readonly fields: readonly RecordTypeField[] } & Node)
  | ({ readonly node: "function-type"; readonly parameters: readonly Type[]; readonly result: Type } & Node)
  | ({ readonly node: "error-type" } & Node);
export interface RecordTypeField extends Node {
  readonly name: Name;
  readonly optional: boolean;
  readonly type: Type;
}

export type BinaryOperator =
  "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "??" | ".." | "+" | "-" | "*" | "/" | "%";

/** One `for` clause of a comprehension: `x in xs` or `k, v in m`. */
export interface Clause extends Node {
  readonly variables: readonly Name[];
  readonly over: Expr;
}
export interface Loop extends Node {
  readonly clauses: readonly Clause[];
  readonly condition?: Expr;
}
export interface Argument extends Node {
  readonly name?: Name;
  readonly value: Expr;
}
export interface ListItem extends Node {
  readonly spread: boolean;
  readonly value: Expr;
}
export type ObjectEntry =
  | ({ readonly node: "spread"; readonly value: Expr } & Node)
  | ({ readonly node: "entry"; readonly key: EntryKey; readonly value: Expr } & Node)
  | ({ readonly node: "shorthand"; readonly name: Name } & Node);
/** A bare name, a string without interpolation, or an integer. */
export type EntryKey = {
  readonly text: string;
  readonly quoted: boolean;
  readonly number?: number;
  readonly span: Span;
};

export type Expr =
  /**
   * `unit` is the letters after the number (`MiB`, `ms`, `%`), empty for a plain number. `text` is as
   * written, unit included.
   */
  | ({ readonly node: "number"; readonly text: string; readonly unit: string; readonly hex: boolean } & Node)
  | ({ readonly node: "cidr"; readonly text: string } & Node)
  | ({ readonly node: "ip"; readonly text: string } & Node)
  | ({ readonly node: "mac"; readonly text: string } & Node)
  | ({ readonly node: "bool"; readonly value: boolean } & Node)
  | ({ readonly node: "none" } & Node)
  /** Alternates text (escapes resolved, indentation stripped) and expressions; `block` for `"""`. */
  | ({ readonly node: "string"; readonly parts: readonly (string | Expr)[]; readonly block: boolean } & Node)
  | ({ readonly node: "reference"; readonly name: string } & Node)
  | ({ readonly node: "list"; readonly loop?: Loop; readonly items: readonly ListItem[] } & Node)
  /** With `loop` there is exactly one entry: `key => value`. */
  | ({
      readonly node: "object";
      readonly loop?: Loop;
      readonly entries: readonly ObjectEntry[];
      readonly mapped?: { readonly key: Expr; readonly value: Expr };
    } & Node)
  | ({ readonly node: "unary"; readonly operator: "!" | "-"; readonly operand: Expr } & Node)
  | ({
      readonly node: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
      readonly operatorSpan: Span;
    } & Node)
  | ({ readonly node: "ternary"; readonly condition: Expr; readonly then: Expr; readonly else: Expr } & Node)
  | ({ readonly node: "lambda"; readonly parameters: readonly Name[]; readonly body: Expr } & Node)
  | ({ readonly node: "member"; readonly of: Expr; readonly name: Name; readonly optional: boolean } & Node)
  | ({ readonly node: "index"; readonly of: Expr; readonly index: Expr } & Node)
  | ({ readonly node: "call"; readonly callee: Expr; readonly arguments: readonly Argument[] } & Node)
  | ({ readonly node: "parenthesised"; readonly inner: Expr } & Node)
  /** What stands where no expression could be read; its type agrees with everything. */
  /** `read` is what could be read of it: to be looked at, but no value. */
  | ({ readonly node: "error"; readonly read?: Expr } & Node);
