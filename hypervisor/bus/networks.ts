// Networks on the control thread: making, changing, joining, unmaking, and who is plugged in.

import type { Plugs } from "../datapath/plugs.ts";
import type { Id, NetworkSpec, Outcome } from "../hypervisor.ts";
import { MAC_AGE_MS, MAC_AGE_STEPS, MTU_MAX, MTU_MIN } from "../limits.ts";
import { joined, type Network } from "./network.ts";
import { refuse, success } from "./outcome.ts";

/** Who wants to know of networks. */
export interface NetworkNews {
  /** Those on the network will hear each other: guests must know each other's memories before. */
  meet(network: Id): void;
  /** What is plugged in where has changed. */
  plugsChanged(): void;
}

export class Networks {
  readonly #plugs: Plugs;
  readonly #news: NetworkNews;
  readonly all = new Map<Id, Network>();
  /** When stations last grew older. */
  #agedNs: number | undefined;

  constructor(plugs: Plugs, news: NetworkNews) {
    this.#plugs = plugs;
    this.#news = news;
  }

  create(id: Id, spec: NetworkSpec): Outcome {
    if (this.all.has(id)) return refuse("exists", `there is a network \`${id}\` already`);
    if (spec.mtu < MTU_MIN || spec.mtu > MTU_MAX)
      return refuse("invalid", `an MTU is from ${MTU_MIN} to ${MTU_MAX}`);
    const row = this.#plugs.addNetwork();
    if (row === undefined) return refuse("limit", "there are as many networks as this process can hold");
    this.#plugs.setNetwork(row, spec.rate ?? 0);
    this.all.set(id, { row, spec, ports: new Set() });
    this.#join(id);
    return success();
  }

  set(id: Id, spec: NetworkSpec): Outcome {
    const network = this.all.get(id);
    if (!network) return missing(id);
    if (spec.mtu !== network.spec.mtu)
      return refuse("invalid", "`mtu` can't change while the network is there");
    network.spec = spec;
    this.#plugs.setNetwork(network.row, spec.rate ?? 0);
    this.#join(id);
    return success();
  }

  remove(id: Id): Outcome {
    const network = this.all.get(id);
    if (!network) return missing(id);
    if (network.ports.size > 0) return refuse("busy", `network \`${id}\` has devices plugged in`);
    this.all.delete(id);
    this.#plugs.join([...this.#groups(), [network.row]]);
    this.#plugs.removeNetwork(network.row);
    this.#news.plugsChanged();
    return success();
  }

  /** Puts a port on a network, or says why not; then nothing has changed. */
  plug(port: number, id: Id): Outcome {
    const network = this.all.get(id);
    if (!network) return missing(id);
    if (!this.#plugs.plug(port, network.row))
      return refuse("limit", `network \`${id}\` has no room for one more device`);
    network.ports.add(port);
    return success();
  }

  unplug(port: number, id: Id): void {
    this.all.get(id)?.ports.delete(port);
    this.#plugs.unplug(port);
  }

  /** Ports that are plugged into a network or one that it is joined with. */
  onSegment(id: Id): readonly number[] {
    const network = this.all.get(id);
    const segment = joined(this.all).find((group) => group.some((one) => one === network)) ?? [];
    return segment.flatMap(({ ports }) => [...ports]);
  }

  /** What happens with time: stations that are silent grow old. To be called now and then. */
  passTime(nowNs: number): void {
    this.#agedNs ??= nowNs;
    if (nowNs - this.#agedNs < (MAC_AGE_MS / MAC_AGE_STEPS) * 1e6) return;
    this.#agedNs = nowNs;
    this.#plugs.age([...this.all.values()].map(({ row }) => row));
  }

  /** The links of a network have changed. */
  #join(id: Id): void {
    this.#news.meet(id);
    this.#plugs.join(this.#groups());
    this.#news.plugsChanged();
  }

  #groups(): (readonly number[])[] {
    return joined(this.all).map((group) => group.map(({ row }) => row));
  }
}

function missing(id: Id): Outcome {
  return refuse("missing", `there is no network \`${id}\``);
}
