// The one place that speaks Ink: lines become text, tones become looks, key events become names. It decides
// nothing.

import { createElement, memo, useEffect, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Box, Text, useApp, useInput, useIsScreenReaderEnabled, useStdin } from "ink";
import type { SuspendTerminal } from "ink";
import { frameLines } from "./frame.ts";
import { keyNames } from "./keys.ts";
import type { Line, Look } from "./line.ts";
import { linearLines } from "./linear.ts";
import type { World } from "./model.ts";
import type { Store } from "./store.ts";
import type { Symbols } from "./symbols.ts";
import type { Theme, ThemeName } from "./theme.ts";

export interface AppProps {
  readonly store: Store;
  readonly world: World;
  readonly symbols: Symbols;
  /** How a theme of this name looks on this terminal. */
  readonly themeOf: (name: ThemeName) => Theme;
  /** Called once, with the way to give the terminal away for a while. */
  readonly onReady: (suspendTerminal: SuspendTerminal) => void;
}

export function App({ store, world, symbols, themeOf, onReady }: AppProps): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const { isRawModeSupported } = useStdin();
  const { suspendTerminal } = useApp();
  useEffect(() => onReady(suspendTerminal), [onReady, suspendTerminal]);
  useInput(
    (input, key) => {
      for (const name of keyNames(input, key)) store.dispatch({ type: "key", key: name });
    },
    { isActive: isRawModeSupported },
  );
  if (useIsScreenReaderEnabled()) return linear(linearLines(state, world));
  const theme = themeOf(state.theme);
  const lines = frameLines(state, world, symbols);
  return createElement(
    Box,
    { flexDirection: "column" },
    lines.map((line, row) => createElement(LineText, { key: row, line, theme })),
  );
}

/** Text without looks, a line each. */
function linear(lines: readonly string[]): ReactNode {
  return createElement(
    Box,
    { flexDirection: "column" },
    lines.map((line, row) => createElement(Text, { key: row }, line)),
  );
}

interface LineProps {
  readonly line: Line;
  readonly theme: Theme;
}

/** Drawn anew only when its text or its tones are others. */
const LineText = memo(function LineText({ line, theme }: LineProps): ReactNode {
  // An empty text has no height.
  if (line.length === 0) return createElement(Text, null, " ");
  const pieces = line.map(({ text, tone, look }, place) =>
    createElement(Text, { key: place, ...(look === undefined ? theme[tone] : shownLook(look, theme)) }, text),
  );
  return createElement(Text, { wrap: "truncate-end" }, ...pieces);
}, sameLine);

/** Where the theme has no colours a guest has none either. */
function shownLook(look: Look, { accent }: Theme): Look {
  if (accent.color !== undefined) return look;
  const { color: _, backgroundColor, ...rest } = look;
  return backgroundColor === undefined ? rest : { ...rest, inverse: rest.inverse !== true };
}

function sameLine(before: LineProps, after: LineProps): boolean {
  const [a, b] = [before.line, after.line];
  return (
    before.theme === after.theme &&
    a.length === b.length &&
    a.every(
      (piece, at) => piece.text === b[at]?.text && piece.tone === b[at]?.tone && piece.look === b[at]?.look,
    )
  );
}
