// The controller of guests: boots them when what they depend on has met its goal, notes how they end, boots
// them again by their policy. Decides nothing about definitions; the executor tells it what each guest
// should be.

import { compilePattern } from "../../lang/index.ts";
import type { Resource } from "../../lang/index.ts";
import type {
  GuestSpec,
  Hypervisor,
  HypervisorEvent,
  Image,
  Outcome,
  PcBegin,
} from "../../hypervisor/index.ts";
import type { Clock } from "../clock.ts";
import { BugError } from "../bug.ts";
import type { LogLine } from "../control/protocol.ts";
import {
  guestSpec,
  healthCheckOf,
  healthPatternOf,
  imageOf,
  isWellByRunning,
  niceOf,
  realtimeOf,
} from "../drivers/guest.ts";
import { Checks } from "./checks.ts";
import { bootGates } from "./gate.ts";
import { endedWell, endText, goalMet, isEnd, restartDelay, streakAfter } from "./guest-record.ts";
import type { GuestEnd, GuestRecord } from "./guest-record.ts";
import type { Lane } from "./lane.ts";
import type { GuestLogs } from "../log/guest-logs.ts";

/** What the controller tells: a guest, one sentence, and how serious it is. */
export type GuestNews = (address: string, message: string, level: "info" | "warning" | "error") => void;

export interface GuestsOptions {
  readonly hypervisor: Hypervisor;
  readonly lane: Lane;
  readonly clock: Clock;
  /** The compiled image at an address. */
  readonly compiled: (address: string) => Image | undefined;
  readonly news: GuestNews;
  readonly logs: GuestLogs;
  /** Called after every change of any record. */
  readonly changed: () => void;
}

const OK: Outcome = { ok: true, value: undefined };

export class Guests {
  readonly #options: GuestsOptions;
  readonly #records = new Map<string, GuestRecord>();
  /** Those of the records that wait for others: few of many, and looked at whenever a guest changes. */
  readonly #waiting = new Set<string>();
  readonly #boots = bootGates();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Guests that end since they are to go on elsewhere. */
  readonly #replaced = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #checks: Checks;
  #closed = false;

