// `vbus lsp` as an editor starts it: a process of its own, asked over its stdin and stdout by the client's
// half of the protocol.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { converse } from "./lsp.test-support.ts";

const VBUS = fileURLToPath(new URL("vbus.cjs", import.meta.url));

test("vbus lsp serves an editor over stdio, and ends with it", { timeout: 180_000 }, () =>
  converse(spawn(process.execPath, [VBUS, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] })),
);
