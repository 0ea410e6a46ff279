// What guests are told of a device: its class by number, and the class's facts as bytes.

import { CLASS_NUMBER, FOLDER_NUMBER } from "../ring/abi.ts";
import { FRAME_OVERHEAD } from "../limits.ts";
import type { DeviceSpec, Id, VconsoleSpec } from "../hypervisor.ts";
import type { ChannelEnd, DeviceNotice, DiskNotice, FolderNotice } from "./connection.ts";
import { encodeVblkFacts } from "./vblk/facts.ts";
import { encodeVchanFacts } from "./vchan/facts.ts";
import { encodeVenetFacts } from "./venet/facts.ts";
import { keyOf } from "./vrng/randomness.ts";

interface Noted {
  readonly id: Id;
  readonly deviceId: number;
  readonly port: number;
  readonly spec: DeviceSpec;
  readonly channel?: ChannelEnd;
  readonly disk?: DiskNotice;
  readonly folder?: FolderNotice;
}

type ClassNotice = Omit<DeviceNotice, "id" | "class" | "name" | "port">;

const NO_FACTS = { frameMax: 0, facts: new Uint8Array() };

export function noticeOf(device: Noted): DeviceNotice {
  const { deviceId: id, port, spec } = device;
  const number = spec.class === "folder" ? FOLDER_NUMBER : CLASS_NUMBER[spec.class];
  return { id, class: number, name: spec.name, port, ...classNotice(device) };
}

function classNotice({ id, spec, channel, disk, folder }: Noted): ClassNotice {
  switch (spec.class) {
    case "venet": {
      const { mtu, link } = spec.venet;
      return { frameMax: mtu + FRAME_OVERHEAD, facts: encodeVenetFacts(spec.venet, link === "up") };
    }
    case "vconsole":
      return { frameMax: 0, facts: consoleFacts(spec.vconsole) };
    case "vblk":
      // Plugged in, it has one.
      return disk === undefined ? NO_FACTS : { frameMax: 0, facts: encodeVblkFacts(disk), disk };
    case "folder":
      return folder === undefined ? NO_FACTS : { ...NO_FACTS, folder };
    case "vchan":
      // Plugged in, it has one.
      if (channel === undefined) return NO_FACTS;
      return { frameMax: 0, facts: encodeVchanFacts(spec.vchan, channel.lanes), channel };
    case "vclock":
      return { ...NO_FACTS, clock: spec.vclock };
    case "vrng": {
      const { seed } = spec.vrng;
      return seed === undefined ? NO_FACTS : { ...NO_FACTS, randomKey: keyOf(seed, id) };
    }
  }
}

function consoleFacts({ columns, rows }: VconsoleSpec): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, columns, true);
  new DataView(bytes.buffer).setUint32(4, rows, true);
  return bytes;
}
