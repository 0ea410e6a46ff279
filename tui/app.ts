// The one place that speaks Ink: what is typed becomes names of keys, and who hears the screen is read lines.
// It decides nothing.

import { Writable } from "node:stream";
import { createElement, useEffect, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Box, render, Text, useApp, useInput, useStdin } from "ink";
import type { Instance, SuspendTerminal } from "ink";
import { keyNames } from "./keys.ts";
import { linearLines } from "./linear.ts";
import type { World } from "./model.ts";
import type { Store } from "./store.ts";

export interface AppProps {
  readonly store: Store;
  /** Called once, with the way to give the terminal away for a while. */
  readonly onReady: (suspendTerminal: SuspendTerminal) => void;
}

const OPTIONS = { exitOnCtrlC: false, patchConsole: false, interactive: true } as const;

/** Reads the keys. Another has the screen: what Ink would write goes nowhere. */
export function openKeyboard(stdin: NodeJS.ReadStream, props: AppProps): Instance {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdout = Object.assign(nowhere, { columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream;
  return render(createElement(Keyboard, props), { ...OPTIONS, stdin, stdout, isScreenReaderEnabled: false });
}

/** Reads the keys and has the screen: it is heard in order, and what it said stays to be read again. */
export function openReader(
  streams: { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream },
  props: AppProps & { readonly world: World },
): Instance {
  return render(createElement(Reader, props), { ...OPTIONS, ...streams, isScreenReaderEnabled: true });
}

function Keyboard({ store, onReady }: AppProps): ReactNode {
  const { isRawModeSupported } = useStdin();
  const { suspendTerminal } = useApp();
  useEffect(() => onReady(suspendTerminal), [onReady, suspendTerminal]);
  useInput(
    (input, key) => {
      for (const name of keyNames(input, key)) store.dispatch({ type: "key", key: name });
    },
    { isActive: isRawModeSupported },
  );
  return null;
}

/** Text without looks, a line each. */
function Reader({ store, world, onReady }: AppProps & { readonly world: World }): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  return createElement(
    Box,
    { flexDirection: "column" },
    createElement(Keyboard, { store, onReady }),
    linearLines(state, world).map((line, row) => createElement(Text, { key: row }, line)),
  );
}
