// The capture thread's work: takes what all threads have recorded, gives it to the captures, and these to
// their readers. Sleeps while nothing is recorded and nobody asks. It waits for nobody, and nobody for it.

import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { CAPTURE_REST_MS } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { TapReader, armTapBell, awaitTapBell, rest } from "../ring/tap-ring.ts";
import type { CaptureAnswer, CaptureLetter } from "./letters.ts";
import { Recording } from "./recording.ts";

export class CaptureWorks {
  readonly #fabric: Fabric;
  readonly #inbox: MessagePort;
  readonly #tell: (answer: CaptureAnswer) => void;
  readonly #reader: TapReader;
  readonly #recordings = new Map<number, Recording>();
  /** Told to stop since the last look, so that one more is needed. */
  readonly #ending = new Set<Recording>();

  constructor(fabric: Fabric, inbox: MessagePort, tell: (answer: CaptureAnswer) => void) {
    this.#fabric = fabric;
    this.#inbox = inbox;
    this.#tell = tell;
    this.#reader = new TapReader(fabric);
  }

  /** Works until the thread is ended. */
  run(): never {
    // Event loop: this thread's own; each turn takes what is there, or sleeps.
    for (;;) {
      armTapBell(this.#fabric);
      let busy = this.#turn();
      // Bound: ends when a round finds nothing; in between it rests, and the bell is not rung.
      while (busy) {
        rest(CAPTURE_REST_MS);
        busy = this.#turn();
        if (!busy) {
          armTapBell(this.#fabric);
          busy = this.#turn();
        }
      }
      awaitTapBell(this.#fabric);
    }
  }

  /** One round. True: there may be more. */
  #turn(): boolean {
    const last = [...this.#ending];
    this.#ending.clear();
    // In this order: whoever records for a capture does it after its letters were posted.
    this.#reader.look();
    const letters = this.#readLetters();
    const recordings = [...this.#recordings.values()];
    const taken = this.#reader.take((at) => {
      for (const recording of recordings) recording.take(at);
    });
    for (const recording of last) recording.close();
    for (const [capture, recording] of this.#recordings) this.#answer(capture, recording);
    return taken + letters > 0 || this.#ending.size > 0;
  }

  #answer(capture: number, recording: Recording): void {
    recording.countLost();
    if (recording.closed && recording.endNs === undefined) {
      recording.endNs = 0; // Full by itself: control takes the taps away.
      this.#tell({ type: "full", capture });
    }
    // Bound: what was asked for.
    for (let answer = recording.next(); answer; answer = recording.next()) this.#tell(answer);
    if (recording.over) this.#recordings.delete(capture);
  }

  #readLetters(): number {
    let count = 0;
    // Bound: what control has posted.
    for (let letter = receiveMessageOnPort(this.#inbox); letter; letter = receiveMessageOnPort(this.#inbox)) {
      this.#take(letter.message as CaptureLetter);
      count++;
    }
    return count;
  }

  #take(letter: CaptureLetter): void {
    if (letter.type === "begin") {
      this.#recordings.set(letter.capture, new Recording(letter, this.#fabric));
      return;
    }
    const recording = this.#recordings.get(letter.capture);
    if (!recording) return;
    switch (letter.type) {
      case "interface":
        recording.addInterface(letter);
        return;
      case "tap":
        recording.setTap(letter);
        return;
      case "read":
        recording.want();
        return;
      case "stop":
        recording.endNs = letter.endNs;
        this.#ending.add(recording);
        return;
      case "drop":
        this.#recordings.delete(letter.capture);
        this.#ending.delete(recording);
        return;
    }
  }
}
