// Overlays that are written into their bases: when that may be, and that nobody opens either meanwhile.
// Control thread only.

import { commitOverlay, wrongCommit } from "../backend/volume/commit-overlay.ts";
import type { CommitOptions, Id, Outcome } from "../hypervisor.ts";
import { refuse } from "./outcome.ts";
import type { Volume } from "./volumes.ts";

/** Names a guest that runs and has a disk of a volume. */
export type UserOf = (volume: Volume) => Id | undefined;

const CALLED_OFF = "the commit was called off";

export class Commits {
  readonly #volumes: ReadonlyMap<Id, Volume>;
  /** Overlays, and their bases. */
  readonly #running = new Set<Volume>();

  constructor(volumes: ReadonlyMap<Id, Volume>) {
    this.#volumes = volumes;
  }

  /** Why nobody may open, change or remove the volume now. */
  refusal(id: Id): Outcome<never> | undefined {
    const volume = this.#volumes.get(id);
    const isPart = volume !== undefined && this.#running.has(volume);
    return isPart ? refuse("busy", `volume \`${id}\` is part of a commit`) : undefined;
  }

  /** As `StorageDoor.commitVolume`. */
  async run(id: Id, { progressed, signal }: CommitOptions, userOf: UserOf): Promise<Outcome<number>> {
    const overlay = this.#volumes.get(id);
    if (!overlay) return refuse("missing", `there is no volume \`${id}\``);
    const { base, notice } = overlay;
    if (!base || notice.class !== "overlay") return refuse("invalid", `volume \`${id}\` is not an overlay`);
    const both = [overlay, base];
    const wrong = both.map((volume) => this.#wrong(volume, overlay, userOf)).find((found) => found);
    if (wrong) return wrong;
    const unfit = wrongCommit(notice);
    if (unfit !== undefined) return refuse("invalid", `volume \`${id}\` stays as it is: ${unfit}`);
    const off = (why: string): Outcome<never> => refuse("busy", `${why}: volume \`${id}\` is as it was`);
    const isCalledOff = (): boolean => signal?.aborted === true;
    if (isCalledOff()) return off(CALLED_OFF);
    for (const volume of both) this.#running.add(volume);
    try {
      const bytes = await commitOverlay(notice, (done, all) => {
        progressed?.(done, all);
        return !isCalledOff() && this.#volumes.get(id) === overlay;
      });
      if (bytes !== undefined) return { ok: true, value: bytes };
      return off(isCalledOff() ? CALLED_OFF : "the lab has ended");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refuse("outside", `volume \`${id}\` is not in its base: ${why}`);
    } finally {
      for (const volume of both) this.#running.delete(volume);
    }
  }

  /** Why one of the two can't be part of a commit. */
  #wrong(volume: Volume, overlay: Volume, userOf: UserOf): Outcome<never> | undefined {
    const { id } = volume;
    const user = userOf(volume);
    if (user !== undefined) return refuse("busy", `\`${user}\` runs and has a disk of volume \`${id}\``);
    const top = [...this.#volumes.values()].find(
      ({ base, ...other }) => base === volume && other.id !== overlay.id,
    );
    if (top) return refuse("busy", `volume \`${top.id}\` is an overlay on \`${id}\``);
    if (volume.spec.readonly) return refuse("invalid", `volume \`${id}\` is read-only`);
    return this.refusal(id);
  }
}
