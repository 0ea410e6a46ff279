// The one venet of a bench guest, with rings of just the sizes that were asked for.

import * as sdk from "../../../stdlib/guests/sdk/index";

export class Port {
  facts: sdk.VenetFacts = new sdk.VenetFacts();
  rx: sdk.RxRing = new sdk.RxRing();
  tx: sdk.TxRing = new sdk.TxRing();

  private change: sdk.Change = new sdk.Change();
  private id: i32 = 0;

  /** Opens the first venet, waiting for one if need be. False: it can't, and the log says why. */
  open(guest: string, rxSlots: i32, rxBytes: i32, txBuffers: i32, txBytes: i32): bool {
    if (!this.find()) return false;
    const handle = sdk.open(this.id, sdk.ABI_VERSION);
    let result = handle;
    if (result >= 0) result = this.rx.open(handle, sdk.RING_RX, 0, rxSlots, rxBytes);
    if (result >= 0) result = this.tx.open(handle, sdk.RING_TX, 0, txBuffers, txBytes);
    if (result >= 0) return true;
    sdk.put(guest);
    sdk.put(": the device can't be opened, error ");
    sdk.putNumber(result);
    const needed = sdk.RxRing.bytesFor(rxSlots, rxBytes) + sdk.TxRing.bytesFor(txBuffers, txBytes);
    sdk.put(result == sdk.ENOSPC ? "; bytes of memory that its rings need: " : "");
    if (result == sdk.ENOSPC) sdk.putNumber(needed);
    sdk.putLine();
    return false;
  }

  /** Sleeps until a frame comes, for so many nanoseconds at most. */
  sleep(ns: i64): void {
    this.rx.enable(true);
    if (!this.rx.ready() && !sdk.stopping()) sdk.sleep(ns);
    this.rx.enable(false);
  }

  /** Signals until the host has taken everything. False: the device is gone. */
  flush(): bool {
    let result = this.tx.flush();
    // Event loop: a rate limit asks for patience, a stop ends it.
    while (result == 0 && this.tx.retryNs > 0 && !sdk.stopping()) {
      sdk.sleep(this.tx.retryNs);
      result = this.tx.flush();
    }
    return result == 0;
  }

  private find(): bool {
    // Event loop: ends with a device, or with the wish to stop.
    while (!sdk.stopping()) {
      while (this.change.next()) {
        if (this.change.deviceClass != sdk.CLASS_VENET || this.change.type == sdk.CHANGE_REMOVED) continue;
        this.id = this.change.id;
        this.facts.read(this.change.facts);
        return true;
      }
      sdk.sleep(sdk.FOREVER);
    }
    return false;
  }
}
