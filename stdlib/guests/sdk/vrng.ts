// Random bytes from the host, the same ones each time where the lab gives a seed.

import * as abi from "./abi";
import { call, close, open } from "./vbus";

export class Vrng {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;

  private handle: i32 = 0;

  /** 0, or an errno value. */
  open(id: i32): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    return 0;
  }

  close(): void {
    close(this.handle);
    this.id = 0;
  }

  /** Fills as much as is asked for. False: the device is gone. */
  fill(at: usize, length: i32): bool {
    for (let filled = 0; filled < length;) {
      const bytes = call(
        this.handle,
        abi.VRNG_FILL,
        at + filled,
        min(length - filled, abi.VRNG_BYTES_MAX),
        0,
      );
      if (bytes <= 0) return false;
      filled += bytes;
    }
    return true;
  }
}
