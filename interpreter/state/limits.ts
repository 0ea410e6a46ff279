// How much a lab remembers. What is older falls off; nothing else is ever deleted.

/** Numbers kept; a generation is a complete apply. */
export const GENERATIONS_KEPT = 200;
/** Events kept in the state, and as many in memory. */
export const EVENTS_KEPT = 10_000;
/** Durations kept of each sort of step: enough for a median that one slow day doesn't move. */
export const DURATIONS_KEPT = 32;
/** Sorts of steps; kinds and classes are declared, so there are dozens. */
export const DURATION_SORTS_MAX = 1000;
/** Secrets that a rollback can put back: those of this process's own applies, the newest. */
export const SECRETS_KNOWN_MAX = 10_000;
