// The capture thread: carries captured frames of one machine room until it is ended. Host code only. The
// composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { viewFabric } from "../memory/fabric.ts";
import { CaptureWorks } from "./capture-works.ts";
import type { CaptureAnswer, CaptureStart } from "./letters.ts";

const control = parentPort as MessagePort;
const start = workerData as CaptureStart;

function tell(answer: CaptureAnswer): void {
  if (answer.type === "full") return control.postMessage(answer);
  // Chunks of which only a part is filled share their memory with what comes next.
  const bytes = answer.bytes.slice();
  control.postMessage({ ...answer, bytes }, [bytes.buffer]);
}

new CaptureWorks(viewFabric(start.fabric), start.inbox, tell).run();
