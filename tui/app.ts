// The one place that speaks Ink: what is typed becomes names of keys, and who hears the screen is read lines.
// It decides nothing.

import { createElement, useEffect, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Box, render, Text, useApp, useInput, useStdin } from "ink";
import type { Instance, SuspendTerminal } from "ink";
import { keyNames } from "./keys.ts";
import { linearLines } from "./linear.ts";
import type { World } from "./model.ts";
import type { Store } from "./store.ts";

interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export interface AppProps {
  readonly store: Store;
  /** Called once, with the way to give the terminal away for a while. */
  readonly onReady: (suspendTerminal: SuspendTerminal) => void;
}

const OPTIONS = { exitOnCtrlC: false, patchConsole: false, interactive: true } as const;

/** Reads the keys. Another has the screen: what Ink would write goes nowhere. */
export function openKeyboard({ stdin, stdout }: Streams, props: AppProps): Instance {
  const streams = { stdin, stdout: silenced(stdout) };
  return render(createElement(Keyboard, props), { ...OPTIONS, ...streams, isScreenReaderEnabled: false });
}

/** The same stream as one that is no terminal, and nothing that is written comes to it. */
function silenced(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (_text: string, done?: () => void): boolean => {
    if (done !== undefined) setImmediate(done);
    return true;
  };
  return new Proxy(stdout, {
    get: (target, name) => {
      if (name === "write") return write;
      if (name === "isTTY") return false;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Reads the keys and has the screen: it is heard in order, and what it said stays to be read again. */
export function openReader(streams: Streams, props: AppProps & { readonly world: World }): Instance {
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
