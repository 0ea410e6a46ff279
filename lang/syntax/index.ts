// What the other parts of the language use of the syntax.

export { parse } from "./parse.ts";
export type { Parsed } from "./parse.ts";
export { parseEdited, reparse } from "./reparse.ts";
export type { EditedPart } from "./reparse.ts";
export type { Comment } from "./comments.ts";
export { print } from "./print.ts";
export { SYNTAX_CODES } from "./codes.ts";
export type { CodePage } from "./codes.ts";
