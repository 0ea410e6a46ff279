// An uplink that plays a file into its network: each frame at its time, or as fast as its receivers take
// them. What the network carries is recorded elsewhere (recorder.ts).

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { PcapSpec } from "../../hypervisor.ts";
import { UPLINK_BUDGET_FRAMES } from "../../limits.ts";
import { COUNTER } from "../../memory/layout.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import type { EndSpec } from "./letters.ts";
import { CaptureReader } from "./pcap-reading.ts";
import { codeOf } from "./socket-texts.ts";

export class PcapEnd implements UplinkEnd {
  readonly #io: UplinkIo;
  #spec: PcapSpec;
  /** Ends the file that is being played. */
  #stop: (() => Promise<void>) | undefined;
  /** The file's clock: when, on ours, it began at this speed, and where in the file. */
  #startNs = 0;
  #startAtNs = 0;
  #atNs = 0;

  constructor(spec: PcapSpec, io: UplinkIo) {
    this.#spec = spec;
    this.#io = io;
  }

  async open(): Promise<string | undefined> {
    const { replay, record } = this.#spec;
    if (replay !== undefined) return this.#begin(replay);
    this.#io.tell({ carrier: true, detail: `records to ${record ?? "nowhere"}` });
    return undefined;
  }

  async set(spec: EndSpec): Promise<string | undefined> {
    if (spec.class !== "pcap") return "an uplink keeps its class";
    const before = this.#spec;
    this.#spec = spec.pcap;
    this.#startClock();
    if (spec.pcap.replay === before.replay) return undefined;
    await this.#stop?.();
    this.#stop = undefined;
    return this.open();
  }

  /** What is sent on the network is not played back. */
  receive(): Carried {
    return "sent";
  }

  flush(): void {
    // Nothing is kept.
  }

  async close(): Promise<void> {
    await this.#stop?.();
  }

  async #begin(path: string): Promise<string | undefined> {
    let reader: CaptureReader;
    try {
      reader = await CaptureReader.open(path);
    } catch (error) {
      return `can't play ${path}: ${codeOf(error)}`;
    }
    const stopping = new AbortController();
    this.#atNs = 0;
    this.#startClock();
    this.#io.tell({ carrier: true, detail: `plays ${path}` });
    const played = this.#play(reader, stopping.signal)
      .then((frames) => `played ${frames} frames of ${path}`)
      .catch((error: unknown) => (stopping.signal.aborted ? "" : `stopped playing ${path}: ${codeOf(error)}`))
      .then(async (detail) => {
        await reader.close();
        if (detail !== "" && !stopping.signal.aborted) this.#io.tell({ carrier: false, detail });
      });
    this.#stop = () => {
      stopping.abort();
      return played;
    };
    return undefined;
  }

  /** From here on the file goes on at the speed that is declared now. */
  #startClock(): void {
    this.#startNs = this.#io.nowNs();
    this.#startAtNs = this.#atNs;
  }

  /** The frames that were played. */
  async #play(reader: CaptureReader, signal: AbortSignal): Promise<number> {
    // The port is plugged in when control has heard that it is open.
    while (!this.#io.isPlugged()) await sleep(1, undefined, { signal });
    this.#startClock();
    let frames = 0;
    // Bound: the file; each turn plays a frame.
    for (let next = await reader.next(); next && !signal.aborted; next = await reader.next()) {
      this.#atNs = next.timeNs;
      await this.#awaitTurn(signal);
      // Bound: until its receiver has room and the rate allows it; what is flooded does not wait.
      while (isBusy(this.#io.send(next.frame, true))) await sleep(1, undefined, { signal });
      if (++frames % UPLINK_BUDGET_FRAMES === 0) await nextTurn(undefined, { signal });
    }
    return frames;
  }

  async #awaitTurn(signal: AbortSignal): Promise<void> {
    // Bound: the frame's time; the speed may change while it waits.
    for (;;) {
      const { speed } = this.#spec;
      if (speed === undefined) return;
      const waitMs = ((this.#atNs - this.#startAtNs) / speed - (this.#io.nowNs() - this.#startNs)) / 1e6;
      if (waitMs < 1) return;
      await sleep(Math.min(waitMs, WAIT_MS_MAX), undefined, { signal });
    }
  }
}

/** A change of speed is seen after this at the latest. */
const WAIT_MS_MAX = 100;

function isBusy(outcome: number): boolean {
  return outcome === COUNTER.full || outcome === COUNTER.overRate;
}
