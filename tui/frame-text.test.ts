// What a terminal shows after a row of frames is what it shows after the last of them alone, and nothing is
// sent for what stays.

import xterm from "@xterm/headless";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameText } from "./frame-text.ts";
import { span } from "./line.ts";
import type { Line } from "./line.ts";
import { chooseTheme, TONES } from "./theme.ts";
import { clipLine } from "./line.ts";

const SIZE = { cols: 24, rows: 6 };
const THEMES = [chooseTheme({ TERM: "xterm-256color" }), chooseTheme({ TERM: "xterm-256color" }, "mono")];

class Screen {
  readonly #emulator = new xterm.Terminal({ ...SIZE, allowProposedApi: true, scrollback: 0 });

  write(text: string): Promise<void> {
    return new Promise((resolve) => this.#emulator.write(text, resolve));
  }

  /** Each cell: its text, and its look where it is seen. */
  cells(): readonly (readonly string[])[] {
    return Array.from({ length: SIZE.rows }, (_, row) => {
      const line = this.#emulator.buffer.active.getLine(row);
      return Array.from({ length: SIZE.cols }, (_, column) => {
        const cell = line?.getCell(column);
        const [text, back] = [cell?.getChars() ?? "", `${cell?.getBgColorMode()} ${cell?.getBgColor()}`];
        const onSpaces = `${back} ${cell?.isInverse()} ${cell?.isUnderline()}`;
        if (text.trim() === "") return cell?.getWidth() === 0 ? "wide" : onSpaces;
        return `${text} ${onSpaces} ${cell?.isBold()} ${cell?.getFgColorMode()} ${cell?.getFgColor()}`;
      });
    });
  }
}

const text = fc.string({
  unit: fc.constantFrom(..."ab  ·─█⣿", "世", "é", "e\u0301", "🚀"),
  maxLength: 12,
});
const look = fc.constantFrom(undefined, { color: "red" }, { backgroundColor: "#112233", bold: true });
const piece = fc
  .tuple(text, fc.constantFrom(...TONES), look)
  .map(([words, tone, own]) => ({ ...span(words, tone), ...(own !== undefined && { look: own }) }));
const line = fc.array(piece, { maxLength: 5 }).map((pieces): Line => clipLine(pieces, SIZE.cols, "…"));
const frame = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: SIZE.rows }),
  theme: fc.constantFrom(...THEMES),
});

test("frames after frames come to what the last of them comes to alone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 2, maxLength: 6 }), async (frames) => {
      const [after, alone] = [new Screen(), new Screen()];
      const running = new FrameText(256);
      for (const each of frames) await after.write(running.next(each));
      await alone.write(new FrameText(256).next(frames.at(-1) as (typeof frames)[number]));
      expect(after.cells()).toEqual(alone.cells());
    }),
    { numRuns: 60 },
  );
});

test("only what is otherwise is sent, and nothing is erased for it", () => {
  const [theme] = THEMES as [(typeof THEMES)[number]];
  const frames = new FrameText(256);
  const lines = (count: string): readonly Line[] => [[span("frames ", "dim"), span(count)], [span("still")]];
  expect(frames.next({ lines: lines("100"), theme })).toContain("\u001b[J");
  expect(frames.next({ lines: lines("100"), theme })).toBe("");
  expect(frames.next({ lines: lines("108"), theme })).toBe("\u001b[?2026h\u001b[1;10H8\u001b[?2026l");
  frames.forget();
  expect(frames.next({ lines: lines("108"), theme })).toContain("\u001b[J");
});
