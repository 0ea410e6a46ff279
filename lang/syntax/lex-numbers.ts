// Numbers, units and addresses: which digits are which token, and whether they are in range.
// Refuses to know what a unit is worth; that is a matter of values.

import type { Lexing } from "./lexer.ts";
import { Cidr, Ip, Mac, NumberToken } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import { nearestUnit, UNITS } from "./units.ts";

const ADDRESS = /(\d[\d_]*)\.(\d[\d_]*)\.(\d[\d_]*)\.(\d[\d_]*)(?:\/(\d[\d_]*))?/y;
const MAC = /[\dA-Fa-f]{2}(?::[\dA-Fa-f]{2}){5}(?![\w:])/y;
const NUMBER = /\d[\d_]*(?:\.\d[\d_]*)?/y;
const UNIT = /[A-Za-z]\w*/y;
const HEX = /0x\w*/y;
const APART = /([ \t]+)([A-Za-z]+)(?![\w.(])(?![ \t]*=(?!=))/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Reads a MAC address if one starts here. */
export function lexMac(lexing: Lexing): boolean {
  const { text, at } = lexing;
  if (text.charCodeAt(at + 2) !== 58) return false;
  const match = matchAt(MAC, text, at);
  if (match === null) return false;
  lexing.push(Mac, match[0], at, at + match[0].length);
  return true;
}

function lexAddress(lexing: Lexing): boolean {
  const { text, at: start, report } = lexing;
  const match = matchAt(ADDRESS, text, start);
  if (match === null) return false;
  const [image, , , , , prefix] = match;
  const end = start + image.length;
  const token = lexing.push(prefix === undefined ? Ip : Cidr, image, start, end);
  let at = start;
  for (const part of match.slice(1, 5)) {
    if (part.includes("_") || Number(part) > 255) {
      token.broken = true;
      const message = `\`${part}\` in the address \`${image}\` is not in 0..255.`;
      report.error("VB1007", at, at + part.length, message, {
        hint: "Each of the four numbers is one byte.",
      });
      return true;
    }
    at += part.length + 1;
  }
  if (prefix !== undefined && (prefix.includes("_") || Number(prefix) > 32)) {
    token.broken = true;
    report.error("VB1007", at - 1, end, `The prefix length \`/${prefix}\` is not in 0..32.`, {
      hint: "It says how many bits of an IPv4 address name the subnet, as in `10.0.0.0/24`.",
    });
  }
  return true;
}

function lexHex(lexing: Lexing): boolean {
  const { text, at: start, report } = lexing;
  const image = matchAt(HEX, text, start)?.[0];
  if (image === undefined) return false;
  const token = lexing.push(NumberToken, image, start, start + image.length);
  if (/^0x[\dA-Fa-f_]*[\dA-Fa-f]$/.test(image) && image[2] !== "_") return true;
  token.broken = true;
  report.error("VB1008", start, start + image.length, `\`${image}\` is not a hexadecimal number.`, {
    hint: "After `0x` come the digits 0 to 9 and a to f, as in `0xff`.",
  });
  return true;
}

// `10 ms`: a number and a unit that stand apart are read as one, with a fix that joins them.
function joinUnit(lexing: Lexing, start: number, digits: string): Token | undefined {
  const match = matchAt(APART, lexing.text, start + digits.length);
  const [, space = "", unit = ""] = match ?? [];
  if (!UNITS.has(unit)) return undefined;
  const gap = start + digits.length;
  const token = lexing.push(NumberToken, digits + unit, start, gap + space.length + unit.length);
  token.value = unit;
  lexing.report.error(
    "VB1006",
    start,
    token.endOffset + 1,
    `A unit touches its number: \`${digits}${unit}\`.`,
    {
      fix: lexing.report.replace(`Write \`${digits}${unit}\``, gap, gap + space.length, ""),
    },
  );
  return token;
}

function checkUnit(lexing: Lexing, token: Token, digits: string, unit: string): void {
  if (UNITS.has(unit)) return;
  token.broken = true;
  const start = token.startOffset + digits.length;
  const near = nearestUnit(unit);
  const exponent = /^[eE]\d/.test(unit);
  lexing.report.error("VB1005", start, start + unit.length, `There is no unit \`${unit}\`.`, {
    hint: exponent
      ? "Numbers have no exponent: write all the digits, `1_000_000`."
      : near === undefined
        ? `The units are ${[...UNITS].join(" ")} and %.`
        : `Did you mean \`${digits}${near}\`?`,
    ...(near === undefined || exponent
      ? {}
      : { fix: lexing.report.replace(`Write \`${digits}${near}\``, start, start + unit.length, near) }),
  });
}

/** Reads the token that starts with the digit at `at`. */
export function lexNumber(lexing: Lexing): void {
  if (lexMac(lexing)) return;
  const { text, at: start } = lexing;
  const digits = matchAt(NUMBER, text, start)?.[0] ?? "";
  const end = start + digits.length;
  const next = text.charCodeAt(end);
  // Only digits with a dot in them can go on as an address.
  if (next === 46 && digits.includes(".") && lexAddress(lexing)) return;
  if (next === 37 && !/[\w(]/.test(text.charAt(end + 1))) {
    lexing.push(NumberToken, `${digits}%`, start, end + 1).value = "%";
    return;
  }
  if (digits === "0" && next === 120 && lexHex(lexing)) return;
  const unit = matchAt(UNIT, text, end)?.[0];
  if (unit !== undefined) {
    const token = lexing.push(NumberToken, digits + unit, start, end + unit.length);
    token.value = unit;
    checkUnit(lexing, token, digits, unit);
  } else if (next !== 32 || joinUnit(lexing, start, digits) === undefined) {
    lexing.push(NumberToken, digits, start, end);
  }
}
