// Names of the standard library lead to its files, and to nothing else.

import { existsSync } from "node:fs";
import { relative } from "node:path";
import { expect, test } from "vitest";
import { resolveStd, stdRoot } from "./index.ts";

const shown = (name: string): string | undefined => {
  const path = resolveStd(name);
  return path === undefined ? undefined : relative(stdRoot, path).replaceAll("\\", "/");
};

test.each([
  ["std:guests/ping", "guests/build/ping.wasm"],
  ["std:guests/stream", "guests/build/stream.wasm"],
  ["std:guests/sink", "guests/build/sink.wasm"],
  ["std:net", "net.vbus"],
  ["std:prelude", "prelude"],
  ["std:prelude/guest.vbus", "prelude/guest.vbus"],
  ["std:images/debian-i386", "images/debian-i386"],
  ["./net.vbus", undefined],
  ["/std:net", undefined],
  ["std:", undefined],
  ["std:../package.json", undefined],
  ["std:guests/../../x", undefined],
  ["std:/etc/passwd", undefined],
])("%s is %s", (name, wanted) => {
  expect(shown(name)).toBe(wanted);
});

test("the folder is the one with the declarations", () => {
  expect(existsSync(`${stdRoot}/prelude/guest.vbus`)).toBe(true);
  expect(existsSync(resolveStd("std:net") ?? "")).toBe(true);
});
