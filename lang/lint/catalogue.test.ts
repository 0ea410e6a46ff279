// Every page of the catalogues is whole and true, and codes are found however they are written.

import { expect, test } from "vitest";
import type { CodePage } from "../codes/page.ts";
import { evaluate } from "../index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { allPages, nearestCode, pageOf } from "./catalogue.ts";
import { lint } from "./index.ts";

const ROOT = `${FOLDER}/lab.vbus`;
const OTHERS = {
  "parts.vbus": "let _secret = 1\nlet public = 2\n",
  "things.vbus": "network lan { subnet = 10.0.0.0/24 }\n",
};
const OPTIONS = { driverless: ["image pc"], problems: { "binary.vbus": "not-utf8" } } as const;

/** Codes of everything that a text is told. */
function told(text: string): string[] {
  const world = testWorld({ ...OTHERS, "lab.vbus": text }, OPTIONS);
  const { diagnostics } = evaluate(world, { root: ROOT });
  const isRight = diagnostics.every(({ severity }) => severity !== "error");
  const lints = isRight ? lint({ sources: new Map([[ROOT, text]]), root: ROOT }) : [];
  return [...diagnostics, ...lints].map(({ code }) => code);
}

test("pages are in order, each code once, each with a title and a reason", () => {
  const codes = allPages().map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort());
  for (const { code, title, explanation } of allPages()) {
    expect(code).toMatch(/^VB[1-8]\d{3}$/);
    expect(title.length, code).toBeGreaterThan(3);
    expect(explanation, code).toMatch(/[.)`]$/);
  }
});

test("every bad text gives its code, and no good text does", () => {
  // What a file of another tool can be wrong about, or a snapshot, is no text of the language.
  const ours = allPages().filter(({ code }) => !/^VB[78]/.test(code));
  const withoutText = ours.filter(({ bad, good }) => bad === undefined || good === undefined);
  // What no driver of this version serves changes from version to version.
  expect(withoutText.map(({ code }) => code)).toEqual(["VB2022"]);
  // What a test fails with is told when it runs.
  const ofFiles = (page: CodePage): boolean => !withoutText.includes(page) && !page.code.startsWith("VB6");
  for (const { code, bad = "", good = "" } of ours.filter(ofFiles)) {
    expect([code, told(bad).includes(code)]).toEqual([code, true]);
    expect([code, told(good).includes(code)]).toEqual([code, false]);
  }
});

test("a code is found in any spelling, and an unknown one has a nearest", () => {
  for (const name of ["VB2004", "vb2004", "2004"]) expect(pageOf(name)?.code).toBe("VB2004");
  for (const name of ["VB9999", "", "constructor", "VB20044"]) expect(pageOf(name)).toBeUndefined();
  expect(nearestCode("VB2006")).toMatch(/^VB200[57]$/);
  expect(nearestCode("VB20044")).toBe("VB2004");
  expect(nearestCode("5099")).toMatch(/^VB50/);
  expect(pageOf(nearestCode("nonsense"))).toBeDefined();
});
