// `vbus man`: the manual page on stdout.

import type { Command } from "commander";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { manPage } from "../man.ts";
import { packageVersion } from "../package-folder.ts";

export function man({ terminal }: Context, program: Command): Exit {
  terminal.out(manPage(program, packageVersion()));
  return EXIT.done;
}
