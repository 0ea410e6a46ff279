// Type variables of the external functions: found from the arguments, put into the result.

import { entryTypes } from "./check-collection.ts";
import { fits, join } from "./relate.ts";
import { INT, listOf, mapOf, NEVER, optionalOf, peel, settledType, type Type } from "./type.ts";

/** What each variable stands for so far. */
export type Substitution = Map<string, Type>;

export function hasVariables(type: Type): boolean {
  switch (type.is) {
    case "variable":
      return true;
    case "list":
    case "optional":
    case "range":
    case "auto":
    case "secret":
      return hasVariables(type.of);
    case "map":
      return hasVariables(type.key) || hasVariables(type.value);
    case "union":
      return type.members.some(hasVariables);
    case "function":
      return type.parameters.some(hasVariables) || hasVariables(type.result);
    case "shape":
      return [...type.fields.values()].some((field) => hasVariables(field.type));
    default:
      return false;
  }
}

/** `unbound` is what an unknown variable becomes: itself where left out. */
export function substitute(type: Type, found: Substitution, unbound?: Type): Type {
  const inner = (part: Type): Type => substitute(part, found, unbound);
  switch (type.is) {
    case "variable":
      return found.get(type.name) ?? unbound ?? type;
    case "list":
      return listOf(inner(type.of));
    case "optional":
      return optionalOf(inner(type.of));
    case "range":
    case "auto":
    case "secret":
      return { is: type.is, of: inner(type.of) };
    case "map":
      return mapOf(inner(type.key), inner(type.value));
    case "union":
      return { is: "union", members: type.members.map(inner) };
    case "function":
      return { is: "function", parameters: type.parameters.map(inner), result: inner(type.result) };
    case "shape":
      return {
        is: "shape",
        fields: new Map(
          [...type.fields].map(([name, field]) => [name, { ...field, type: inner(field.type) }]),
        ),
      };
    default:
      return type;
  }
}

/** Whether an argument of type `given` fits the parameter; binds the variables on the way. */
export function unify(parameter: Type, given: Type, found: Substitution): boolean {
  const argument = settledType(given);
  if (argument.is === "error" || argument.is === "never") return true;
  if (argument.is === "secret") return unify(parameter, argument.of, found);
  switch (parameter.is) {
    case "variable":
      return bind(parameter.name, argument, found);
    case "list":
      if (argument.is === "range") return fits(argument.of, INT) && unify(parameter.of, argument.of, found);
      return argument.is === "list" ? unify(parameter.of, argument.of, found) : isData(argument);
    case "map": {
      const entries = entryTypes(argument);
      if (!entries) return isData(argument);
      return unify(parameter.key, entries[0], found) && unify(parameter.value, entries[1], found);
    }
    case "optional":
      if (argument.is === "none") return true;
      return unify(parameter.of, argument.is === "optional" ? argument.of : argument, found);
    case "union":
      return parameter.members.some((member) => {
        const attempt = new Map(found);
        if (!unify(member, argument, attempt)) return false;
        for (const [name, type] of attempt) found.set(name, type);
        return true;
      });
    case "function":
      return argument.is === "function" && unify(parameter.result, argument.result, found);
    default:
      return fits(argument, parameter);
  }
}

const isData = (type: Type): boolean => type.is === "simple" && type.name === "data";

function bind(name: string, argument: Type, found: Substitution): boolean {
  // `N` stands for int, float or one quantity.
  const number = peel(argument);
  const numeric =
    number.is === "quantity" || (number.is === "simple" && ["int", "float", "data"].includes(number.name));
  if (name === "N" && !(numeric && argument === number)) return false;
  const bound = found.get(name);
  if (!bound || bound === NEVER) {
    found.set(name, argument);
    return true;
  }
  if (fits(argument, bound)) return true;
  const joined = join(bound, argument);
  if (!joined) return false;
  found.set(name, joined);
  return true;
}
