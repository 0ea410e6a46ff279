// The examples of the standard functions: each `/// Example:` line above an `external fn` must hold. A
// function without an example fails here.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluate } from "../index.ts";
import { parse } from "../syntax/index.ts";
import { FOLDER, shownDiagnostics, testWorld } from "../world.test-support.ts";

const NAME = "functions.vbus";
const text = readFileSync(new URL(`../../stdlib/prelude/${NAME}`, import.meta.url), "utf8");
const functions = parse(NAME, text).module.items.flatMap((item) => (item.node === "fn" ? [item] : []));

/** What the examples may name: two guests that share a network, one that doesn't, and a file. */
const AROUND = `
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest near { image = echo, device eth0: venet { network = lan } }
guest far { image = echo, device eth0: venet { network = lan } }
guest alone { image = echo }
`;
const MOTD = "hello";

const examplesOf = (doc: string): string[] =>
  doc.split("\n").flatMap((line) => (line.startsWith("Example: ") ? [line.slice("Example: ".length)] : []));

const rows = functions.flatMap(({ name, doc }) =>
  examplesOf(doc).map((example): [string, string] => [name.text, example]),
);

test("every standard function has an example that calls it", () => {
  const bare = functions.filter(
    ({ doc, name }) => !examplesOf(doc).some((one) => one.includes(`${name.text}(`)),
  );
  expect(bare.map(({ name }) => name.text)).toEqual([]);
  expect(functions.length).toBeGreaterThan(50);
});

test.each(rows)("%s: %s", (name, example) => {
  // `env` stands only in the default of a `param`.
  const asked = name === "env" ? `param holds: bool = ${example}` : `let holds = ${example}`;
  const texts = { "lab.vbus": `${AROUND}${asked}\noutput answer = holds`, "motd.txt": MOTD };
  const evaluation = evaluate(testWorld(texts), { root: `${FOLDER}/lab.vbus` });
  expect(shownDiagnostics(evaluation)).toBe("");
  expect(evaluation.model?.outputs[0]?.value).toEqual({ is: "bool", value: true });
});
