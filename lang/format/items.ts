// Items, members and steps to layouts.

import type { Act, Declaration, Item, Mark, Member, Step, Variant } from "../syntax/ast.ts";
import type { Span } from "../syntax/ast.ts";
import { BODY, makeBox, type Made, type Part } from "./boxes.ts";
import { group, indent, LINE } from "./doc.ts";
import type { Doc } from "./doc.ts";
import { clauseDoc, defaultDoc, exprDoc, messageDoc, parametersDoc } from "./expressions.ts";
import { rangeOf, type Source } from "./source.ts";
import { typeDoc } from "./types.ts";

/** How marks stand apart from what they mark. */
const MARK_GAP: Doc = { is: "line", flat: "   " };

const partsOf = <T extends { readonly span: Span }>(all: readonly T[], make: (one: T) => Made): Part[] =>
  all.map((one) => ({ ...rangeOf(one.span), make: () => make(one) }));

/** The units of a module or body. */
export const itemParts = (items: readonly Item[], source: Source): Part[] =>
  partsOf(items, (item) => itemMade(item, source));

// The braces at the end of a node.
function body(span: Span, parts: readonly Part[], source: Source): Doc {
  const close = span.end - 1;
  return makeBox(source.openerOf(close), close, parts, BODY, source);
}

const attributeMade = (name: string, value: Doc): Made => ({
  doc: [name, " = ", value],
  aligned: { name, value },
});

function itemMade(item: Item, source: Source): Made {
  if (item.node === "attribute") return attributeMade(item.name.text, exprDoc(item.value, source));
  const doc = itemDoc(item, source);
  return item.node === "record" ? { doc, record: item.name.text } : { doc };
}

function itemDoc(item: Exclude<Item, { readonly node: "attribute" }>, source: Source): Doc {
  const { span } = item;
  switch (item.node) {
    case "record":
      return [`${item.name.text} `, body(span, itemParts(item.body, source), source)];
    case "declaration":
      return [headDoc(item, source), " ", body(span, itemParts(item.body, source), source)];
    case "import":
      return ["import ", exprDoc(item.path, source), ` as ${item.as.text}`];
    case "param": {
      const type = item.type ? [": ", typeDoc(item.type, source)] : "";
      const from = item.type?.span.end ?? item.name.span.end;
      return [`param ${item.name.text}`, type, defaultDoc(item.value, item.where, from, source)];
    }
    case "let":
    case "output": {
      const type = item.type ? [": ", typeDoc(item.type, source)] : "";
      return [`${item.node} ${item.name.text}`, type, " = ", exprDoc(item.value, source)];
    }
    case "fn": {
      const head = `${item.external ? "external " : ""}fn ${item.name.text}`;
      const parameters = parametersDoc(item.parameters, item.name.span.end, source);
      const value = item.body ? [" = ", exprDoc(item.body, source)] : "";
      return [head, parameters, ": ", typeDoc(item.result, source), value];
    }
    case "enum":
      return [`enum ${item.name.text} `, body(span, variantParts(item.variants, source), source)];
    case "type":
    case "kind":
      return [`${item.node} ${item.name.text} `, body(span, memberParts(item.members, source), source)];
    case "class": {
      const head = `class ${item.kind.text} ${item.name.text} `;
      return [head, body(span, memberParts(item.members, source), source)];
    }
    case "component": {
      const parameters = parametersDoc(item.parameters, item.name.span.end, source);
      return [
        `component ${item.name.text}`,
        parameters,
        " ",
        body(span, itemParts(item.body, source), source),
      ];
    }
    case "assert":
      return messageDoc(["assert ", exprDoc(item.condition, source)], item.message, span, source);
    case "test":
      return ["test ", exprDoc(item.name, source), " ", body(span, stepParts(item.steps, source), source)];
    case "timed": {
      const times = ["at ", exprDoc(item.at, source), " for ", exprDoc(item.duration, source)];
      return [...times, " ", body(span, itemParts(item.body, source), source)];
    }
  }
}

