// For tests: what is printed for programs, held to the schemas of docs/schemas.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const ajv = new Ajv2020({ allErrors: true });

/** What is wrong with a value by a schema of docs/schemas; nothing: it fits. */
export function misfits(name: string, value: unknown): readonly string[] {
  const file = new URL(`../docs/schemas/${name}.json`, import.meta.url);
  const known = ajv.getSchema(name);
  if (known === undefined) ajv.addSchema(JSON.parse(readFileSync(file, "utf8")) as object, name);
  const validate = ajv.getSchema(name);
  // As it is printed: without what is undefined.
  if (validate?.(JSON.parse(JSON.stringify(value)))) return [];
  return (validate?.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