  constructor(options: GuestsOptions) {
    this.#options = options;
    this.#checks = new Checks(options.hypervisor, (address, why) => this.#judge(address, why));
    const deaf = options.hypervisor.on((event) => this.#hear(event));
    const blind = options.logs.on((lines) => this.#read(lines));
    this.#unsubscribe = () => {
      deaf();
      blind();
    };
  }

  record(address: string): GuestRecord | undefined {
    return this.#records.get(address);
  }

  records(): ReadonlyMap<string, GuestRecord> {
    return this.#records;
  }

  /** Boots it, or lets it wait for the goals of what it needs. In the lane only. */
  async start(resource: Resource, restarts = 0): Promise<Outcome> {
    const fresh = { ran: false, healthy: false, logFrom: 0, streak: 0, stopping: false, bootedAt: 0 };
    this.#put({ resource, phase: "waiting", restarts, ...fresh });
    return this.#needsMet(resource) ? this.#boot(resource.address) : OK;
  }

  /**
   * Takes it down and forgets it. Answers what it was, for `restore`. In the lane only; `graceMs` is the time
   * between asking and killing.
   */
  async stop(address: string, graceMs: number): Promise<Outcome<GuestRecord>> {
    const record = this.#records.get(address);
    if (record === undefined) throw new BugError(`no guest ${address} to stop`);
    this.#cancelTimer(address);
    this.#checks.end(address);
    if (record.phase === "up") {
      this.#put({ ...record, stopping: true });
      const stopped = await this.#options.hypervisor.stopGuest(address, graceMs);
      if (!stopped.ok && this.#isUp(address)) {
        this.#put(record);
        return stopped;
      }
    }
    this.#options.hypervisor.removeGuest(address);
    this.#forget(address);
    this.#options.changed();
    return { ok: true, value: record };
  }

  /** The way back from `stop`: what had ended stays ended, the rest boots anew. In the lane only. */
  async restore(record: GuestRecord): Promise<Outcome> {
    if (record.phase !== "ended") return this.start(record.resource, record.restarts);
    this.#put(record);
    return OK;
  }

  /** Boots a guest that has ended once more. In the lane only. */
  async startAgain(address: string): Promise<Outcome> {
    const record = this.#records.get(address);
    if (record?.phase !== "ended") throw new BugError(`${address} has not ended`);
    this.#cancelTimer(address);
    this.#options.hypervisor.removeGuest(address);
    return this.start(record.resource, record.restarts + 1);
  }

  /** What would boot there; undefined: no guest, or one that waits for others. */
  specOf(address: string): GuestSpec | undefined {
    const record = this.#records.get(address);
    const image = record && this.#options.compiled(imageOf(record.resource));
    return record && image && record.phase !== "waiting" ? guestSpec(record.resource, image) : undefined;
  }

  /** Ends it if it runs, and has it go on from there, as `healthy` as it was. In the lane only. */
  async goOn(address: string, from: PcBegin, healthy: boolean): Promise<Outcome> {
    const record = this.#records.get(address);
    if (record === undefined) throw new BugError(`no guest ${address} to go on`);
    this.#cancelTimer(address);
    this.#checks.end(address);
    // Its end is nobody's matter: it goes on.
    this.#replaced.add(address);
    if (this.#isUp(address)) await this.#options.hypervisor.killGuest(address);
    this.#replaced.delete(address);
    this.#options.hypervisor.removeGuest(address);
    return this.#bootOrFail(address, { from, healthy });
  }

  /** Takes over a definition that needs no restart: goal, policy, labels, niceness. */
  redefine(resource: Resource): Outcome {
    const { address } = resource;
    const record = this.#records.get(address);
    const stepped = this.#isUp(address) ? this.#options.hypervisor.setNice(address, niceOf(resource)) : OK;
    // One that has ended meanwhile has no thread any more.
    if (!stepped.ok && stepped.refusal.code !== "missing") return stepped;
    if (record !== undefined) this.#judgeAnew({ ...record, resource }, record.resource);
    if (record?.phase === "up") this.#hurry(record.resource, resource);
    this.#wakeWaiting();
    return OK;
  }

  #hurry(before: Resource, after: Resource): void {
    const [was, is] = [realtimeOf(before), realtimeOf(after)];
    if (was?.priority === is?.priority && was?.deadlineNs === is?.deadlineNs) return;
    // One that has just ended needs none.
    if (this.#options.hypervisor.setRealtime(after.address, is).ok) this.#tellRefused(after.address);
  }

  /** A realtime guest runs all the same where the system does not let it go before others. */
  #tellRefused(address: string): void {
    const refused = this.#options.hypervisor.guest(address)?.realtime?.refused;
    if (refused === undefined) return;
    const why = `the system does not let its thread go before others (${refused})`;
    this.#options.news(address, why, "warning");
  }

  /** Guests that have not met their goal and never will. */
  hopeless(): readonly string[] {
    const found = new Set<string>();
    let before = -1;
    // Bound: each round adds at least one guest, or is the last.
    while (found.size > before) {
      before = found.size;
      for (const [address, record] of this.#records) {
        const ended = record.phase === "ended" && !goalMet(record) && !this.#timers.has(address);
        const waits = record.phase === "waiting" && record.resource.needs.some((need) => found.has(need));
        if (ended || waits) found.add(address);
      }
    }
    return [...found];
  }

  /** Those that ended without having met it, and are not about to be booted again. */
  dead(): readonly string[] {
    return this.hopeless().filter((address) => this.#records.get(address)?.phase === "ended");
  }

  allMet(): boolean {
    return [...this.#records.values()].every(goalMet);
  }

  /** No more boots and restarts from now on. */
  close(): void {
    this.#closed = true;
    this.#checks.close();
    for (const address of this.#timers.keys()) this.#cancelTimer(address);
    this.#unsubscribe();
  }

  #put(record: GuestRecord): void {
    const { address } = record.resource;
    this.#records.set(address, record);
    if (record.phase === "waiting") this.#waiting.add(address);
    else this.#waiting.delete(address);
    this.#options.changed();
  }

  #isUp(address: string): boolean {
    const facts = this.#options.hypervisor.guest(address);
    return facts !== undefined && !isEnd(facts.state);
  }

  #forget(address: string): void {
    this.#records.delete(address);
    this.#waiting.delete(address);
  }

  #needsMet(resource: Resource): boolean {
    return resource.needs.every((need) => {
      const record = this.#records.get(need);
      return record === undefined || goalMet(record);
    });
  }

