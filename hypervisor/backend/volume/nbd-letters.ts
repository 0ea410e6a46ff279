// What control and the thread of an NBD volume write to each other.

import type { NbdAddress, NbdExport } from "./nbd-client.ts";

export interface NbdStart {
  readonly address: NbdAddress;
}
/** From the thread, once. */
export type NbdAnswer =
  | { readonly type: "ready"; readonly found: NbdExport }
  | { readonly type: "failed"; readonly reason: string };
/** To the thread. */
export type NbdLetter =
  { readonly type: "serve"; readonly mailbox: SharedArrayBuffer } | { readonly type: "close" };
