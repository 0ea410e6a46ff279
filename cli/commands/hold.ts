// Why a running lab is not as its file says, and what may be typed then: for `ps` and `status`.

import type { Snapshot } from "../../interpreter/index.ts";

interface Hold {
  readonly sentence: string;
  /** Commands, and what each does. */
  readonly next: readonly (readonly [string, string])[];
}

/** Undefined where it is as the file says, or nobody follows the file. */
export function holdOf({
  watch,
  held,
  refused,
  rolledBack,
}: Partial<Pick<Snapshot, "held" | "refused" | "rolledBack">> & { readonly watch: string }):
  Hold | undefined {
  if (held !== undefined) {
    return {
      sentence: `The change in the file waits for \`vbus apply\`: ${held}`,
      next: [
        ["vbus plan", "shows it"],
        ["vbus apply", "makes it"],
      ],
    };
  }
  if (refused !== undefined) {
    return {
      sentence: `The change in the file could not be made, and all is as it was: ${refused}.`,
      next: [["vbus apply", "tries it again"]],
    };
  }
  if (rolledBack !== undefined) {
    return {
      sentence: `Held on generation ${rolledBack} until the file says something else.`,
      next: [
        [`vbus diff ${rolledBack} file`, "shows what it says"],
        ["vbus apply", "takes it as it is"],
      ],
    };
  }
  if (watch !== "held") return undefined;
  return {
    sentence: "The file does not check, and the lab goes on as it was.",
    next: [["vbus check", "says what is wrong with it"]],
  };
}
