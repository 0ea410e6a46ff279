// A PC's drives: v86's own IDE and floppy controllers, with images behind them that are ours. What a guest
// writes down for a transfer is looked at here first, since v86 would follow a table without an end.

import type { PcMedia } from "../../images.ts";
import { PC_DMA_PARTS_MAX } from "../../limits.ts";
import { MediaBuffer } from "./media-buffer.ts";
import type { IdeChannel, Processor } from "./v86.ts";

/** The ports by which the two channels begin a transfer, and what is written there. Spec: SFF-8038i, 3.1. */
const COMMAND_PORTS = { primary: 0xb400, secondary: 0xb408 } as const;
const START = 1;
const STATUS_ERROR = 2;
const PART = { bytes: 8, countAt: 4, flagsAt: 7, last: 0x80, whole: 65_536 } as const;
/** Where no RAM is: the screen's memory. */
const HOLE = { from: 0xa0000, to: 0xc0000 } as const;
/** v86's words: which kinds of drives are tried, the first one lowest. 1: floppy, 2: disk, 3: CD. */
const ORDER = { cdDiskFloppy: 0x123, floppyCdDisk: 0x231 } as const;

/** What v86 is told of drives. */
export function drivesOf(media: PcMedia | undefined): object {
  if (!media) return {};
  const { disk, cd, floppy } = media;
  return {
    ...(disk && { hda: new MediaBuffer(disk) }),
    ...(cd && { cdrom: new MediaBuffer(cd) }),
    ...(floppy && { fda: new MediaBuffer(floppy) }),
    boot_order: floppy ? ORDER.floppyCdDisk : ORDER.cdDiskFloppy,
  };
}

/** A transfer whose table can't be ends as a real chip ends it: with an error, and nothing moved. */
export function guardTransfers({ io, devices }: Processor, ram: () => Uint8Array): void {
  for (const name of ["primary", "secondary"] as const) {
    const channel = devices.ide[name];
    const entry = io.ports[COMMAND_PORTS[name]];
    if (!channel || !entry) continue;
    const { write8, write32 } = entry;
    const guarded = (write: (this: object, value: number) => void) =>
      function begin(this: object, value: number): void {
        const begins = (value & START) !== 0 && (channel.dma_command & START) === 0;
        if (begins && !isTable(ram(), channel.prdt_addr >>> 0)) return refuse(channel);
        write.call(this, value);
      };
    entry.write8 = guarded(write8);
    entry.write32 = guarded(write32);
  }
}

function refuse(channel: IdeChannel): void {
  channel.dma_status |= STATUS_ERROR;
  channel.push_irq();
}

/** Whether all that a table names is RAM, and it has an end. */
export function isTable(ram: Uint8Array, at: number): boolean {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.length);
  const isRam = (from: number, bytes: number): boolean =>
    from + bytes <= ram.length && (from + bytes <= HOLE.from || from >= HOLE.to);
  for (let part = 0; part < PC_DMA_PARTS_MAX; part++) {
    const place = at + part * PART.bytes;
    if (!isRam(place, PART.bytes)) return false;
    const bytes = view.getUint16(place + PART.countAt, true) || PART.whole;
    if (!isRam(view.getUint32(place, true), bytes)) return false;
    if ((view.getUint8(place + PART.flagsAt) & PART.last) !== 0) return true;
  }
  return false;
}
