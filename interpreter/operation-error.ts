// What the surroundings refuse: a lock, a socket, a state file. Shown once, at the edge of the command line.
// Never for a mistake in a user's text (that is a diagnostic), never for a bug of ours.

/** The sort of trouble; each has its exit code. */
export type Trouble =
  | "failed"
  | "usage"
  | "invalid"
  | "stale"
  | "held"
  | "not-running"
  | "locked"
  | "denied"
  | "state"
  | "protocol"
  | "timeout";

const EXIT_CODES: Readonly<Record<Trouble, number>> = {
  failed: 1,
  usage: 64,
  invalid: 65,
  stale: 1,
  held: 1,
  "not-running": 69,
  locked: 75,
  denied: 1,
  state: 1,
  protocol: 1,
  timeout: 75,
};

/** Whether a text from elsewhere names a sort of trouble. */
export function isTrouble(text: unknown): text is Trouble {
  return typeof text === "string" && Object.hasOwn(EXIT_CODES, text);
}

/** One sentence in `message`, what to do about it in `hint`. Thrown by doors, caught by the command line. */
export class OperationError extends Error {
  readonly trouble: Trouble;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(trouble: Trouble, message: string, hint?: string) {
    super(message);
    this.name = "OperationError";
    this.trouble = trouble;
    this.hint = hint;
    this.exitCode = EXIT_CODES[trouble];
  }
}

/** The `code` of an error of node (`ENOENT`), or the empty text. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** A sentence from words without an end, as the hypervisor refuses. They don't begin with a bare name. */
export const sentenceOf = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** What an unknown error says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