function headDoc(item: Declaration, source: Source): Doc {
  const { module, kind, name, loop, condition, class: cls, head } = item;
  const what = `${module ? `${module.text}.` : ""}${kind.text} ${name.text}`;
  const clauses: Doc[] = [];
  if (loop) {
    const names = loop.variables.map((variable) => variable.text).join(", ");
    clauses.push([LINE, `for ${names} in `, exprDoc(loop.over, source)]);
  }
  if (condition) clauses.push([LINE, "when ", exprDoc(condition, source)]);
  const of = cls ? `: ${cls.module ? `${cls.module.text}.` : ""}${cls.name.text}` : "";
  if (clauses.length === 0) return what + of;
  return group([what, indent([...clauses, of])], source.isOneLine(head.start, head.end));
}

const variantParts = (variants: readonly Variant[], source: Source): Part[] =>
  partsOf(variants, ({ name, parameters }) => ({
    doc: [name.text, parameters ? parametersDoc(parameters, name.span.end, source) : ""],
  }));

const memberParts = (members: readonly Member[], source: Source): Part[] =>
  partsOf(members, (member) => ({ doc: memberDoc(member, source) }));

function memberDoc(member: Member, source: Source): Doc {
  switch (member.node) {
    case "field": {
      const { out, name, type, value, where, marks } = member;
      const head = [`${out ? "out " : ""}${name.text}: `, typeDoc(type, source)];
      const from = where?.span.end ?? value?.span.end ?? type.span.end;
      const texts = marks.map((mark, i) => [i === 0 ? "" : " ", markDoc(mark, source)]);
      const kept = source.isOneLine(from, member.span.end);
      const end = marks.length === 0 ? "" : group(indent([MARK_GAP, ...texts]), kept);
      return [head, defaultDoc(value, where, type.span.end, source), end];
    }
    case "live": {
      const { name, parameters, type } = member;
      const given = parameters ? parametersDoc(parameters, name.span.end, source) : "";
      return [`live ${name.text}`, given, ": ", typeDoc(type, source)];
    }
    case "action":
      return [`action ${member.name.text}`, parametersDoc(member.parameters, member.name.span.end, source)];
    case "holds":
      return `holds ${member.kind.text}`;
    case "timed-mark":
      return "timed";
    case "takes-over":
      return `...${member.type.text}`;
    case "assert":
    case "let":
      return itemDoc(member, source);
  }
}

const markDoc = ({ name, argument }: Mark, source: Source): Doc =>
  argument ? [`@${name.text}(`, exprDoc(argument, source), ")"] : `@${name.text}`;

const stepParts = (steps: readonly Step[], source: Source): Part[] =>
  partsOf(steps, (step) => {
    if (step.node === "attribute") return attributeMade(step.name.text, exprDoc(step.value, source));
    return { doc: stepDoc(step, source) };
  });

function stepDoc(step: Exclude<Step, { readonly node: "attribute" }>, source: Source): Doc {
  switch (step.node) {
    case "param":
    case "let":
      return itemDoc(step, source);
    case "expect": {
      const { condition, within, message } = step;
      const waits = clauseDoc("within", within, condition.span.end, source);
      return messageDoc(["expect ", exprDoc(condition, source), waits], message, step.span, source);
    }
    case "always": {
      const { condition, duration, message } = step;
      const lasts = clauseDoc("for", duration, condition.span.end, source);
      return messageDoc(["always ", exprDoc(condition, source), lasts], message, step.span, source);
    }
    case "do":
      return [
        "do ",
        body(
          step.span,
          partsOf(step.acts, (act) => ({ doc: actDoc(act, source) })),
          source,
        ),
      ];
  }
}

const actDoc = (act: Act, source: Source): Doc =>
  act.node === "action"
    ? exprDoc(act.call, source)
    : ["set ", exprDoc(act.place, source), " = ", exprDoc(act.value, source)];
