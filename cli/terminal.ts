// The process's own streams: data to stdout, everything else to stderr, colours only where somebody sees
// them.

import { styleText } from "node:util";

/** What `styleText` knows and we use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan";

export interface Terminal {
  /** Writes data; the answer of a reader that has gone away is to end quietly. */
  out(text: string): void;
  /** Progress and diagnostics. */
  err(text: string): void;
  paint(style: Style, text: string, stream?: "out" | "err"): string;
  /** Both ends are a terminal that can draw, and nobody said CI. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** What is written to stderr is seen where a line can be drawn over. */
  readonly redraws: boolean;
  readonly columns: number;
}

const WIDTH = 100;

export function createTerminal(env: NodeJS.ProcessEnv): Terminal {
  const { stdout, stderr } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const plain = isSet(env["NO_COLOR"]) || env["TERM"] === "dumb";
  const colours = { out: !plain && stdout.isTTY, err: !plain && stderr.isTTY };
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    paint: (style, text, stream = "out") =>
      colours[stream] ? styleText(style, text, { validateStream: false }) : text,
    // Made when asked: a file as stdin loads what reads files in pieces.
    get interactive() {
      return stdout.isTTY && process.stdin.isTTY && env["TERM"] !== "dumb" && !isSet(env["CI"]);
    },
    colour: colours.err,
    redraws: stderr.isTTY && env["TERM"] !== "dumb" && !isSet(env["CI"]),
    columns: stdout.columns ?? WIDTH,
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
