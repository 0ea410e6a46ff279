// One entry of the catalogue of diagnostics.

/** Stable: a code never means anything else. */
export interface CodePage {
  readonly code: string;
  readonly title: string;
  readonly explanation: string;
  /** A whole file that has exactly this diagnostic; absent where no file of a user can have it yet. */
  readonly bad?: string;
  /** The same without the mistake. */
  readonly good?: string;
}
