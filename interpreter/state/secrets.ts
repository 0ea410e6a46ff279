// Takes secrets out of what is stored: in their place stands an HMAC, so that a change is seen and nothing
// is told.

import { createHmac } from "node:crypto";
import { isSecretValue } from "../../lang/index.ts";
import type { Model, Value } from "../../lang/index.ts";
import type { Parameters } from "../lab-contract.ts";
import { SECRETS_KNOWN_MAX } from "./limits.ts";

/** Parameters as they are stored: any of them may be a secret, so each is an HMAC of its text. */
export function hideParams(params: Parameters, key: Uint8Array): Parameters {
  const hideAll = (texts: readonly (readonly [string, string])[]): Record<string, string> =>
    Object.fromEntries(texts.map(([name, text]) => [name, hideText(text, key)]));
  const { flags = {}, values = {} } = params;
  return {
    flags: hideAll(Object.entries(flags)),
    values: hideAll(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value) ?? ""])),
  };
}

function hideText(text: string, key: Uint8Array): string {
  return PREFIX + createHmac("sha256", key).update(text).digest("hex");
}

/** Secrets that this process has hidden, by their HMACs, so that they can be put back. Never stored. */
export class SecretVault {
  readonly #known = new Map<string, Value>();

  remember(hidden: string, secret: Value): void {
    // The newest are last: what is said again is not forgotten first.
    this.#known.delete(hidden);
    this.#known.set(hidden, secret);
    if (this.#known.size <= SECRETS_KNOWN_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  find(hidden: string): Value | undefined {
    return this.#known.get(hidden);
  }
}

/** The model without secrets. Twice the same key, twice the same text. The vault learns what was hidden. */
export function withoutSecrets(model: Model, key: Uint8Array, vault?: SecretVault): Model {
  return changeValues(model, (value) => {
    if (isHidden(value)) return value;
    const hidden = hideText(`${value.is} ${JSON.stringify(value)}`, key);
    vault?.remember(hidden, value);
    return { is: "string", value: hidden, secret: true };
  });
}

/** A stored model made whole, or the attributes (`holder.env`) and outputs whose secrets are not known. */
export type Revealed = { readonly model: Model } | { readonly missing: readonly string[] };

/** The other way round, as far as the vault knows. */
export function revealSecrets(model: Model, vault: SecretVault): Revealed {
  const missing = new Set<string>();
  const revealed = changeValues(model, (value, place) => {
    const secret = isHidden(value) ? vault.find(value.value) : value;
    if (secret === undefined) missing.add(place);
    return secret ?? value;
  });
  return missing.size > 0 ? { missing: [...missing] } : { model: revealed };
}

/** Another value for each secret one; `place` is the attribute that it stands in. */
type Change = (value: Value, place: string) => Value;

function changeValues(model: Model, change: Change): Model {
  return {
    ...model,
    resources: model.resources.map((resource) => {
      // Most have none, and stay what they are.
      if (!holdsSecret(Object.values(resource.attributes).map(({ value }) => value))) return resource;
      const entries = Object.entries(resource.attributes).map(([name, attribute]) => {
        const value = changeValue(attribute.value, `${resource.address}.${name}`, change);
        return [name, { ...attribute, value }] as const;
      });
      return { ...resource, attributes: Object.fromEntries(entries) };
    }),
    outputs: model.outputs.map(({ name, value }) => ({
      name,
      value: changeValue(value, `output ${name}`, change),
    })),
  };
}

function holdsSecret(values: readonly Value[]): boolean {
  return values.some((value) => isSecretValue(value) || holdsSecret(partsOf(value)));
}

function partsOf(value: Value): readonly Value[] {
  switch (value.is) {
    case "range":
      return [value.from, value.to];
    case "list":
      return value.items;
    case "map":
      return value.entries.flat();
    case "record":
    case "variant":
      return Object.values(value.fields);
    default:
      return [];
  }
}

/** Whatever its type: an address, a number and a text are secrets alike. */
function changeValue(value: Value, place: string, change: Change): Value {
  if (isSecretValue(value)) return change(value, place);
  const go = (part: Value): Value => changeValue(part, place, change);
  const goAll = (fields: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(fields).map(([name, part]) => [name, go(part)]));
  switch (value.is) {
    case "range":
      return { is: "range", from: go(value.from), to: go(value.to) };
    case "list":
      return { ...value, items: value.items.map(go) };
    case "map":
      return { ...value, entries: value.entries.map(([name, of]) => [go(name), go(of)]) };
    case "record":
      return { ...value, fields: goAll(value.fields) };
    case "variant":
      return { ...value, fields: goAll(value.fields) };
    default:
      return value;
  }
}

const PREFIX = "hmac-sha256:";
/** All of it: a secret that only begins so is none of ours. */
const HIDDEN = /^hmac-sha256:[0-9a-f]{64}$/;

/** What is hidden stays as it is. */
function isHidden(value: Value): value is Value & { readonly is: "string" } {
  return value.is === "string" && HIDDEN.test(value.value);
}
