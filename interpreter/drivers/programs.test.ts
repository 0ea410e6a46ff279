// What a WASI program can have of a bus, and who can have a folder: everything else is refused before
// anything boots.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import wabt from "wabt";
import { modelOf } from "../plan/model.test-support.ts";
import { refusals } from "./unsupported.ts";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "vbus-programs-"));
  const text = '(module (memory 1) (func (export "_start")))';
  const module = (await wabt()).parseWat("program.wat", text);
  writeFileSync(path.join(folder, "program.wasm"), module.toBinary({}).buffer);
});
afterAll(() => rmSync(folder, { recursive: true }));

function refused(text: string): readonly string[] {
  const lab = `
image program: wasi { path = ${JSON.stringify(path.join(folder, "program.wasm"))} }
image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
volume files: folder { path = "./files" }
volume raw: memory { size = 1MiB }
${text}`;
  return refusals(modelOf(lab)).map(({ code, message }) => `${code} ${message}`);
}

const disk = (settings: string): string => `device d: vblk { ${settings} }`;

test("a program has a console and folders", () => {
  expect(
    refused(
      `guest p { image = program, device tty: vconsole { }, ${disk('volume = files, folder = "/data"')} }`,
    ),
  ).toEqual([]);
});

test.each([
  [disk("volume = raw"), "No driver serves p.d in p, a WASI program: it has a console and folders."],
  ["device eth0: venet { network = lan }", "No driver serves p.eth0 in p, a WASI program"],
  [disk("volume = files"), "The volume of p.d is a folder: say where its program finds it."],
  [disk('volume = raw, folder = "/data"'), "p.d has sectors, and no program finds these as a folder."],
  [disk('volume = files, folder = "/d", queues = 2'), "No driver serves `queues` of p.d, which is a folder."],
  [disk('volume = files, folder = "/d", iops = 5'), "No driver serves `iops` of p.d, which is a folder."],
])("a program with `%s` is refused", (device, message) => {
  const found = refused(`guest p { image = program, ${device} }`);
  expect(found.join("\n")).toContain(`VB2022 ${message}`);
});

test("a guest of another class has no folders, on a bus that it shares neither", () => {
  const bus = `bus desk { ${disk('volume = files, folder = "/data"')}, device tty: vconsole { } }`;
  const guests = "guest p { image = program, bus = desk }\nguest g { image = echo, bus = desk }";
  expect(refused(`${bus}\n${guests}`)).toEqual([
    "VB2022 desk.d is a folder, which only WASI programs can have: g is none.",
  ]);
  const without = guests.replace("echo, bus = desk", "echo, bus = desk, use = [desk.tty]");
  expect(refused(`${bus}\n${without}`)).toEqual([]);
});

test("an overlay has no folder as its base", () => {
  expect(refused('volume top: overlay { base = files, path = "./top" }')).toEqual([
    "VB2022 A folder has no sectors: top can't have it as its base.",
  ]);
});
