// A terminal: bytes typed come in, bytes written are shown (and kept in the guest's log).

import * as abi from "./abi";
import { RxRing } from "./rx-ring";
import { TxRing } from "./tx-ring";
import { call, close, open } from "./vbus";

const BUFFER_BYTES: i32 = 1024;
const size: usize = memory.data(8, 8);

export class Vconsole {
  id: i32 = 0;
  columns: i32 = 0;
  rows: i32 = 0;
  /** Typed bytes: `input.take()`, then `input.at` and `input.length`. */
  input: RxRing = new RxRing();

  private output: TxRing = new TxRing();
  private handle: i32 = 0;

  /** 0, or a negative errno value. */
  open(id: i32): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    let result = this.input.open(handle, abi.RING_IN, 0, abi.RING_SLOTS_MIN, BUFFER_BYTES);
    if (result == 0) result = this.output.open(handle, abi.RING_OUT, 0, abi.RING_SLOTS_MIN, BUFFER_BYTES);
    if (result == 0) result = this.measure();
    if (result < 0) this.close();
    return min(result, 0);
  }

  /** Reads `columns` and `rows` anew. */
  measure(): i32 {
    const result = call(this.handle, abi.VCONSOLE_SIZE, size, 8, 0);
    this.columns = load<i32>(size);
    this.rows = load<i32>(size, 4);
    return result;
  }

  /** Shows bytes; answers how many were taken. Fewer than all: try again after `retryNs`. */
  write(at: usize, length: i32): i32 {
    let written = 0;
    while (written < length) {
      const buffer = this.output.reserve();
      if (buffer == 0) {
        if (this.output.flush() < 0 || this.output.reserve() == 0) break;
        continue;
      }
      const bytes = min(length - written, BUFFER_BYTES);
      memory.copy(buffer, at + written, bytes);
      this.output.post(bytes);
      written += bytes;
    }
    this.output.flush();
    return written;
  }

  get retryNs(): i64 {
    return this.output.retryNs;
  }

  close(): void {
    close(this.handle);
    this.input.free();
    this.output.free();
    this.id = 0;
  }
}
