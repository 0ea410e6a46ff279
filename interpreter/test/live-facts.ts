// Facts of a running lab as values of the language: guests, networks, uplinks, devices, buses and the lab.
// What no driver tells is said so, never made up.

import { textOf } from "../../lang/index.ts";
import type { Live, LiveThing, Value } from "../../lang/index.ts";
import type { CounterFacts, DeviceFacts, Hypervisor } from "../../hypervisor/index.ts";
import type { GuestRecord } from "../apply/guest-record.ts";
import type { Engine } from "../engine.ts";
import type { GuestTexts } from "./guest-texts.ts";
import type { Rates } from "./rates.ts";
import type { ShellFacts } from "./shell-facts.ts";

export interface FactSources {
  readonly engine: Engine;
  readonly hypervisor: Hypervisor;
  readonly texts: GuestTexts;
  readonly rates: Rates;
  readonly shell: ShellFacts;
}

type Answer = ReturnType<Live["read"]>;

const int = (value: number): Value => ({ is: "int", value });
const bool = (value: boolean): Value => ({ is: "bool", value });
const text = (value: string): Value => ({ is: "string", value });
const NONE: Value = { is: "none" };

export class LiveFacts implements Live {
  /** Guests that were asked about since this was emptied. */
  readonly askedGuests = new Set<string>();
  readonly #sources: FactSources;

  constructor(sources: FactSources) {
    this.#sources = sources;
  }

  read(of: LiveThing, fact: string, args: readonly Value[]): Answer {
    switch (of.kind) {
      case "guest":
        this.askedGuests.add(of.address);
        if (fact === "shell") return this.#shell(of.address, args[0]);
        return (
          this.#guest(of.address, fact) ?? unless(this.#sources.engine.guests.record(of.address), of, fact)
        );
      case "network":
        return this.#network(of, fact);
      case "channel":
        return this.#channel(of, fact);
      case "uplink":
        return this.#uplink(of, fact);
      case "device":
        return this.#device(of, fact);
      case "bus":
        return this.#bus(of, fact);
      case "volume":
        return this.#volume(of, fact);
      case "lab":
        return this.#lab(of, fact);
      default:
        return nobody(of, fact);
    }
  }

