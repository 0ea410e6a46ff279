// Takes secrets out of what is stored: in their place stands an HMAC, so that a change is seen and nothing
// is told.

import { createHmac } from "node:crypto";
import { isSecretValue } from "../../lang/index.ts";
import type { Model, Value } from "../../lang/index.ts";
import type { Parameters } from "../lab-contract.ts";

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

/** The model without secrets. Twice the same key, twice the same text. */
export function withoutSecrets(model: Model, key: Uint8Array): Model {
  return {
    ...model,
    resources: model.resources.map((resource) => {
      const entries = Object.entries(resource.attributes).map(
        ([name, attribute]) => [name, { ...attribute, value: hide(attribute.value, key) }] as const,
      );
      return { ...resource, attributes: Object.fromEntries(entries) };
    }),
    outputs: model.outputs.map((output) => ({ ...output, value: hide(output.value, key) })),
  };
}

/** Whatever its type: an address, a number and a text are hidden alike. What is hidden stays as it is. */
function hide(value: Value, key: Uint8Array): Value {
  if (isSecretValue(value)) {
    if (value.is === "string" && HIDDEN.test(value.value)) return value;
    return { is: "string", value: hideText(`${value.is} ${JSON.stringify(value)}`, key), secret: true };
  }
  switch (value.is) {
    case "range":
      return { is: "range", from: hide(value.from, key), to: hide(value.to, key) };
    case "list":
      return { ...value, items: value.items.map((item) => hide(item, key)) };
    case "map":
      return { ...value, entries: value.entries.map(([name, of]) => [hide(name, key), hide(of, key)]) };
    case "record":
      return { ...value, fields: hideFields(value.fields, key) };
    case "variant":
      return { ...value, fields: hideFields(value.fields, key) };
    default:
      return value;
  }
}

const PREFIX = "hmac-sha256:";
/** All of it: a secret that only begins so is none of ours. */
const HIDDEN = /^hmac-sha256:[0-9a-f]{64}$/;

function hideFields(
  fields: Readonly<Record<string, Value>>,
  key: Uint8Array,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, hide(value, key)]));
}
