// The uplinks' thread: carries frames between networks and the outside of the process. Host code only; no
// guest runs here. The composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { hostParts, type HostStart } from "../../host-parts.ts";
import type { UplinksAnswer } from "./letters.ts";
import { UplinkWorks } from "./uplink-works.ts";

const control = parentPort as MessagePort;

function tell(answer: UplinksAnswer): void {
  control.postMessage(answer);
}

// It is asked nothing here, but keeps the thread's event loop while it sleeps.
control.on("message", () => undefined);
await new UplinkWorks(hostParts<UplinksAnswer>(workerData as HostStart, tell)).run();