  async #boot(address: string, begin?: Begin): Promise<Outcome> {
    const record = this.#records.get(address);
    if (record === undefined) return OK;
    const image = this.#options.compiled(imageOf(record.resource));
    if (image === undefined) throw new BugError(`the image of ${address} is not compiled`);
    const { end: _, ...fresh } = record;
    const { clock, hypervisor, logs } = this.#options;
    const { from, healthy = false } = begin ?? {};
    const began = { ran: false, healthy, logFrom: logs.told, bootedAt: clock.now(), stopping: false };
    this.#put({ ...fresh, phase: "up", ...began });
    const spec = guestSpec(record.resource, image);
    const booted = await this.#boots[spec.vcpu ?? "dedicated"].run(() =>
      hypervisor.bootGuest(address, spec, from),
    );
    if (!booted.ok) {
      this.#options.hypervisor.removeGuest(address);
      this.#forget(address);
      this.#options.changed();
    }
    this.#tellRefused(address);
    return booted;
  }

  #hear(event: HypervisorEvent): void {
    if (event.type !== "guest") return;
    const record = this.#records.get(event.id);
    if (record === undefined || record.phase === "ended" || this.#replaced.has(event.id)) return;
    if (event.state === "running") {
      const healthy = record.healthy || isWellByRunning(record.resource);
      this.#put({ ...record, phase: "up", ran: true, healthy });
      this.#checkHealth(record.resource);
      this.#options.news(event.id, "running", "info");
      this.#wakeWaiting();
    } else if (event.state === "paused") {
      this.#options.news(event.id, "paused", "info");
      this.#options.changed();
    } else if (isEnd(event.state)) {
      this.#noteEnd(record, event);
    }
  }

  /** Guests that were waited for have said that they are well. */
  #read(lines: readonly LogLine[]): void {
    for (const { guest, text } of lines) {
      const record = this.#records.get(guest);
      if (record?.phase === "up" && !record.healthy && isWell(record.resource, [text])) this.#getWell(record);
    }
  }

  #checkHealth(resource: Resource): void {
    const check = healthCheckOf(resource);
    if (check !== undefined) this.#checks.begin(resource.address, check);
  }

  /** Its health check says that it is well, or why not any more. */
  #judge(address: string, why: string | undefined): void {
    const record = this.#records.get(address);
    if (record?.phase !== "up") return;
    if (why === undefined) return this.#getWell(record);
    this.#put({ ...record, healthy: false });
    this.#options.news(address, `not healthy: ${why}`, "warning");
  }

  /** Its definition has changed: for what `health` waits for now, what was said since the boot counts. */
  #judgeAnew(record: GuestRecord, before: Resource): void {
    const { resource, phase, ran, logFrom } = record;
    const asked = healthPatternOf(resource) !== undefined;
    const lines = asked ? this.#options.logs.behind(resource.address, logFrom) : [];
    const healthy = phase === "up" && (asked ? isWell(resource, lines) : ran);
    const check = healthCheckOf(resource);
    if (check !== undefined) {
      const same = JSON.stringify(check) === JSON.stringify(healthCheckOf(before));
      this.#put({ ...record, healthy: same && record.healthy });
      if (!same && ran && phase === "up") this.#checkHealth(resource);
      return;
    }
    this.#checks.end(resource.address);
    if (asked && healthy && !record.healthy) this.#getWell(record);
    else this.#put({ ...record, healthy });
  }

  #getWell(record: GuestRecord): void {
    this.#put({ ...record, healthy: true });
    this.#options.news(record.resource.address, "healthy", "info");
    this.#wakeWaiting();
  }

  #noteEnd(record: GuestRecord, end: GuestEnd): void {
    const { resource } = record;
    this.#checks.end(resource.address);
    const streak = streakAfter(record, this.#options.clock.now());
    const ended: GuestRecord = { ...record, phase: "ended", healthy: false, streak, end: pickEnd(end) };
    const delay = this.#closed ? undefined : restartDelay(ended, end);
    if (delay !== undefined) this.#startTimer(resource.address, delay);
    this.#put(ended);
    const again = delay === undefined ? "" : `, again in ${Math.round(delay)} ms`;
    const level = endedWell(end) || record.stopping ? "info" : "error";
    this.#options.news(resource.address, endText(end) + again, level);
    this.#wakeWaiting();
  }

  #startTimer(address: string, delayMs: number): void {
    const timer = setTimeout(() => {
      void this.#options.lane.run(() => this.#again(address));
    }, delayMs);
    this.#timers.set(address, timer);
  }

  async #again(address: string): Promise<void> {
    const record = this.#records.get(address);
    if (!this.#timers.delete(address) || this.#closed || record?.phase !== "ended") return;
    this.#options.hypervisor.removeGuest(address);
    this.#put({ ...record, restarts: record.restarts + 1, streak: record.streak + 1 });
    await this.#bootOrFail(address);
  }

  #cancelTimer(address: string): void {
    clearTimeout(this.#timers.get(address));
    this.#timers.delete(address);
  }

  #wakeWaiting(): void {
    for (const address of this.#waiting) {
      const record = this.#records.get(address);
      if (record === undefined || !this.#needsMet(record.resource)) continue;
      void this.#options.lane.run(async () => {
        const now = this.#records.get(address);
        if (this.#closed || now?.phase !== "waiting" || !this.#needsMet(now.resource)) return;
        await this.#bootOrFail(address);
      });
    }
  }

  /** A boot that no apply waits for: a refusal is the guest's end. */
  async #bootOrFail(address: string, begin?: Begin): Promise<Outcome> {
    const record = this.#records.get(address);
    const booted = await this.#boot(address, begin);
    if (booted.ok || record === undefined) return booted;
    const end: GuestEnd = { state: "failed", reason: booted.refusal.message };
    this.#put({ ...record, phase: "ended", end });
    this.#options.news(address, endText(end), "error");
    return booted;
  }
}

/** Where a guest goes on, in place of a boot. */
interface Begin {
  readonly from: PcBegin;
  readonly healthy: boolean;
}

/** One of the lines is what the guest's health waits for. */
function isWell(resource: Resource, lines: readonly string[]): boolean {
  const pattern = healthPatternOf(resource);
  if (pattern === undefined) return isWellByRunning(resource);
  const made = compilePattern(pattern);
  return !("problem" in made) && lines.some((line) => made.first(line) !== undefined);
}

function pickEnd({ state, exit, reason }: GuestEnd): GuestEnd {
  return { state, ...(exit !== undefined && { exit }), ...(reason !== undefined && { reason }) };
}
