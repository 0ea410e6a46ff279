// Reads settled attributes of a resource as plain values. The checker has made sure of their types:
// what does not fit is a bug, not a user's mistake.

import { BugError } from "../bug.ts";
import { isSecretValue, showValue } from "../../lang/index.ts";
import type { Resource, Value } from "../../lang/index.ts";

const NONE: Value = { is: "none" };

/** The attribute's value; `none` where it is not there. */
export function valueOf(resource: Resource, name: string): Value {
  return resource.attributes[name]?.value ?? NONE;
}

/** A whole number: an int or a quantity in its base unit. */
export function numberOf(resource: Resource, name: string): number {
  const number = optionalNumberOf(resource, name);
  if (number === undefined) throw misfit(resource, name, "a number");
  return number;
}

/** The same; undefined for `none`. */
export function optionalNumberOf(resource: Resource, name: string): number | undefined {
  const value = valueOf(resource, name);
  if (value.is === "none") return undefined;
  if (value.is === "int" || value.is === "float" || value.is === "quantity") return value.value;
  throw misfit(resource, name, "a number");
}

/** Whether a flag is there and set. */
export function isTrue(resource: Resource, name: string): boolean {
  const value = valueOf(resource, name);
  return value.is === "bool" && value.value;
}

/** A string, an address, or the name of a variant. */
export function wordOf(resource: Resource, name: string): string {
  const value = valueOf(resource, name);
  if (value.is === "string") return value.value;
  if (value.is === "ip" || value.is === "cidr" || value.is === "mac") return value.text;
  if (value.is === "variant") return value.name;
  throw misfit(resource, name, "a text");
}

/** The same for readers: `<secret>` where it is one. */
export function shownWordOf(resource: Resource, name: string): string {
  const value = valueOf(resource, name);
  return isSecretValue(value) ? showValue(value) : wordOf(resource, name);
}

/** The address of the thing that an attribute names. */
export function refOf(resource: Resource, name: string): string | undefined {
  const value = valueOf(resource, name);
  return value.is === "ref" ? value.address : undefined;
}

/** The addresses of a list of things; undefined where the attribute is no list. */
export function refsOf(resource: Resource, name: string): readonly string[] | undefined {
  const value = valueOf(resource, name);
  if (value.is !== "list") return undefined;
  return value.items.flatMap((item) => (item.is === "ref" ? [item.address] : []));
}

/** The path behind an attribute of type `path`. */
export function pathOf(value: Value | undefined): string | undefined {
  return value?.is === "path" ? value.path : undefined;
}

function misfit(resource: Resource, name: string, wanted: string): BugError {
  return new BugError(`${resource.address}.${name} is not ${wanted}`);
}
