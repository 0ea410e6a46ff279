// Puts a terminal in order after a dashboard that was killed and could not do it itself: a shell waits for
// the end of a pipe that only the dashboard holds, and is told where there is nothing to do.

import { spawn } from "node:child_process";

/** Ends what dashboards begin: brackets round pastes, the mouse's reports, colours, another screen. */
const RESTORE = String.raw`\033[?2004l\033[?1006l\033[?1000l\033[0m\033[?25h\033[?1049l`;
/** The line `done` says that the terminal is in order. Without it, the dashboard has gone. */
const SCRIPT = `read said; [ "$said" = done ] && exit 0; printf '${RESTORE}'; stty sane <&1`;

/** Guards the terminal of stdout. The answer is to be called when it is in order again. */
export function guardTerminal(): () => void {
  // In a session of its own: what ends the dashboard with its group, or stops it, leaves it alone.
  const guard = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "inherit", "ignore"] });
  guard.on("error", () => undefined); // Without a shell there is no guard, and all else as before.
  guard.stdin?.on("error", () => undefined);
  guard.unref();
  return () => void guard.stdin?.end("done\n");
}