  /** Undefined until the command has ended for the first time. */
  #shell(address: string, command: Value | undefined): Answer {
    const { engine, shell } = this.#sources;
    if (engine.guests.record(address)?.phase !== "up") return undefined;
    return shell.read(address, command === undefined ? "" : textOf(command));
  }

  /** Undefined also where the guest isn't there. */
  #guest(address: string, fact: string): Answer {
    const { engine, hypervisor, texts } = this.#sources;
    const record = engine.guests.record(address);
    if (record === undefined) return undefined;
    const facts = hypervisor.guest(address);
    switch (fact) {
      case "state":
        return { is: "variant", enum: "GuestState", name: stateOf(record, facts?.state), fields: {} };
      case "exit":
        return record.end?.exit === undefined ? NONE : int(record.end.exit);
      case "log":
        return texts.of(address);
      case "ready":
      case "healthy":
        return bool(record.phase === "up" && record.healthy);
      case "restarts":
        return int(record.restarts);
      case "uptime": {
        const value = Math.round((facts?.uptimeMs ?? 0) * 1e6);
        return { is: "quantity", dimension: "duration", value };
      }
      case "exits":
        return int(facts?.exits ?? 0);
      case "signals":
        return int(facts?.signals ?? 0);
      case "late":
        return int(facts?.late ?? 0);
      default:
        return undefined;
    }
  }

  #network(of: LiveThing, fact: string): Answer {
    const facts = this.#sources.hypervisor.network(of.address);
    if (fact !== "frames") return nobody(of, fact);
    return facts && this.#counter(of.address, "frames", facts.frames);
  }

  #channel(of: LiveThing, fact: string): Answer {
    const facts = this.#sources.hypervisor.channel(of.address);
    if (fact === "waiting") return facts && int(facts.waiting);
    if (fact !== "messages") return nobody(of, fact);
    return facts && this.#counter(of.address, "messages", facts.messages);
  }

  #uplink(of: LiveThing, fact: string): Answer {
    const facts = this.#sources.hypervisor.uplink(of.address);
    if (facts === undefined) return undefined;
    if (fact === "rx" || fact === "tx") return this.#counter(of.address, fact, facts[fact]);
    if (fact === "connections" && facts.nat) return int(facts.nat.connections);
    return fact === "carrier" ? bool(facts.carrier) : nobody(of, fact);
  }

  #device(of: LiveThing, fact: string): Answer {
    const facts = this.#sources.hypervisor.device(of.address);
    if (facts === undefined) return undefined;
    return fact === "open" ? bool(facts.openBy !== undefined) : this.#classFact(of, fact, facts);
  }

  #classFact(of: LiveThing, fact: string, facts: DeviceFacts): Answer {
    switch (`${of.class}.${fact}`) {
      case "venet.rx":
      case "vconsole.rx":
        return this.#counter(of.address, fact, facts.rx);
      case "venet.tx":
      case "vconsole.tx":
        return this.#counter(of.address, fact, facts.tx);
      case "venet.kicks":
        return int(facts.kicks);
      case "vchan.messages":
        return this.#counter(of.address, fact, bothWays(facts));
      case "vclock.ticks":
        return int(facts.ticks ?? 0);
      case "vclock.late":
        return int(facts.late);
      case "vblk.requests":
        return this.#counter(of.address, "tx", facts.tx);
      case "vblk.reads":
        return int(facts.requests?.reads ?? 0);
      case "vblk.writes":
        return int(facts.requests?.writes ?? 0);
      case "vrng.bytes":
        return { is: "quantity", dimension: "size", value: facts.randomBytes ?? 0 };
      default:
        return nobody(of, fact);
    }
  }

  #volume(of: LiveThing, fact: string): Answer {
    const facts = this.#sources.hypervisor.volume(of.address);
    if (facts === undefined) return undefined;
    if (fact === "used" && facts.used !== undefined)
      return { is: "quantity", dimension: "size", value: facts.used };
    const counted = fact === "reads" || fact === "writes" || fact === "flushes" || fact === "discards";
    return counted ? int(facts[fact]) : nobody(of, fact);
  }

  #bus(of: LiveThing, fact: string): Answer {
    if (fact !== "members") return nobody(of, fact);
    const bus = this.#sources.hypervisor.buses().find(({ id }) => id === of.address);
    const items = bus?.members.map((address): Value => ({ is: "ref", kind: "guest", address }));
    return items && { is: "list", items };
  }

  #lab(of: LiveThing, fact: string): Answer {
    const { engine } = this.#sources;
    if (fact === "ready") return bool(engine.ready);
    return fact === "failures" ? int(engine.failures) : nobody(of, fact);
  }

  #counter(address: string, name: string, { count, bytes, dropped, droppedBy }: CounterFacts): Value {
    const rate = this.#sources.rates.bitsPerSecond(address, name, { count, bytes, dropped, droppedBy });
    const by = Object.entries(droppedBy).map(([why, frames]): [Value, Value] => [text(why), int(frames)]);
    return {
      is: "record",
      fields: {
        count: int(count),
        bytes: { is: "quantity", dimension: "size", value: bytes },
        dropped: int(dropped),
        dropped_by: { is: "map", entries: by },
        rate: { is: "quantity", dimension: "rate", value: rate },
      },
    };
  }
}

/** What an end of a channel has sent and received. */
function bothWays({ rx, tx }: DeviceFacts): CounterFacts {
  const count = rx.count + tx.count;
  return { count, bytes: rx.bytes + tx.bytes, dropped: tx.dropped, droppedBy: tx.droppedBy };
}

/** As `ps` shows it. */
export function stateOf(record: GuestRecord, now: string | undefined): string {
  return record.phase === "waiting" ? "waiting" : (record.end?.state ?? now ?? "booting");
}

/** A guest that isn't there has no facts yet; one that is there has none that are unknown. */
function unless(record: GuestRecord | undefined, of: LiveThing, fact: string): Answer {
  return record === undefined ? undefined : nobody(of, fact);
}

function nobody(of: LiveThing, fact: string): { readonly problem: string } {
  const what = of.class === undefined ? of.kind : `${of.kind} of class ${of.class}`;
  return { problem: `No driver tells \`${fact}\` of a ${what} yet (\`${of.address}\`).` };
}
