// The I/O thread: works the lines of one machine room until it is ended. Host code only; no guest runs here.
// The composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { makeSteadyNowNs } from "../clock.ts";
import { viewFabric, viewGuestMemory } from "../memory/fabric.ts";
import { markFault } from "../memory/threads.ts";
import type { LinesAnswer, LinesStart } from "./letters.ts";
import { LineWorks } from "./line-works.ts";

const control = parentPort as MessagePort;
const start = workerData as LinesStart;
const fabric = viewFabric(start.fabric);

function tell(answer: LinesAnswer): void {
  control.postMessage(answer);
}

const works = new LineWorks({
  fabric,
  memory: viewGuestMemory(start.memory),
  incarnation: start.incarnation,
  inbox: start.inbox,
  fault: (thread, reason) => {
    if (markFault(fabric, thread, reason)) tell({ type: "fault" });
  },
  nowNs: makeSteadyNowNs(),
  tell,
});
tell({ type: "ready" });
works.run();
