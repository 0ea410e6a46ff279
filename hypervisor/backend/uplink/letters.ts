// What the control thread and the uplinks' thread write to each other.

import type { Id, UplinkSpec, UplinkState } from "../../hypervisor.ts";
import type { Station } from "../nat/spec.ts";
import type { ReceivingPlace } from "../../ring/receiving.ts";

/** A specification and what an end needs to know beside it: who is planned on the network. */
export type EndSpec = UplinkSpec & { readonly stations: readonly Station[] };

/** An uplink that is new. It is answered. */
export interface OpenLetter {
  readonly type: "open";
  readonly port: number;
  readonly id: Id;
  readonly place: ReceivingPlace;
  /** The number by which its ring is signalled. */
  readonly number: number;
  readonly frameMax: number;
  readonly spec: EndSpec;
}

/** To the uplinks' thread, beside letters about peers. Each is answered once. */
export type UplinksLetter =
  | OpenLetter
  | { readonly type: "set"; readonly port: number; readonly spec: EndSpec }
  | { readonly type: "close"; readonly port: number };

/** From the uplinks' thread. */
export type UplinksAnswer =
  /** To the oldest letter about this port that has no answer yet; `problem` says why it was not done. */
  | { readonly type: "answer"; readonly port: number; readonly problem?: string }
  | { readonly type: "state"; readonly port: number; readonly state: UplinkState }
  /** A guest broke the protocol: look at the fault words. */
  | { readonly type: "fault" };
