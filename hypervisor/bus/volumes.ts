// Volumes on the control thread: opening, growing and closing what stands behind disks, and who has them.

import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";
import path from "node:path";
import {
  closeFile,
  growImage,
  growOverlay,
  openImage,
  openOverlay,
  storedBytes,
  type Problem,
} from "../backend/volume/files.ts";
import { NbdVolume } from "../backend/volume/nbd.ts";
import { flushOverlay } from "../backend/volume/overlay-store.ts";
import type { VolumeNotice } from "../datapath/block-store.ts";
import type { DiskNotice } from "../device/connection.ts";
import { addRequests, noRequests, type RequestSum } from "../metrics/facts.ts";
import type { Id, Outcome, VolumeFacts, VolumeSpec } from "../hypervisor.ts";
import {
  SECTOR_BYTES,
  VOLUMES_MAX,
  VOLUME_BYTES_MAX,
  VOLUME_CLOSE_MS,
  VOLUME_DEPTH_MAX,
  VOLUME_MEMORY_MAX,
} from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { Commits } from "./commits.ts";
import { refuse, success } from "./outcome.ts";

export interface Volume {
  readonly id: Id;
  spec: VolumeSpec;
  notice: VolumeNotice;
  readonly base: Volume | undefined;
  /** Ports of devices that have it, of removed ones too while a guest has them open. */
  readonly ports: Set<number>;
  /** The one that may write, of those that are there. */
  writer: Id | undefined;
  /** Devices that are there, and overlays on top. */
  users: number;
  /** Of ports that are gone. */
  readonly past: RequestSum;
  /** Its own connection, or that of what lies below it. */
  readonly nbd: NbdVolume | undefined;
  /** File descriptors, also those that were opened when it could not be written yet. */
  readonly files: number[];
  /** Where it is stored, if in a file. */
  readonly file: string | undefined;
  /** Settles when it is closed, after it was removed. */
  readonly closed: PromiseWithResolvers<void>;
}

interface Opened {
  readonly notice: VolumeNotice;
  readonly files: readonly number[];
  readonly nbd?: NbdVolume;
}

/** All volumes. `folder`: where overlays are kept that name no file; without it they are refused. */
export class Volumes {
  readonly all = new Map<Id, Volume>();
  readonly commits = new Commits(this.all);
  readonly #fabric: Fabric;
  readonly #folder: string | undefined;
  /** Removed, and not closed: a guest has not let go. */
  readonly #closing = new Set<Volume>();
  /** The devices of a volume that has changed are to be told. */
  readonly #changed: (volume: Volume) => void;

  constructor(fabric: Fabric, folder: string | undefined, changed: (volume: Volume) => void) {
    this.#fabric = fabric;
    this.#folder = folder;
    this.#changed = changed;
  }

  async create(id: Id, spec: VolumeSpec): Promise<Outcome> {
    await this.#waitForClosing();
    const wrong = this.#wrong(id, spec);
    if (wrong) return wrong;
    const base = spec.class === "overlay" ? this.all.get(spec.base) : undefined;
    const opened = await this.#open(id, spec, base);
    if ("problem" in opened) return refuse("invalid", opened.problem);
    const { notice, files, nbd = base?.nbd } = opened;
    if (base) base.users++;
    this.all.set(id, {
      id,
      spec,
      notice,
      base,
      ports: new Set(),
      writer: undefined,
      users: 0,
      nbd,
      past: noRequests(),
      files: [...files],
      file: this.#fileOf(id, spec),
      closed: Promise.withResolvers(),
    });
    return success();
  }

  /** Takes over `readonly` and a larger `size`, while it is open. */
  set(id: Id, spec: VolumeSpec): Outcome {
    const volume = this.all.get(id);
    if (!volume) return missing(id);
    const busy = this.commits.refusal(id);
    if (busy) return busy;
    const fixed = fixedOf(spec) === fixedOf(volume.spec);
    if (!fixed) return refuse("invalid", "a volume keeps what it is; only its size and `readonly` change");
    const size = spec.size ?? volume.notice.size;
    if (size < volume.notice.size) return refuse("invalid", "a volume that is there does not get smaller");
    const unfit = wrongSize(spec.class, size);
    if (unfit !== undefined) return refuse("invalid", unfit);
    const changed = this.#grow(volume, spec, size);
    if (changed) return refuse("invalid", changed.problem);
    volume.spec = spec;
    this.#changed(volume);
    return success();
  }

  /** Refused (`busy`) while devices or overlays have it. What is stored in a file stays. */
  remove(id: Id): Outcome {
    const volume = this.all.get(id);
    if (!volume) return missing(id);
    if (volume.users > 0) return refuse("busy", `volume \`${id}\` has devices or overlays`);
    const busy = this.commits.refusal(id);
    if (busy) return busy;
    this.all.delete(id);
    this.#closing.add(volume);
    this.#closeIfFree(volume);
    return success();
  }

