import { expect, test } from "vitest";
import { lineWidth, plainText } from "../line.ts";
import type { Line } from "../line.ts";
import { GuestScreen } from "./screen.ts";

const SIZE = { columns: 20, rows: 5 };

/** A screen after a text, and what it answered. */
async function after(text: string, size = SIZE): Promise<{ screen: GuestScreen; answers: string[] }> {
  const answers: string[] = [];
  const drawn = Promise.withResolvers<void>();
  const screen = new GuestScreen({
    changed: () => drawn.resolve(),
    answer: (guest, answer) => answers.push(`${guest}: ${answer}`),
  });
  const opened = screen.open("g", size);
  // What comes before the emulator is there is not lost.
  screen.write(text);
  await opened;
  await drawn.promise;
  return { screen, answers };
}

const seen = (lines: readonly Line[]): readonly string[] => lines.map(plainText);

test("what is printed is seen as a terminal shows it, also what came first", async () => {
  const { screen } = await after("one\ntwo\u001b[3;5Hthree\r\u001b[Kfour");
  expect(seen(screen.lines(5, 20, 0, false))).toEqual(["one", "two", "four", "", ""]);
});

test("colours and weights become looks, and cells that look the same are one piece", async () => {
  const { screen } = await after(
    "\u001b[1;31mred\u001b[0m \u001b[38;5;208mpal\u001b[38;2;1;2;3mrgb\u001b[0m \u001b[7minv\u001b[0m",
  );
  const [line = []] = screen.lines(5, 20, 0, false);
  expect(line.map(({ text, look }) => [text.trim(), look]).filter(([text]) => text !== "")).toEqual([
    ["red", { color: "red", bold: true }],
    ["pal", { color: "ansi256(208)" }],
    ["rgb", { color: "#010203" }],
    ["inv", { inverse: true }],
  ]);
});

test("wide and combining characters keep their cells", async () => {
  const { screen } = await after("漢字e\u0301!");
  const [line = []] = screen.lines(5, 20, 0, false);
  expect(plainText(line)).toBe("漢字e\u0301!");
  expect(lineWidth(line)).toBe(20);
});

test("the cursor is drawn where it is", async () => {
  const { screen } = await after("ab");
  const [line = []] = screen.lines(5, 20, 0, true);
  expect(line.map(({ text, look }) => [text, look?.inverse === true]).slice(0, 2)).toEqual([
    ["ab", false],
    [" ", true],
  ]);
});

test("lines above the screen are kept; a program that takes the whole screen has none", async () => {
  const lines = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`).join("\n");
  const { screen } = await after(lines);
  expect(screen.history).toBe(25);
  expect(seen(screen.lines(3, 20, 0, false))).toEqual(["line 28", "line 29", "line 30"]);
  expect(seen(screen.lines(3, 20, 25, false))).toEqual(["line 3", "line 4", "line 5"]);
  const full = await after(`${lines}\u001b[?1049hall of it`);
  expect([full.screen.isFullScreen, full.screen.history]).toEqual([true, 0]);
});

test("a small window sees the part with the cursor", async () => {
  const { screen } = await after("top\n\n\nhere", { columns: 80, rows: 24 });
  expect(seen(screen.lines(2, 10, 0, false))).toEqual(["", "here"]);
});

test("questions of the guest are answered to the guest", async () => {
  const { answers } = await after("\u001b[6n");
  expect(answers).toEqual(["g: \u001b[1;1R"]);
});

test("nothing that could steer the real terminal is in a line", async () => {
  const hostile = "\u001b]0;title\u0007\u001b]52;c;aGk=\u0007\u202eabc\u001b[?1000hx";
  const { screen } = await after(hostile);
  const text = screen
    .lines(5, 20, 0, false)
    .flat()
    .map((piece) => piece.text)
    .join("");
  expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(text).toContain("x");
});

test("another guest begins with an empty screen", async () => {
  const { screen } = await after("secret");
  await screen.open("h", SIZE);
  expect(seen(screen.lines(5, 20, 0, false)).join("")).toBe("");
  expect(screen.guest).toBe("h");
});
