// The runs that a sink knows, and the line that it prints when one is over: when its sender has said so and
// all is there, or nothing more has come for a while.

import { FOREVER, put, putIp, putLine } from "../sdk/index";
import { putCounts } from "../stream/words";
import { Flow } from "./flow";

const FLOWS_MAX: i32 = 64;
const MILLISECOND: i64 = 1_000_000;
/** What the end of a run has overtaken on its way comes within this. */
const FINISHED_PATIENCE: i64 = 500 * MILLISECOND;
/** A run whose sender says nothing more has ended after this. */
const SILENT_PATIENCE: i64 = 5000 * MILLISECOND;

export class Flows {
  private flows: StaticArray<Flow> = new StaticArray<Flow>(FLOWS_MAX);
  /** The one of the last datagram: most often it is that of the next one too. */
  private last: Flow = new Flow();

  constructor() {
    for (let i = 0; i < FLOWS_MAX; i++) this.flows[i] = new Flow();
  }

  /** The run that a datagram belongs to. Null: it is a new one, and all places have runs that go on. */
  find(ip: u32, port: u32, run: u32, time: i64): Flow | null {
    const last = this.last;
    if (last.ip == ip && last.port == port && last.run == run) return last;
    let free: Flow | null = null;
    for (let i = 0; i < FLOWS_MAX; i++) {
      const flow = this.flows[i];
      if (flow.ip == ip && flow.port == port && flow.run == run) return (this.last = flow);
      // Of those that are over, the one that was heard last longest ago: its sender may still ask.
      if ((flow.ip == 0 || flow.told) && (free == null || flow.heardAt < free.heardAt)) free = flow;
    }
    if (free == null) return null;
    free.begin(ip, port, run, time);
    return (this.last = free);
  }

  /** Prints the lines of the runs that are over, and answers when to ask again. */
  settle(time: i64): i64 {
    let dueAt = FOREVER;
    for (let i = 0; i < FLOWS_MAX; i++) {
      const flow = this.flows[i];
      if (flow.ip == 0 || flow.told) continue;
      const finished = flow.finishedAt != 0;
      const overAt = finished ? flow.finishedAt + FINISHED_PATIENCE : flow.heardAt + SILENT_PATIENCE;
      if ((finished && flow.complete) || time >= overAt) this.tell(flow);
      else dueAt = min(dueAt, overAt);
    }
    return dueAt;
  }

  /** The guest ends: what has come so far. */
  tellAll(): void {
    for (let i = 0; i < FLOWS_MAX; i++) {
      if (this.flows[i].ip != 0) this.tell(this.flows[i]);
    }
  }

  private tell(flow: Flow): void {
    if (flow.told) return;
    flow.told = true;
    put("from ");
    putIp(flow.ip);
    put(": ");
    putCounts(flow.counts, flow.total);
    if (flow.finishedAt == 0) put(", no end heard");
    putLine();
  }
}
