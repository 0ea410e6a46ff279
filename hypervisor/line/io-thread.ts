// The I/O thread: works the lines of one machine room until it is ended. Host code only; no guest runs here.
// The composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { hostParts, type HostStart } from "../host-parts.ts";
import type { LinesAnswer } from "./letters.ts";
import { LineWorks } from "./line-works.ts";

const control = parentPort as MessagePort;

function tell(answer: LinesAnswer): void {
  control.postMessage(answer);
}

const works = new LineWorks(hostParts<LinesAnswer>(workerData as HostStart, tell));
tell({ type: "ready" });
works.run();
