import { expect, test } from "vitest";
import { pass } from "./gate.ts";

/** What becomes of a chunk: what the guest gets, keys of the dashboard, and what is left for it. */
function passed(
  text: string,
  { attached = true, scrolls = true, leaving = ["ctrl-]"] } = {},
): Record<string, unknown> {
  let isAttached = attached;
  const [typed, keys]: [string[], string[]] = [[], []];
  const rest = pass(text, {
    leaving,
    isAttached: () => isAttached,
    canScroll: () => scrolls,
    typed: (piece) => typed.push(piece),
    key: (name) => {
      keys.push(name);
      if (leaving.includes(name)) isAttached = false;
    },
  });
  return { typed, keys, rest };
}

test.each([
  ["abc", {}, { typed: ["abc"], keys: [], rest: "" }],
  ["abc", { attached: false }, { typed: [], keys: [], rest: "abc" }],
  ["\u0003\u001b[A", {}, { typed: ["\u0003\u001b[A"], keys: [], rest: "" }],
  ["\u001d", {}, { typed: [], keys: ["ctrl-]"], rest: "" }],
  ["ab\u001dq", {}, { typed: ["ab"], keys: ["ctrl-]"], rest: "q" }],
  ["a\u001d\u000fb", { leaving: ["ctrl-o"] }, { typed: ["a\u001d"], keys: ["ctrl-o"], rest: "b" }],
  ["\u001b[5~", {}, { typed: [], keys: ["pageup"], rest: "" }],
  ["\u001b[6~", {}, { typed: [], keys: ["pagedown"], rest: "" }],
  ["\u001b[5~", { scrolls: false }, { typed: ["\u001b[5~"], keys: [], rest: "" }],
])("%j with %j becomes %j", (text, how, expected) => {
  expect(passed(text, how)).toEqual(expected);
});
