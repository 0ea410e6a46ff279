// What a guest that shares its thread with others can't have.

import type { Diagnostic, Model, Resource } from "../../lang/index.ts";
import { SHARED_MEMORY_MAX } from "../../hypervisor/index.ts";
import { anyHas, type Grouped } from "./grouped.ts";
import { imageOf, isShared } from "./guest.ts";

const MIB = 1024 * 1024;

/** One error for each shared guest that needs a thread of its own. */
export function cannotShare(model: Model, grouped: Grouped): readonly Diagnostic[] {
  const guests = grouped.of("guest");
  if (!anyHas(guests, "vcpu", ({ value }) => value.is === "variant" && value.name === "shared")) return [];
  const shared = guests.filter(isShared);
  const things = new Map(model.resources.map((resource) => [resource.address, resource]));
  return shared.flatMap((guest) => {
    const why = whyNot(guest, things.get(imageOf(guest))?.class);
    const span = guest.attributes["vcpu"]?.span ?? guest.span;
    if (why === undefined) return [];
    const message = `${guest.address} can't share a thread: ${why}.`;
    return [{ code: "VB2022", severity: "error", span, message, hint: "Leave `vcpu` out." }];
  });
}

function whyNot(guest: Resource, image: string | undefined): string | undefined {
  if (image === "wasi") return "a WASI program needs one of its own";
  const memory = guest.attributes["memory"]?.value;
  if (memory?.is !== "quantity" || memory.value <= SHARED_MEMORY_MAX) return undefined;
  return `its memory is at most ${SHARED_MEMORY_MAX / MIB}MiB then`;
}
