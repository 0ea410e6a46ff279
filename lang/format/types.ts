// Types to layouts. Records with comments or on several lines are boxes, the rest is text.

import type { RecordTypeField, Type } from "../syntax/ast.ts";
import { makeBox, OBJECT } from "./boxes.ts";
import type { Doc } from "./doc.ts";
import { rangeOf, type Source } from "./source.ts";

/** A type; no parentheses but those that it needs. */
export function typeDoc(type: Type, source: Source): Doc {
  switch (type.node) {
    case "named-type":
      return type.module === undefined ? type.name.text : `${type.module.text}.${type.name.text}`;
    case "literal-type":
    case "error-type":
      return source.slice(type.span);
    case "optional-type":
      return [inner(type.of, ["function-type", "union-type", "optional-type"], source), "?"];
    case "union-type":
      return type.members.flatMap((member, i) => [
        i === 0 ? "" : " | ",
        inner(member, ["function-type", "union-type"], source),
      ]);
    case "secret-type":
    case "range-type": {
      const word = type.node === "secret-type" ? "secret " : "range ";
      return [word, inner(type.of, ["function-type", "union-type", "optional-type"], source)];
    }
    case "list-type":
      return ["[", typeDoc(type.of, source), "]"];
    case "map-type":
      return ["{[", typeDoc(type.key, source), "]: ", typeDoc(type.value, source), "}"];
    case "record-type":
      return recordDoc(type, source);
    case "function-type": {
      const parameters = type.parameters.flatMap((one, i) => [i === 0 ? "" : ", ", typeDoc(one, source)]);
      return ["(", ...parameters, ") => ", typeDoc(type.result, source)];
    }
  }
}

function inner(type: Type, parenthesised: readonly Type["node"][], source: Source): Doc {
  const doc = typeDoc(type, source);
  return parenthesised.includes(type.node) ? ["(", doc, ")"] : doc;
}

function recordDoc(type: Type & { readonly node: "record-type" }, source: Source): Doc {
  const close = type.span.end - 1;
  const parts = type.fields.map((field: RecordTypeField) => ({
    ...rangeOf(field.span),
    make: () => ({
      doc: [field.name.text, field.optional ? "?: " : ": ", typeDoc(field.type, source)],
    }),
  }));
  return makeBox(source.openerOf(close), close, parts, OBJECT, source);
}
