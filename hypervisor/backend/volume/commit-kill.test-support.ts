// A process that commits an overlay and is to be killed. It says where it is. Arguments: base, overlay,
// bytes, and after which piece it ends itself; 0: it does not.

import { writeSync } from "node:fs";
import type { VolumeNotice } from "../../datapath/block-store.ts";
import { commitOverlay } from "./commit-overlay.ts";
import { openImage, openOverlay, type Problem } from "./files.ts";

const [base = "", overlay = "", bytes = "", last = ""] = process.argv.slice(2);

function opened<T extends object>(answer: T | Problem): T {
  if ("problem" in answer) throw new Error(answer.problem);
  return answer;
}

const below: VolumeNotice = { class: "file", ...opened(openImage(base, { create: false, readonly: false })) };
const top = {
  class: "overlay",
  base: below,
  ...opened(openOverlay(overlay, Number(bytes), "base")),
} as const;
let pieces = 0;
await commitOverlay(top, () => {
  writeSync(1, `${++pieces}\n`);
  if (pieces === Number(last)) process.kill(process.pid, "SIGKILL");
  return true;
});
writeSync(1, "done\n");
