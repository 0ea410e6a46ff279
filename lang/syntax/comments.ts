// Comments as the lexer keeps them, for the formatter. They mean nothing to the parser.

import type { Span } from "./ast.ts";

/** A comment as written, slashes included. `doc` is `///`, whose text also stands in the tree. */
export interface Comment {
  readonly kind: "line" | "block" | "doc";
  readonly text: string;
  readonly span: Span;
}
