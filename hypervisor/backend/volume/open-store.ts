// From a volume's notice to what reads and writes it. Any thread; nothing is opened in the system here.

import type { BlockStore, VolumeNotice } from "../../datapath/block-store.ts";
import { FileStore } from "./file-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { NbdStore } from "./nbd-store.ts";
import { OverlayStore } from "./overlay-store.ts";

/** An overlay's bases are opened with it, `VOLUME_DEPTH_MAX` of them at most. */
export function openStore(volume: VolumeNotice): BlockStore {
  switch (volume.class) {
    case "memory":
      return new MemoryStore(volume);
    case "file":
      return new FileStore(volume.fd);
    case "overlay":
      return new OverlayStore(volume, openStore(volume.base));
    case "nbd":
      return new NbdStore(volume.mailbox as SharedArrayBuffer);
  }
}
