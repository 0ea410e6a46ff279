// Builds the picture that dashboards draw, from the ledger, the controller and the hypervisor's facts.
// Rates come from the difference to a sample of about a second ago; asking changes nothing that runs.

import type { GuestFacts } from "../../hypervisor/index.ts";
import { renderRows } from "./rows.ts";
import type { RateSource, RowSources } from "./rows.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { Snapshot } from "./protocol.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";

/** What the lab says about itself beside its things. */
export type LabFacts = Pick<
  Snapshot,
  | "lab"
  | "file"
  | "generation"
  | "rolledBack"
  | "ready"
  | "failures"
  | "watch"
  | "held"
  | "refused"
  | "outputs"
  | "diagnostics"
  | "diagnosticsText"
>;

export interface SnapshotSources extends RowSources {
  readonly clock: Clock;
  readonly facts: () => LabFacts;
}

interface Sample {
  readonly at: number;
  /** Milliseconds of CPU of each guest. */
  readonly cpu: ReadonlyMap<string, number>;
  /** Frames through each device and each network. */
  readonly frames: ReadonlyMap<string, number>;
}

const WINDOW_MS = 1000;
/** Samples closer together than this add nothing. */
const SPACING_MS = 200;

export class SnapshotBuilder {
  readonly #sources: SnapshotSources;
  readonly #begin: number;
  #samples: Sample[] = [];

  constructor(sources: SnapshotSources) {
    this.#sources = sources;
    this.#begin = sources.clock.now();
  }

  /** Notes counters for later rates. Called once a second, so that a first picture has rates too. */
  sample(): void {
    this.#sample(() => this.#sources.hypervisor.guests());
  }

  #sample(guestsNow: () => readonly GuestFacts[]): void {
    const at = this.#sources.clock.now();
    const newest = this.#samples.at(-1);
    if (newest !== undefined && at - newest.at < SPACING_MS) return;
    const { hypervisor } = this.#sources;
    const frames = hypervisor.traffic();
    const cpu = new Map(guestsNow().map((guest) => [guest.id, guest.cpuMs]));
    this.#samples.push({ at, cpu, frames });
    // Keeps one sample older than the window.
    while ((this.#samples[1]?.at ?? at) <= at - WINDOW_MS) this.#samples.shift();
  }

  /** Looks into the rings of these devices, or of all. */
  build(measured?: ReadonlySet<string>): Snapshot {
    const { clock, facts, hypervisor } = this.#sources;
    // The system is asked for each thread's time: once for a picture.
    const guests = hypervisor.guests();
    this.#sample(() => guests);
    return {
      version: PROTOCOL_VERSION,
      pid: process.pid,
      time: isoTime(clock),
      uptimeMs: Math.round(clock.now() - this.#begin),
      ...facts(),
      ...renderRows({ ...this.#sources, guestsNow: guests }, this.#rates(), measured),
    };
  }

  #rates(): RateSource {
    const then = this.#samples[0];
    const seconds = then === undefined ? 0 : (this.#sources.clock.now() - then.at) / 1000;
    const perSecond = (now: number, before: number | undefined): number =>
      seconds <= 0 || before === undefined || now < before ? 0 : (now - before) / seconds;
    return {
      frames: (id, now) => Math.round(perSecond(now, then?.frames.get(id))),
      cpu: (id, now) => Math.min(1, perSecond(now, then?.cpu.get(id)) / 1000),
    };
  }
}
