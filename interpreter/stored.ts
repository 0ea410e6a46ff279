// The files behind a lab's volumes: which there are, and deleting them, which only `down --volumes` asks for.

import { rmSync } from "node:fs";
import type { Resource } from "../lang/index.ts";
import type { Hypervisor } from "../hypervisor/index.ts";
import { refOf } from "./drivers/read.ts";
import { errorText } from "./operation-error.ts";

/** What is stored of a volume. */
export interface StoredVolume {
  readonly address: string;
  readonly file: string;
  /** It may not be deleted. */
  readonly protected: boolean;
  /** Of an overlay: the address of what it stands on. */
  readonly base?: string;
}

/** What became of an overlay. */
export interface Committed {
  readonly base: string;
  readonly bytes: number;
}

/** Of the volumes that are there, those with files, in the order in which they are declared. */
export function storedVolumes(
  hypervisor: Hypervisor,
  ledger: ReadonlyMap<string, Resource>,
): readonly StoredVolume[] {
  return [...ledger.values()].flatMap((resource): StoredVolume[] => {
    const file = resource.kind === "volume" ? hypervisor.volume(resource.address)?.file : undefined;
    const protect = resource.attributes["protect"]?.value;
    const isProtected = protect?.is === "bool" && protect.value;
    const base = refOf(resource, "base");
    const stored = { address: resource.address, protected: isProtected, ...(base !== undefined && { base }) };
    return file === undefined ? [] : [{ ...stored, file }];
  });
}

/** Deletes what is not protected; a sentence for each that could not be. Nobody has it open any more. */
export function deleteStored(volumes: readonly StoredVolume[]): readonly string[] {
  const problems: string[] = [];
  for (const { address, file, protected: kept } of volumes) {
    if (kept) continue;
    try {
      rmSync(file, { force: true });
    } catch (error) {
      problems.push(`${file} of ${address} could not be deleted: ${errorText(error)}`);
    }
  }
  return problems;
}
