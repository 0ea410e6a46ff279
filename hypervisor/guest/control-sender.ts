// What the control thread itself puts into guests' rings: it is one more sender.

import type { Device } from "../bus/bus.ts";
import { refuse } from "../bus/outcome.ts";
import { FAULT } from "../datapath/fault.ts";
import { portOwner, receivingRing } from "../datapath/port.ts";
import type { Outcome } from "../hypervisor.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { markFault } from "../memory/threads.ts";
import { BROKEN, CLAIMED, Claims, generationOf } from "../ring/claims.ts";

/** Row 0 of the fabric: what the control thread does itself. */
const CONTROL_THREAD = 0;

export class ControlSender {
  readonly #fabric: Fabric;
  readonly #claims: Claims;
  /** A guest was marked as broken. */
  readonly #faulted: () => void;

  constructor(fabric: Fabric, faulted: () => void) {
    this.#fabric = fabric;
    this.#faulted = faulted;
    this.#claims = new Claims(fabric, CONTROL_THREAD);
  }

  /** Types on a console that a guest with this memory has open, if one has; the bytes that it took. */
  type(device: Device, memory: GuestMemory | undefined, text: string): Outcome<number> {
    const ring = receivingRing(this.#fabric, device.port);
    if (!memory || ring < 0) return refuse("busy", "no guest reads this console");
    const bytes = new TextEncoder().encode(text);
    const generation = generationOf(this.#fabric, ring);
    const verdict = this.#claims.claim(ring, memory, bytes.length, 0, generation);
    if (verdict === BROKEN && receivingRing(this.#fabric, device.port) === ring) {
      markFault(this.#fabric, portOwner(this.#fabric, device.port), FAULT.rxStructure);
      this.#faulted();
    }
    if (verdict !== CLAIMED) return { ok: true, value: 0 };
    memory.u8.set(bytes, this.#claims.address);
    this.#claims.publish(bytes.length);
    this.#claims.release();
    this.#claims.signal(ring, memory, generation);
    return { ok: true, value: bytes.length };
  }

  /** Has the guest that has a device open look into its ring once more; `memoryOf` answers whose that is. */
  wake({ port }: Device, memoryOf: () => GuestMemory | undefined): void {
    const ring = receivingRing(this.#fabric, port);
    const generation = ring < 0 ? 0 : generationOf(this.#fabric, ring);
    const memory = memoryOf();
    // One that was replaced meanwhile is looked at by its owner anyway.
    const current = ring >= 0 && receivingRing(this.#fabric, port) === ring;
    if (current && memory) this.#claims.signal(ring, memory, generation);
  }
}
