// Programs of the benches' own that run in a Linux guest.
import { readFile } from "node:fs/promises";
import { compileRival, FOR_GUEST } from "./compile.ts";
import type { LinuxLab } from "./linux-pc.ts";

/** Where the guest has the program of `rivals/NAME.c`; it is given it the first time. */
export async function giveProgram(lab: LinuxLab, name: string): Promise<string> {
  const place = `/tmp/${name}`;
  const text = (await readFile(await compileRival(name, FOR_GUEST))).toString("base64");
  await lab.run(`test -x ${place} || { echo ${text} | base64 -d > ${place} && chmod +x ${place}; }`);
  return place;
}
