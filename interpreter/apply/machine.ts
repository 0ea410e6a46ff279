// Does one act, or undoes it: the only place that calls the hypervisor on behalf of a plan.
// Keeps the ledger of what is really there; decides nothing.

import type { Resource } from "../../lang/index.ts";
import type { Hypervisor, Image, Outcome } from "../../hypervisor/index.ts";
import { invariant } from "../bug.ts";
import type { Find } from "../drivers/driver.ts";
import { graceOf } from "../drivers/guest.ts";
import type { ImageFiles } from "../drivers/image-files.ts";
import { imageClass, lookAtImage } from "../drivers/image.ts";
import { valueOf } from "../drivers/read.ts";
import type { Definition } from "../plan/definition.ts";
import type { Act } from "./acts.ts";
import type { GuestRecord } from "./guest-record.ts";
import type { Guests } from "./guests.ts";
import { thingOf } from "./things.ts";

const OK: Outcome = { ok: true, value: undefined };

export interface MachineParts {
  readonly hypervisor: Hypervisor;
  readonly images: ImageFiles;
  readonly compiled: Map<string, Image>;
  readonly guests: Guests;
  /** What is there now, by address. */
  readonly ledger: Map<string, Resource>;
  /** In place of each guest's own, where the caller is in a hurry. */
  readonly graceMs?: number;
  /** Gets the addresses of what is taken out. */
  readonly removed: Set<string>;
}

/** The two definitions between which an apply moves. */
export interface Sides {
  readonly before: Definition;
  readonly after: Definition;
}

export class Machine {
  readonly #parts: MachineParts;
  readonly #sides: Sides;
  /** What guests were before they went down, and images before they were replaced. */
  readonly #keptGuests = new Map<string, GuestRecord>();
  readonly #keptImages = new Map<string, Image>();

  constructor(parts: MachineParts, sides: Sides) {
    this.#parts = parts;
    this.#sides = sides;
  }

  /** Does the act. What it changed is in the ledger when it answers well, and nothing is changed when not. */
  async run(act: Act): Promise<Outcome> {
    const { before, after } = this.#sides;
    const old = before.resources.get(act.address);
    const fresh = after.resources.get(act.address);
    const done = await this.#move(act, act.phase === "down" ? old : fresh, finder(after));
    if (done.ok && act.phase === "down") this.#parts.removed.add(act.address);
    if (done.ok) this.#note(act.address, act.phase === "down" ? undefined : fresh);
    return done;
  }

  /** Takes the act back, on the old definition. */
  async undo(act: Act): Promise<Outcome> {
    const { before } = this.#sides;
    const old = before.resources.get(act.address);
    const done = await this.#moveBack(act, old);
    const gone = act.phase === "up" && !this.#keptImages.has(act.address);
    if (done.ok) this.#note(act.address, gone ? undefined : old);
    return done;
  }

  #note(address: string, resource: Resource | undefined): void {
    if (resource === undefined) this.#parts.ledger.delete(address);
    else this.#parts.ledger.set(address, resource);
  }

  #move(act: Act, resource: Resource | undefined, find: Find): Promise<Outcome> | Outcome {
    invariant(resource !== undefined, `${act.address} has no definition`);
    if (act.phase === "up") return this.#up(resource, find);
    return act.phase === "down" ? this.#down(resource) : this.#change(resource, find);
  }

  #moveBack(act: Act, old: Resource | undefined): Promise<Outcome> | Outcome {
    if (act.phase === "up") {
      const made = this.#sides.after.resources.get(act.address);
      invariant(made !== undefined, `${act.address} has no definition`);
      return this.#unmake(made);
    }
    invariant(old !== undefined, `${act.address} had no definition`);
    if (act.phase === "change") return this.#change(old, finder(this.#sides.before));
    const kept = this.#keptGuests.get(act.address);
    if (kept !== undefined) return this.#parts.guests.restore(kept);
    return this.#up(old, finder(this.#sides.before));
  }

  #up(resource: Resource, find: Find): Promise<Outcome> | Outcome {
    const { hypervisor, guests } = this.#parts;
    const { address } = resource;
    if (resource.kind === "image") return this.#compile(resource);
    if (resource.kind === "guest")
      return guests.start(resource, (this.#keptGuests.get(address)?.restarts ?? -1) + 1);
    return thingOf(resource.kind).make(hypervisor, resource, find);
  }

  async #down(resource: Resource): Promise<Outcome> {
    const { hypervisor, guests, compiled } = this.#parts;
    const { address } = resource;
    if (resource.kind === "image") {
      this.#keepImage(address);
      compiled.delete(address);
      return OK;
    }
    if (resource.kind !== "guest") return thingOf(resource.kind).remove(hypervisor, address);
    const stopped = await guests.stop(address, this.#parts.graceMs ?? graceOf(resource));
    if (!stopped.ok) return stopped;
    this.#keptGuests.set(address, stopped.value);
    return OK;
  }

  /** The inverse of `up`. A guest that has just come up has nothing to lose: it is killed without a grace. */
  async #unmake(resource: Resource): Promise<Outcome> {
    const { guests, compiled } = this.#parts;
    if (resource.kind === "guest") {
      const stopped = await guests.stop(resource.address, 0);
      return stopped.ok ? OK : stopped;
    }
    if (resource.kind !== "image") return this.#down(resource);
    const kept = this.#keptImages.get(resource.address);
    if (kept === undefined) compiled.delete(resource.address);
    else compiled.set(resource.address, kept);
    return OK;
  }

  #change(resource: Resource, find: Find): Promise<Outcome> | Outcome {
    const { hypervisor, guests } = this.#parts;
    if (resource.kind === "image") return OK;
    if (resource.kind !== "guest") return thingOf(resource.kind).change(hypervisor, resource, find);
    return guests.redefine(resource);
  }

  #keepImage(address: string): void {
    const old = this.#parts.compiled.get(address);
    if (old !== undefined) this.#keptImages.set(address, old);
  }

  async #compile(resource: Resource): Promise<Outcome> {
    const { images, hypervisor, compiled } = this.#parts;
    const kept = this.#keptImages.get(resource.address);
    const digest = valueOf(resource, "digest");
    const wanted = digest.is === "string" ? digest.value : undefined;
    const class_ = imageClass(resource.class);
    invariant(class_ !== undefined, `${resource.address} is of no class that boots`);
    if (kept !== undefined && kept.digest === wanted && kept.class === class_) {
      compiled.set(resource.address, kept);
      return OK;
    }
    const file = lookAtImage(images, class_, (name) => valueOf(resource, name));
    invariant(file !== undefined, `${resource.address} names no files`);
    if ("problem" in file) return refuse(file.problem);
    if (wanted !== undefined && wanted !== file.digest)
      return refuse(`the files of ${resource.address} changed while it was being applied`);
    const made = await hypervisor.prepare(file.source);
    if (!made.ok) return made;
    this.#keepImage(resource.address);
    compiled.set(resource.address, made.value);
    return OK;
  }
}

function refuse(message: string): Outcome {
  return { ok: false, refusal: { code: "image", message } };
}

function finder(definition: Definition): Find {
  return (address) => definition.resources.get(address);
}
