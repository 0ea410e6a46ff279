// The outside as an editor changes it: texts that are being written lie over the files on the disk. For the
// language server; runs nothing and writes nothing.

import type { Allocations, Diagnostic, Model, World } from "../lang/index.ts";
import type { Environment } from "./control/paths.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import { refusals } from "./drivers/unsupported.ts";
import type { GivenFiles } from "./given-files.ts";
import { OperationError } from "./operation-error.ts";
import { withState } from "./state/with-state.ts";
import { makeWorld, resolveFile } from "./world.ts";

export interface Written {
  readonly world: World;
  /** What the language takes and nothing serves yet. */
  refusals(model: Model): readonly Diagnostic[];
  /** Addresses that the lab of this root file has given out; none where its state can't be read. */
  allocations(root: string): Allocations;
  /** The file behind an absolute path or a `std:` name. */
  fileOf(path: string): string | undefined;
}

/** `given` may change between questions: it is read anew for each. */
export function openWritten(env: Environment, given: GivenFiles): Written {
  return {
    world: makeWorld(env, new ImageFiles(resolveFile), given),
    refusals,
    allocations: (root) => {
      try {
        return withState({ file: root, env }, (state) => state?.allocations() ?? {});
      } catch (error) {
        if (error instanceof OperationError) return {};
        throw error;
      }
    },
    fileOf: resolveFile,
  };
}
