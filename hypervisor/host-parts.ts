// What threads of host code that frames pass start with: the I/O thread and the uplinks'.

import type { MessagePort } from "node:worker_threads";
import { makeSteadyNowNs } from "./clock.ts";
import type { RaiseFault } from "./datapath/fault.ts";
import { viewFabric, viewGuestMemory, type Fabric, type OwnMemory } from "./memory/fabric.ts";
import { markFault } from "./memory/threads.ts";

/** What such a thread is started with. */
export interface HostStart {
  readonly fabric: WebAssembly.Memory;
  readonly memory: WebAssembly.Memory;
  readonly incarnation: number;
  readonly inbox: MessagePort;
}

/** The same as the thread's works need it. */
export interface HostParts<Answer> {
  readonly fabric: Fabric;
  readonly memory: OwnMemory;
  readonly incarnation: number;
  readonly inbox: MessagePort;
  readonly fault: RaiseFault;
  readonly nowNs: () => number;
  readonly tell: (answer: Answer) => void;
}

/** For the composition root of such a thread. A guest that broke the protocol is told once. */
export function hostParts<Answer>(
  start: HostStart,
  tell: (answer: Answer | { readonly type: "fault" }) => void,
): HostParts<Answer> {
  const fabric = viewFabric(start.fabric);
  return {
    fabric,
    memory: viewGuestMemory(start.memory),
    incarnation: start.incarnation,
    inbox: start.inbox,
    fault: (thread, reason) => {
      if (markFault(fabric, thread, reason)) tell({ type: "fault" });
    },
    nowNs: makeSteadyNowNs(),
    tell,
  };
}
