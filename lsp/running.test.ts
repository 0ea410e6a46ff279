// With a running lab the file shows what guests and links are doing, and a guest can be brought to what the
// file says. A real lab, its control socket, and an editor.

import { expect, test } from "vitest";
import {
  CodeLensRequest,
  ExecuteCommandRequest,
  InlayHintRequest,
  type CodeLens,
} from "vscode-languageserver/node";
import { openLab } from "../interpreter/index.ts";
import { Editor } from "./client.test-support.ts";

const LAB = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
image ping: wasm { path = "std:guests/ping" }
guest server {
  image = echo
  device eth0: venet { network = lan }
}
guest client {
  image = ping
  args = ["--to", server.eth0.ip, "--count", 100000, "--interval", 1ms]
  device eth0: venet { network = lan }
}
`;
const WHOLE = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };
const clock = { now: () => performance.now(), wall: () => Date.now() };

test("a running lab is seen in its file, and a guest applied from it", { timeout: 180_000 }, async () => {
  const editor = await Editor.start();
  const place = await editor.show("lab.vbus", LAB);
  expect(await editor.connection.sendRequest(CodeLensRequest.type, place)).toEqual([]);
  const { lab } = await openLab({ file: editor.file("lab.vbus"), env: editor.env, clock });
  if (!lab) throw new Error("the lab does not check");
  try {
    const hints = async (): Promise<readonly string[]> => {
      const found = await editor.connection.sendRequest(InlayHintRequest.type, { ...place, range: WHOLE });
      return (found ?? []).map(({ label, position }) => `${position.line} ${String(label)}`);
    };
    const isShown = (texts: readonly string[]): boolean =>
      texts.includes("3 running") && texts.some((text) => /^10 [0-9.]+ [kMG]?bps$/.test(text));
    expect(isShown(await editor.onceShown(hints, isShown))).toBe(true);

    const lenses = (await editor.connection.sendRequest(CodeLensRequest.type, place)) as CodeLens[];
    expect(lenses.map(({ range, command }) => `${range.start.line} ${command?.title}`)).toEqual([
      "3 apply this guest",
      "7 apply this guest",
    ]);
    const apply = async (lens: CodeLens | undefined): Promise<unknown> =>
      editor.connection.sendRequest(ExecuteCommandRequest.type, {
        command: lens?.command?.command ?? "",
        arguments: lens?.command?.arguments ?? [],
      });
    expect(await apply(lenses[0])).toBe("Nothing to do: server is as the file says.");
    editor.write("lab.vbus", LAB.replace("image = echo", "image = echo\n  labels = { seen = true }"));
    expect(await apply(lenses[0])).toMatch(/^Applied: .*server/);
    expect(lab.snapshot().guests.find(({ address }) => address === "server")?.labels).toEqual({
      seen: "true",
    });
  } finally {
    await lab.stop();
  }
  await editor.onceShown(
    async () => editor.connection.sendRequest(CodeLensRequest.type, place),
    (left) => left?.length === 0,
  );
  expect(await editor.close()).toBe(true);
});
