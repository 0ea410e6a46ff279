// The exit codes of every command. The same numbers stand in `vbus --help`.

export const EXIT = {
  done: 0,
  failed: 1,
  /** `plan --detailed-exitcode`: there is something to do. */
  changes: 2,
  /** `apply`: some of it was done and stays. */
  partly: 3,
  /** A test, or one of its expectations, failed. */
  testFailed: 4,
  usage: 64,
  /** The configuration is wrong. */
  invalid: 65,
  /** No such lab is running. */
  notRunning: 69,
  /** Locked by another process, or the time is up. */
  busy: 75,
  interrupted: 130,
  terminated: 143,
} as const;
