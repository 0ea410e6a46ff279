// A network as the control thread knows it, and which of them links join.

import type { Id, NetworkSpec } from "../hypervisor.ts";

export interface Network {
  readonly row: number;
  spec: NetworkSpec;
  readonly ports: Set<number>;
}

/** The networks in groups that links join. */
export function joined(networks: ReadonlyMap<Id, Network>): readonly (readonly Network[])[] {
  const groups = new Map<Network, Set<Network>>([...networks.values()].map((one) => [one, new Set([one])]));
  for (const network of networks.values()) {
    for (const id of network.spec.links ?? []) {
      const other = networks.get(id);
      const [into, from] = [groups.get(network), other && groups.get(other)];
      if (!into || !from || into === from) continue;
      for (const one of from) {
        into.add(one);
        groups.set(one, into);
      }
    }
  }
  return [...new Set(groups.values())].map((group) => [...group]);
}
