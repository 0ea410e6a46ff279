// A lab that is being imported: what will be written, with expressions as texts of the language. No format
// that is read knows how it is written, and the writer knows no format.

/** Comments that stand above a thing, a line each. */
interface Noted {
  readonly notes: string[];
}

export interface DraftNetwork extends Noted {
  readonly name: string;
  /** As `10.0.0.0/24`. */
  subnet: string;
  gateway?: string;
  /** Where addresses that nobody names are taken from, as `10.0.0.128/25`. */
  pool?: string;
  mtu?: number;
}

export interface DraftDevice extends Noted {
  readonly name: string;
  readonly network: string;
  ip?: string;
  mac?: string;
}

/** `name = value`, both as they will stand there. */
export type DraftAttribute = readonly [name: string, value: string];

export interface DraftGuest extends Noted {
  readonly name: string;
  image: string;
  readonly attributes: DraftAttribute[];
  readonly devices: DraftDevice[];
  /** Devices that are no network's, whole. */
  readonly others: string[];
  /** A family of so many, by number. */
  count?: number;
  condition?: string;
}

export interface DraftImage extends Noted {
  readonly name: string;
  readonly class: string;
  readonly attribute: DraftAttribute;
}

export interface DraftUplink extends Noted {
  readonly name: string;
  readonly class: string;
  readonly network: string;
  readonly attributes: DraftAttribute[];
}

export interface Draft extends Noted {
  lab?: string;
  readonly params: { readonly text: string; readonly notes: readonly string[] }[];
  readonly networks: DraftNetwork[];
  readonly volumes: string[];
  readonly images: DraftImage[];
  readonly uplinks: DraftUplink[];
  readonly guests: DraftGuest[];
}

export const emptyDraft = (): Draft => ({
  notes: [],
  params: [],
  networks: [],
  volumes: [],
  images: [],
  uplinks: [],
  guests: [],
});

/** How many devices plug into the network of this name. */
export function demandOn({ guests }: Draft, network: string): number {
  const devices = guests.flatMap((guest) =>
    guest.devices.filter((device) => device.network === network).map(() => guest.count ?? 1),
  );
  return devices.reduce((sum, count) => sum + count, 0);
}

/** A text as a string of the language. */
export function quote(text: string): string {
  const inside = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("${", "\\${")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `"${inside.replaceAll(/\p{Cc}/gu, (sign) => `\\u{${sign.charCodeAt(0).toString(16)}}`)}"`;
}

/** A list, one line where it is short; the formatter does the rest. */
export const list = (items: readonly string[]): string => `[${items.join(", ")}]`;

/** A key of a map: bare where it can be. */
export const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : quote(name));

const WORDS = new Set(["in", "for", "when", "where", "within", "true", "false", "none"]);

/** Gives out names of one scope: each once, none that can't stand bare. */
export class Names {
  readonly #taken = new Set<string>(WORDS);

  /** Nobody gets this one. */
  reserve(name: string): void {
    this.#taken.add(name);
  }

  /** Whether somebody has it already. */
  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** The name itself where it can be one, else the closest; with a number behind it where it is taken. */
  take(wanted: string, otherwise = "thing"): string {
    const base = identifier(wanted, otherwise);
    let name = base;
    // Bound: one more than there are names.
    for (let number = 2; this.#taken.has(name); number++) name = `${base}_${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** A name that begins with `_` would be private. */
export function identifier(wanted: string, otherwise: string): string {
  const word = wanted.replaceAll(/[^A-Za-z0-9_]+/g, "_").replaceAll(/^_+|_+$/g, "");
  if (word === "") return otherwise;
  return /^\d/.test(word) ? `${otherwise}_${word}` : word;
}
