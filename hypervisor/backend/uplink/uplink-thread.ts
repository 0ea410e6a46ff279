// The uplinks' thread: carries frames between networks and the outside of the process. Host code only; no
// guest runs here. The composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { makeSteadyNowNs } from "../../clock.ts";
import { viewFabric, viewGuestMemory } from "../../memory/fabric.ts";
import { markFault } from "../../memory/threads.ts";
import type { UplinksAnswer, UplinksStart } from "./letters.ts";
import { UplinkWorks } from "./uplink-works.ts";

const control = parentPort as MessagePort;
const start = workerData as UplinksStart;
const fabric = viewFabric(start.fabric);

function tell(answer: UplinksAnswer): void {
  control.postMessage(answer);
}

// It is asked nothing here, but keeps the thread's event loop while it sleeps.
control.on("message", () => undefined);
await new UplinkWorks({
  fabric,
  memory: viewGuestMemory(start.memory),
  incarnation: start.incarnation,
  inbox: start.inbox,
  fault: (thread, reason) => {
    if (markFault(fabric, thread, reason)) tell({ type: "fault" });
  },
  nowNs: makeSteadyNowNs(),
  tell,
}).run();
