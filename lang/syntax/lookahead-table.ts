// What the parser looks ahead for, computed beforehand: the build puts its table in place of this module's
// only value (`scripts/keep-parsed.ts`). From the sources there is none, and the parser computes it.

import type { LookaheadTable } from "./kept-lookahead.ts";

export const LOOKAHEAD_TABLE: LookaheadTable | undefined = undefined;
