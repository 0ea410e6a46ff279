// What the control thread and a PC's thread say to each other of a copy. Each has a number; what is said of
// another than the one that goes on is not heard.

/** To the PC. */
export type CopyOrder =
  | { readonly do: "open"; readonly copy: number }
  | { readonly do: "data"; readonly copy: number; readonly bytes: Uint8Array }
  /** That was all. */
  | { readonly do: "end"; readonly copy: number }
  /** So many bytes of what it told were taken. */
  | { readonly do: "more"; readonly copy: number; readonly bytes: number }
  | { readonly do: "close"; readonly copy: number };

/** From the PC. */
export type CopyNews =
  /** The guest has opened its end; with the first that it said there. */
  | { readonly what: "begun"; readonly copy: number; readonly bytes: Uint8Array }
  | { readonly what: "data"; readonly copy: number; readonly bytes: Uint8Array }
  /** So many bytes are in the guest's buffers. */
  | { readonly what: "taken"; readonly copy: number; readonly count: number }
  /** The guest has closed its end, and all that it sent was told. */
  | { readonly what: "over"; readonly copy: number };
