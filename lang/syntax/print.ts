// A tree to canonical text: one item a line, two spaces a level, documentation kept, comments not (they are
// no part of the tree). What it prints parses to the same tree, spans aside.

import type { Act, Declaration, Item, Member, Module, Step, Variant } from "./ast.ts";
import { printDefault, printExpression, printMessage, printParameters } from "./print-expression.ts";
import { printType } from "./print-expression.ts";
import type { Type } from "./ast.ts";

const STEP = "  ";

/** The text of a module that parsed without mistakes; broken parts print as `<error>`. */
export function print(module: Module): string {
  return module.items.map((item) => `${printItem(item, "")}\n`).join("");
}

const printDoc = (doc: string | undefined, at: string): string =>
  doc === undefined || doc === ""
    ? ""
    : doc
        .split("\n")
        .map((line) => `${at}///${line === "" ? "" : ` ${line}`}\n`)
        .join("");

function braces<T>(parts: readonly T[], at: string, printOne: (part: T, at: string) => string): string {
  if (parts.length === 0) return "{ }";
  return `{\n${parts.map((part) => `${printOne(part, at + STEP)}\n`).join("")}${at}}`;
}

const typed = (type: Type | undefined): string => (type === undefined ? "" : `: ${printType(type)}`);

function printHead(item: Declaration, at: string): string {
  const { module, kind, name, loop, condition, class: cls } = item;
  let text = `${module === undefined ? "" : `${module.text}.`}${kind.text} ${name.text}`;
  if (loop !== undefined) {
    const names = loop.variables.map((variable) => variable.text).join(", ");
    text += ` for ${names} in ${printExpression(loop.over, at)}`;
  }
  if (condition !== undefined) text += ` when ${printExpression(condition, at)}`;
  if (cls !== undefined) text += `: ${cls.module === undefined ? "" : `${cls.module.text}.`}${cls.name.text}`;
  return text;
}

function printItem(item: Item, at: string): string {
  return printDoc(item.doc, at) + at + printBare(item, at);
}

function printBare(item: Item, at: string): string {
  switch (item.node) {
    case "attribute":
      return `${item.name.text} = ${printExpression(item.value, at)}`;
    case "record":
      return `${item.name.text} ${braces(item.body, at, printItem)}`;
    case "declaration":
      return `${printHead(item, at)} ${braces(item.body, at, printItem)}`;
    case "import":
      return `import ${printExpression(item.path, at)} as ${item.as.text}`;
    case "param":
      return `param ${item.name.text}${typed(item.type)}${printDefault(item.value, item.where, at)}`;
    case "let":
    case "output":
      return `${item.node} ${item.name.text}${typed(item.type)} = ${printExpression(item.value, at)}`;
    case "fn": {
      const head = `${item.external ? "external " : ""}fn ${item.name.text}`;
      const body = item.body === undefined ? "" : ` = ${printExpression(item.body, at)}`;
      return `${head}${printParameters(item.parameters, at)}: ${printType(item.result)}${body}`;
    }
    case "enum":
      return `enum ${item.name.text} ${braces(item.variants, at, printVariant)}`;
    case "type":
    case "kind":
      return `${item.node} ${item.name.text} ${braces(item.members, at, printMember)}`;
    case "class":
      return `class ${item.kind.text} ${item.name.text} ${braces(item.members, at, printMember)}`;
    case "component": {
      const parameters = printParameters(item.parameters, at);
      return `component ${item.name.text}${parameters} ${braces(item.body, at, printItem)}`;
    }
    case "assert":
      return `assert ${printExpression(item.condition, at)}${printMessage(item.message, at)}`;
    case "test":
      return `test ${printExpression(item.name, at)} ${braces(item.steps, at, printStep)}`;
    case "timed": {
      const times = `at ${printExpression(item.at, at)} for ${printExpression(item.duration, at)}`;
      return `${times} ${braces(item.body, at, printItem)}`;
    }
  }
}

function printVariant({ name, parameters, doc }: Variant, at: string): string {
  const fields = parameters === undefined ? "" : printParameters(parameters, at);
  return `${printDoc(doc, at)}${at}${name.text}${fields}`;
}

function printMember(member: Member, at: string): string {
  return printDoc(member.doc, at) + at + printBareMember(member, at);
}

function printBareMember(member: Member, at: string): string {
  switch (member.node) {
    case "field": {
      const marks = member.marks.map(({ name, argument }) => {
        const text = argument === undefined ? "" : `(${printExpression(argument, at)})`;
        return ` @${name.text}${text}`;
      });
      const head = `${member.out ? "out " : ""}${member.name.text}: ${printType(member.type)}`;
      return `${head}${printDefault(member.value, member.where, at)}${marks.join("")}`;
    }
    case "live": {
      const parameters = member.parameters === undefined ? "" : printParameters(member.parameters, at);
      return `live ${member.name.text}${parameters}: ${printType(member.type)}`;
    }
    case "action":
      return `action ${member.name.text}${printParameters(member.parameters, at)}`;
    case "holds":
      return `holds ${member.kind.text}`;
    case "timed-mark":
      return "timed";
    case "takes-over":
      return `...${member.type.text}`;
    case "assert":
    case "let":
      return printBare(member, at);
  }
}

function printStep(step: Step, at: string): string {
  switch (step.node) {
    case "attribute":
    case "param":
    case "let":
      return printItem(step, at);
    case "expect": {
      const within = step.within === undefined ? "" : ` within ${printExpression(step.within, at)}`;
      return `${at}expect ${printExpression(step.condition, at)}${within}${printMessage(step.message, at)}`;
    }
    case "always": {
      const times = ` for ${printExpression(step.duration, at)}`;
      return `${at}always ${printExpression(step.condition, at)}${times}${printMessage(step.message, at)}`;
    }
    case "do":
      return `${at}do ${braces(step.acts, at, printAct)}`;
  }
}

function printAct(act: Act, at: string): string {
  if (act.node === "action") return at + printExpression(act.call, at);
  return `${at}set ${printExpression(act.place, at)} = ${printExpression(act.value, at)}`;
}