  /** Why a device can't have a volume in this way; `device` has it already, or is new. */
  wrongUse(id: Id, device: Id, readonly: boolean): Outcome | undefined {
    const volume = this.all.get(id);
    if (!volume) return missing(id);
    const busy = this.commits.refusal(id);
    if (busy || readonly || volume.spec.readonly) return busy;
    if (volume.writer !== undefined && volume.writer !== device)
      return refuse("busy", `device \`${volume.writer}\` writes to volume \`${id}\` already`);
    const top = [...this.all.values()].find(({ base }) => base === volume);
    return top && refuse("busy", `volume \`${id}\` is the base of \`${top.id}\`: nobody writes to it`);
  }

  /**
   * A device has it from now on, or in another way; `wrongUse` has been asked. Of a volume that is read-only
   * all devices are.
   */
  use(id: Id, device: Id, port: number, asked: boolean): Pick<DiskNotice, "volume" | "readonly"> {
    const volume = this.all.get(id) as Volume;
    const readonly = asked || volume.spec.readonly;
    if (!volume.ports.has(port)) volume.users++;
    volume.ports.add(port);
    if (!readonly) volume.writer = device;
    else if (volume.writer === device) volume.writer = undefined;
    return { volume: volume.nbd?.noticeFor(port, volume.notice) ?? volume.notice, readonly };
  }

  /** The device is gone, though a guest may still have it open. */
  leave(volume: Volume, device: Id): void {
    volume.users--;
    if (volume.writer === device) volume.writer = undefined;
  }

