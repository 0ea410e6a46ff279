// A dashboard as a program, for tests: its arguments are the lab's control socket, and `attached` and `ascii`
// where they are meant, and preferences as `theme=light`. The last thing that it prints is how it was left.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { connect } from "../interpreter/index.ts";
import { runDashboard } from "./index.ts";

const THEMES = ["default", "light", "contrast", "mono"] as const;
const [socket = "", ...words] = process.argv.slice(2);
if (words.includes("break")) {
  process.on("SIGUSR2", () => {
    throw new Error("on purpose");
  });
}
const theme = THEMES.find((name) => words.includes(`theme=${name}`));
const ended = runDashboard({
  connect: () => connect(socket),
  attachedByUp: words.includes("attached"),
  preferences: {
    ...(words.includes("ascii") && { symbols: "ascii" }),
    ...(words.includes("mouse") && { mouse: true }),
    ...(theme !== undefined && { theme }),
  },
  streams: { stdin: process.stdin, stdout: process.stdout },
  environment: process.env,
  packer: { pack: (text) => deflateRawSync(text), unpack: (bytes) => inflateRawSync(bytes).toString() },
  clock: { now: () => performance.now() },
});
const outcome = await ended.then(
  (end) => `end: ${end}`,
  (error: unknown) => `broke: ${error instanceof Error ? error.message : "?"}`,
);
process.stdout.write(`${outcome}\n`);
