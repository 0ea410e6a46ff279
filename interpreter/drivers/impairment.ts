// The attribute `impair` of a venet as the hypervisor takes it: numbers in base units, chances from 0 to 1,
// and one list of timed statements for each direction.

import type { Resource, Value } from "../../lang/index.ts";
import { HARMLESS } from "../../hypervisor/index.ts";
import type { Damage, DirectionSpec, ImpairmentSpec, TimedDamage } from "../../hypervisor/index.ts";
import { valueOf } from "./read.ts";

type Fields = Readonly<Record<string, Value>>;

const BILLION = 1e9;
/** As the type `Damage` of the standard library has them, for a direction that only timed statements name. */
const DEFAULTS: Damage = { ...HARMLESS.base, queue: 1000 };

/** Undefined where the device's link is good. */
export function impairmentSpec(device: Resource): ImpairmentSpec | undefined {
  const fields = fieldsOf(valueOf(device, "impair"));
  if (!fields) return undefined;
  const flat = { ...DEFAULTS, ...damageOf(fields) };
  const egress = fieldsOf(fields["egress"]);
  const ingress = fieldsOf(fields["ingress"]);
  const seeded = { ...DEFAULTS, seed: flat.seed };
  return {
    egress: directionOf(egress ? { ...seeded, ...damageOf(egress) } : flat, fields["at"], (set) => ({
      ...damageOf(set),
      ...damageOf(fieldsOf(set["egress"]) ?? {}),
    })),
    ingress: directionOf({ ...seeded, ...damageOf(ingress ?? {}) }, fields["at"], (set) =>
      damageOf(fieldsOf(set["ingress"]) ?? {}),
    ),
  };
}

/** Timed statements that say nothing of this direction are left out. */
function directionOf(
  base: Damage,
  at: Value | undefined,
  setOf: (fields: Fields) => Partial<Damage>,
): DirectionSpec {
  const statements = at?.is === "list" ? at.items : [];
  const timed = statements.flatMap((statement): TimedDamage[] => {
    const fields = fieldsOf(statement) ?? {};
    const set = setOf(fieldsOf(fields["set"]) ?? {});
    if (Object.keys(set).length === 0) return [];
    return [{ atNs: numberIn(fields["at"]) ?? 0, forNs: numberIn(fields["for"]) ?? 0, set }];
  });
  return { base, timed };
}

/** What a record says of one direction; members that it doesn't have are left out. */
function damageOf(fields: Fields): Partial<Damage> {
  const found: Record<string, number | boolean | string> = {};
  const put = (name: string, as: keyof Damage, scale = 1): void => {
    const number = numberIn(fields[name]);
    if (number !== undefined) found[as] = number / scale;
  };
  if (fields["rate"]) found["rate"] = numberIn(fields["rate"]) ?? 0;
  put("delay", "delayNs");
  put("jitter", "jitterNs");
  for (const name of ["loss", "reorder", "duplicate", "corrupt"] as const) put(name, name, BILLION);
  for (const name of ["burst", "queue", "seed"] as const) put(name, name);
  const { distribution, down, precise } = fields;
  if (distribution?.is === "variant" || distribution?.is === "string") {
    const word = distribution.is === "variant" ? distribution.name : distribution.value;
    found["distribution"] = word === "normal" ? "normal" : "uniform";
  }
  if (down?.is === "bool") found["down"] = down.value;
  if (precise?.is === "bool") found["precise"] = precise.value;
  return found as Partial<Damage>;
}

function numberIn(value: Value | undefined): number | undefined {
  return value?.is === "quantity" || value?.is === "int" || value?.is === "float" ? value.value : undefined;
}

function fieldsOf(value: Value | undefined): Fields | undefined {
  return value?.is === "record" ? value.fields : undefined;
}
