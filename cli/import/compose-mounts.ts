// Volumes of a service that runs a WASI program: folders of the host's, as its files.

import { quote, type Draft, type DraftGuest, type Names } from "./draft.ts";
import type { Interpolation } from "./interpolate.ts";
import type { Report } from "./report.ts";
import type { Tree } from "./tree.ts";

interface Mounting {
  readonly guest: DraftGuest;
  readonly draft: Draft;
  readonly report: Report;
  readonly words: Interpolation;
  readonly names: Names;
}

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadonly: boolean;
}

/** Adds a volume and a device for each; answers notes on those that can't be. */
export function mountsOf(value: Tree, mounting: Mounting): readonly string[] {
  const { guest, draft, report, words, names } = mounting;
  return (report.ask("list", "volumes", value)?.items ?? []).flatMap((item) => {
    const mount = readMount(item, report, words);
    if (!mount) return [report.without("volumes", item)];
    const { source, target, isReadonly } = mount;
    const path = /^[./~]/.test(source) ? source : `./volumes/${source}`;
    const name = names.take(`${guest.name}_${target.split("/").at(-1) ?? "files"}`, "files");
    draft.volumes.push(`volume ${name}: folder { path = ${quote(path)} }`);
    const mode = isReadonly ? ", readonly = true" : "";
    const device = `disk${guest.others.length}`;
    guest.others.push(`device ${device}: vblk { volume = ${name}, folder = ${quote(target)}${mode} }`);
    return [];
  });
}

/** `SOURCE:TARGET[:ro]`, or a map; undefined where it has no source or its target is no absolute path. */
function readMount(item: Tree, report: Report, words: Interpolation): Mount | undefined {
  if (item.is === "map") {
    const ask = (name: string): string => words.plain(report.text(name, item.entries.get(name)?.value) ?? "");
    return checked({ source: ask("source"), target: ask("target"), isReadonly: ask("read_only") === "true" });
  }
  const parts = words.plain(report.text("volumes", item) ?? "").split(":");
  const [source = "", target = "", mode = ""] = parts;
  return checked({ source, target, isReadonly: mode.split(",").includes("ro") });
}

const checked = (mount: Mount): Mount | undefined =>
  mount.source !== "" && mount.target.startsWith("/") ? mount : undefined;
