// Takes secrets out of what is stored: in their place stands an HMAC, so that a change is seen and nothing
// is told.

import { createHmac } from "node:crypto";
import type { Model, Value } from "../../lang/index.ts";

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

function hide(value: Value, key: Uint8Array): Value {
  switch (value.is) {
    case "string": {
      if (value.secret !== true || value.value.startsWith(PREFIX)) return value;
      return { ...value, value: PREFIX + createHmac("sha256", key).update(value.value).digest("hex") };
    }
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

function hideFields(
  fields: Readonly<Record<string, Value>>,
  key: Uint8Array,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, hide(value, key)]));
}
