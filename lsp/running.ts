// Labs that run while their files are open: what their guests and links are doing, and a guest brought to
// what its file says. Looks for a lab from time to time; whatever it is told comes over the control client.

import { existsSync } from "node:fs";
import {
  connect,
  OperationError,
  socketPathOf,
  type Environment,
  type LabClient,
  type Snapshot,
} from "../interpreter/index.ts";
import type { DeclaredThings } from "../lang/index.ts";

/** How often it is looked whether a lab has been started. */
const LOOK_MS = 2000;
/** Guests or devices of one declaration that are told of. */
const SHOWN_MAX = 3;

export interface LiveHint {
  readonly offset: number;
  readonly text: string;
}

interface Watched {
  readonly client: LabClient;
  snapshot?: Snapshot;
  /** Bits per second of each device over the last two snapshots. */
  rates: ReadonlyMap<string, number>;
  /** What was shown last: the editor is asked to look again only where that differs. */
  shown: string;
}

export class Running {
  readonly #env: Environment;
  readonly #roots: () => readonly string[];
  readonly #changed: () => void;
  readonly #labs = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  /** `roots` are the labs whose files are open; `changed` is called when there is something new to show. */
  constructor(env: Environment, roots: () => readonly string[], changed: () => void) {
    this.#env = env;
    this.#roots = roots;
    this.#changed = changed;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Connects to labs that have been started. A lab that can't be reached is no news for an editor. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const root of this.#roots()) await this.#connect(root);
    } finally {
      this.#looking = false;
    }
  }

  async #connect(root: string): Promise<void> {
    const socketPath = socketPathOf(root, this.#env);
    if (this.#labs.has(root) || !existsSync(socketPath)) return;
    try {
      const client = await connect(socketPath);
      const watched: Watched = { client, rates: new Map(), shown: "" };
      this.#labs.set(root, watched);
      client.on("snapshot", (snapshot) => this.#take(watched, snapshot));
      void client.closed.then(() => {
        this.#labs.delete(root);
        this.#changed();
      });
      await client.request("subscribe", { snapshots: true });
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
    }
  }

  #take(watched: Watched, snapshot: Snapshot): void {
    const { snapshot: before } = watched;
    if (before) watched.rates = ratesBetween(before, snapshot);
    watched.snapshot = snapshot;
    const shown = [
      ...snapshot.guests.map(({ address, state }) => `${address} ${state}`),
      ...[...watched.rates].map(([address, rate]) => `${address} ${rateText(rate)}`),
    ].join("\n");
    if (shown === watched.shown) return;
    watched.shown = shown;
    this.#changed();
  }

  runs(root: string): boolean {
    return this.#labs.get(root)?.snapshot !== undefined;
  }

  /** What the things of these declarations are doing now. */
  hints(root: string, declared: readonly DeclaredThings[]): readonly LiveHint[] {
    const watched = this.#labs.get(root);
    const { snapshot } = watched ?? {};
    if (!watched || !snapshot) return [];
    const states = new Map(snapshot.guests.map(({ address, state }) => [address, state]));
    return declared.flatMap(({ addresses, headEnd }) => {
      const texts = addresses.flatMap((address): string[] => {
        const rate = watched.rates.get(address);
        const text = states.get(address) ?? (rate === undefined ? undefined : rateText(rate));
        return text === undefined ? [] : [text];
      });
      if (texts.length === 0) return [];
      const more = texts.length > SHOWN_MAX ? `, and ${texts.length - SHOWN_MAX} more` : "";
      return [{ offset: headEnd, text: texts.slice(0, SHOWN_MAX).join(", ") + more }];
    });
  }

  /** Brings guests to what the file on the disk says. Answers one sentence about what came of it. */
  async apply(root: string, addresses: readonly string[]): Promise<string> {
    const watched = this.#labs.get(root);
    if (!watched) return "The lab is not running.";
    try {
      const { outcome, steps, failure } = await watched.client.request("apply", { targets: addresses });
      if (failure) return `${failure.address}: ${failure.message}`;
      if (outcome === "nothing") return `Nothing to do: ${addresses.join(", ")} is as the file says.`;
      return `Applied: ${steps.map(({ kind, address }) => `${kind} ${address}`).join(", ")}.`;
    } catch (error) {
      if (error instanceof OperationError) return error.message;
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { client } of this.#labs.values()) client.close();
    this.#labs.clear();
  }
}

/** Bits per second, sent and received, of each device that frames go through. */
function ratesBetween(before: Snapshot, now: Snapshot): ReadonlyMap<string, number> {
  const seconds = (now.uptimeMs - before.uptimeMs) / 1000;
  const bytes = new Map(before.devices.map(({ id, rx, tx }) => [id, rx.bytes + tx.bytes]));
  const rates = new Map<string, number>();
  for (const { id, rx, tx, network } of now.devices) {
    const old = bytes.get(id);
    if (network === undefined || old === undefined || seconds <= 0) continue;
    rates.set(id, Math.max(0, (rx.bytes + tx.bytes - old) * 8) / seconds);
  }
  return rates;
}

const UNITS = [
  [1e9, "Gbps"],
  [1e6, "Mbps"],
  [1e3, "kbps"],
] as const;

/** Two digits are enough beside a line of text. */
function rateText(rate: number): string {
  for (const [factor, unit] of UNITS)
    if (rate >= factor) return `${Number((rate / factor).toPrecision(2))} ${unit}`;
  return `${Math.round(rate)} bps`;
}