  /** Nobody has the port any more. */
  forgetPort(port: number): void {
    const volume = [...this.all.values(), ...this.#closing].find(({ ports }) => ports.has(port));
    if (!volume) return;
    addRequests(volume.past, this.#fabric, port);
    volume.ports.delete(port);
    this.#closeIfFree(volume);
  }

  /** Volumes that are removed and still open, since a guest has not let go. For tests. */
  get closingCount(): number {
    return this.#closing.size;
  }

  facts(id: Id): VolumeFacts | undefined {
    const volume = this.all.get(id);
    if (!volume) return undefined;
    const sum = { ...volume.past };
    for (const port of volume.ports) addRequests(sum, this.#fabric, port);
    const { spec, notice, writer, file } = volume;
    return {
      id,
      class: spec.class,
      size: notice.size,
      readonly: spec.readonly,
      ...(file !== undefined && { file }),
      ...(writer !== undefined && { writer }),
      ...sum,
      ...(notice.class !== "nbd" && { used: "fd" in notice ? storedBytes(notice.fd) : notice.size }),
    };
  }

  allFacts(): readonly VolumeFacts[] {
    return [...this.all.keys()].map((id) => this.facts(id) as VolumeFacts);
  }

  /** Closes all. No guest runs any more. */
  close(): void {
    for (const volume of [...this.#closing, ...[...this.all.values()].reverse()]) this.#close(volume);
    this.all.clear();
  }

  #wrong(id: Id, spec: VolumeSpec): Outcome | undefined {
    if (this.all.has(id)) return refuse("exists", `there is a volume \`${id}\` already`);
    if (this.all.size + this.#closing.size >= VOLUMES_MAX)
      return refuse("limit", "there are as many volumes as this process can hold");
    const unfit = spec.size === undefined ? undefined : wrongSize(spec.class, spec.size);
    if (unfit !== undefined) return refuse("invalid", unfit);
    if (spec.class !== "overlay") return undefined;
    const base = this.all.get(spec.base);
    if (!base) return missing(spec.base);
    const busy = this.commits.refusal(spec.base);
    if (busy) return busy;
    if (base.writer !== undefined)
      return refuse("busy", `device \`${base.writer}\` writes to volume \`${spec.base}\``);
    if (spec.size !== undefined && spec.size < base.notice.size)
      return refuse("invalid", "an overlay is at least as large as its base");
    let depth = 1;
    // Bound: VOLUME_DEPTH_MAX.
    for (let below: Volume | undefined = base; below; below = below.base) depth++;
    return depth > VOLUME_DEPTH_MAX
      ? refuse("limit", `overlays are at most ${VOLUME_DEPTH_MAX} deep`)
      : undefined;
  }

  /** With the connection goes what nobody waits for any more: the size is refused before. */
  async #openNbd({ url, size, readonly }: VolumeSpec & { readonly class: "nbd" }): Promise<Opened | Problem> {
    const nbd = await NbdVolume.open(url);
    if ("problem" in nbd) return nbd;
    const { found } = nbd;
    const problem =
      found.size < size
        ? `${url} has ${found.size} bytes, less than ${size}`
        : found.readonly && !readonly
          ? `${url} is read-only: say \`readonly = true\``
          : undefined;
    if (problem === undefined) return { notice: { class: "nbd", size }, files: [], nbd };
    nbd.close();
    return { problem };
  }

  #open(id: Id, spec: VolumeSpec, base: Volume | undefined): Opened | Problem | Promise<Opened | Problem> {
    if (spec.class === "nbd") return this.#openNbd(spec);
    if (spec.class === "memory") {
      const bytes = new SharedArrayBuffer(spec.size, { maxByteLength: VOLUME_MEMORY_MAX });
      return { notice: { class: "memory", size: spec.size, bytes }, files: [] };
    }
    if (spec.class === "file") {
      const file = openImage(spec.path, spec);
      if ("problem" in file) return file;
      return this.#alone(file.fd, { class: "file", size: file.size, fd: file.fd });
    }
    const file = this.#fileOf(id, spec);
    if (file === undefined)
      return { problem: "this lab has no folder for overlays: say where it is kept (`path`)" };
    const { notice: below, spec: under, id: baseId } = base as Volume;
    // Folders that move with both files in them change nothing.
    const where =
      under.class === "file" ? path.relative(path.dirname(file), under.path) : `${under.class} ${baseId}`;
    const overlay = openOverlay(file, spec.size ?? below.size, where);
    if ("problem" in overlay) return overlay;
    const { fd, size, map } = overlay;
    return this.#alone(fd, { class: "overlay", size, fd, map, base: below });
  }

  /** Two volumes on one file would write into each other. */
  #alone(fd: number, notice: VolumeNotice): Opened | Problem {
    const own = fileKey(fd);
    for (const other of [...this.all.values(), ...this.#closing]) {
      if (!other.files.some((file) => fileKey(file) === own)) continue;
      closeFile(fd);
      return { problem: `volume \`${other.id}\` has this file open` };
    }
    return { notice, files: [fd] };
  }

  #fileOf(id: Id, spec: VolumeSpec): string | undefined {
    if (spec.class === "memory" || spec.class === "nbd") return undefined;
    if (spec.path !== undefined) return spec.path;
    if (this.#folder === undefined) return undefined;
    // An address may hold anything; its hash tells apart what is the same when written plainly.
    const hash = createHash("sha256").update(id).digest("hex").slice(0, 12);
    return path.join(this.#folder, `${id.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 80)}-${hash}.overlay`);
  }

  #grow(volume: Volume, spec: VolumeSpec, size: number): Problem | undefined {
    const { notice } = volume;
    switch (notice.class) {
      case "memory":
        notice.bytes.grow(size);
        break;
      case "nbd":
        if (size > (volume.nbd as NbdVolume).found.size) return { problem: "the export is smaller" };
        break;
      case "overlay":
        growOverlay(notice.fd, notice.map, notice.size, size);
        volume.notice = { ...notice, size, base: (volume.base as Volume).notice };
        return undefined;
      case "file": {
        const { readonly } = spec;
        if (spec.class !== "file" || (readonly === volume.spec.readonly && size === notice.size)) break;
        // Who could not write so far has it open for reading: both stay open, guests may be in either.
        const file = openImage(spec.path, { create: false, readonly, size });
        if ("problem" in file) return file;
        if (fileKey(file.fd) !== fileKey(notice.fd)) {
          closeFile(file.fd);
          return { problem: `${spec.path} is another file now` };
        }
        if (!readonly) growImage(file.fd, size);
        volume.files.push(file.fd);
        volume.notice = { ...notice, size, fd: file.fd };
        return undefined;
      }
    }
    volume.notice = { ...notice, size };
    return undefined;
  }

  async #waitForClosing(): Promise<void> {
    const all = [...this.#closing].map(({ closed }) => closed.promise);
    if (all.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, VOLUME_CLOSE_MS);
    await Promise.race([Promise.all(all), promise]);
    clearTimeout(timer);
  }

  #closeIfFree(volume: Volume): void {
    if (volume.ports.size === 0 && this.#closing.has(volume)) this.#close(volume);
  }

  #close(volume: Volume): void {
    this.#closing.delete(volume);
    // What was written and never flushed is on its way to the disk as after any program; the map goes too.
    if (volume.notice.class === "overlay") flushOverlay(volume.notice);
    for (const file of volume.files) closeFile(file);
    if (volume.notice.class === "nbd") volume.nbd?.close();
    if (volume.base) volume.base.users--;
    volume.closed.resolve();
  }
}

/** Which file it is, by whatever name it was opened. */
function fileKey(fd: number): string {
  const { dev, ino } = fstatSync(fd);
  return `${dev}:${ino}`;
}

function wrongSize(sort: VolumeSpec["class"], size: number): string | undefined {
  const most = sort === "memory" ? VOLUME_MEMORY_MAX : VOLUME_BYTES_MAX;
  if (size < SECTOR_BYTES || size > most) return `a volume has from ${SECTOR_BYTES} to ${most} bytes`;
  return size % SECTOR_BYTES === 0 ? undefined : `a volume has a multiple of ${SECTOR_BYTES} bytes`;
}

/** What of a spec never changes. */
function fixedOf(spec: VolumeSpec): string {
  return JSON.stringify({ ...spec, size: 0, readonly: false, create: false });
}

function missing(id: Id): Outcome {
  return refuse("missing", `there is no volume \`${id}\``);
}
