// The admin tree on the control socket: what a running lab is made of, what was changed by hand, and the
// ways to change it. Types only.

/** A change by hand: one edit of what the file says, made to the running lab. */
export interface ChangeRow {
  /** Counts from 1 in the life of the lab. */
  readonly number: number;
  /** Wall clock, ISO 8601. */
  readonly time: string;
  /** The user. */
  readonly actor: string;
  readonly path: string;
  /** What was typed: `set server.eth0.rate 10Mbps`. */
  readonly text: string;
}

export interface TreeRow {
  readonly address: string;
  readonly kind: string;
  readonly class?: string;
  /** What it stands in: of a device its bus, of a private bus its guest. */
  readonly parent?: string;
  /** Of a bus: the guests that see its devices. */
  readonly members?: readonly string[];
  /** Changed or made by hand. */
  readonly hand: boolean;
  /** Of a device that is made and linked to no bus: the guests can't see it. */
  readonly unlinked: boolean;
}

export interface AttributeRow {
  readonly name: string;
  /** As in the language; secrets hidden. */
  readonly text: string;
  /** The same as JSON. */
  readonly value: unknown;
  readonly origin: "set" | "default" | "auto";
  /** What a change of it would do. */
  readonly disruption: string;
}

/** A guest that ended without having met its goal. */
export interface DeadRow {
  readonly guest: string;
  readonly state: string;
  readonly reason: string;
  /** Of its end, where the journal still has it. */
  readonly time?: string;
}

export interface LabStatus {
  readonly lab: string;
  readonly file: string;
  readonly pid: number;
  readonly generation: number;
  readonly ready: boolean;
  readonly watch: string;
  /** Why the running lab is not as its file says: as in a snapshot. */
  readonly held?: string;
  readonly refused?: string;
  readonly rolledBack?: number;
  /** What becomes of changes by hand at the next save. */
  readonly drift: "heal" | "keep";
  readonly guests: number;
  readonly running: number;
  readonly changes: readonly ChangeRow[];
  readonly dead: readonly DeadRow[];
  /** Devices that are linked to no bus. */
  readonly unlinked: readonly string[];
  readonly diagnosticsText: string;
}

/** What became of a change. Where it is refused the lab is as it was. */
export type Changed =
  | {
      readonly done: true;
      /** One sentence. */
      readonly message: string;
      /** What it did to the running lab, a step each, in the words of events. */
      readonly steps: readonly { readonly address: string; readonly text: string }[];
    }
  | {
      readonly done: false;
      readonly message: string;
      /** The language's own words, with code frames; empty where it was not the language that refused. */
      readonly diagnosticsText: string;
    };

/** The members that each sort of change needs beside `path`. */
export interface ChangeParams {
  readonly do: string;
  readonly path: string;
  readonly value?: string;
  readonly kind?: string;
  readonly attributes?: readonly string[];
  readonly to?: string;
}

export interface AdminMethods {
  status: { params: Record<string, never>; result: LabStatus };
  /** Of everything, or of what stands below a path. */
  tree: { params: { path?: string }; result: { rows: readonly TreeRow[] } };
  /** The attributes of a thing, or the one that the path names. Refused where there is no such thing. */
  get: { params: { path: string }; result: { address: string; attributes: readonly AttributeRow[] } };
  /** `do` is `set`, `make`, `link`, `unlink` or `remove`. Answers when it is applied. */
  change: { params: ChangeParams; result: Changed };
  /** Writes changes by hand into the file: all, or those at a path and below it. */
  adopt: { params: { path?: string }; result: Changed };
  /** Undoes changes by hand: all, or those at a path and below it; and boots dead guests again. */
  heal: { params: { path?: string }; result: Changed };
}
