// An uplink over a TAP interface of the host's (Linux): each read of /dev/net/tun is a frame, and each write.
// The interface is attached by an `ioctl`, for which Node has no call: `koffi` makes it.

import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { TapSpec } from "../../hypervisor.ts";
import { UPLINK_FRAME_MAX } from "../../limits.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import { loadSystem, type Watched } from "../system.ts";
import { codeOf } from "./socket-texts.ts";

const DEVICE = "/dev/net/tun";
/** Spec: linux/if_tun.h, linux/if.h. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const IFNAME_BYTES = 16;

export class TapEnd implements UplinkEnd {
  readonly #spec: TapSpec;
  readonly #io: UplinkIo;
  #interface: Watched | undefined;

  constructor(spec: TapSpec, io: UplinkIo) {
    this.#spec = spec;
    this.#io = io;
  }

  async open(): Promise<string | undefined> {
    const name = this.#spec.interface;
    const system = await loadSystem();
    if (typeof system === "string") return `can't attach the interface ${name}: ${system}`;
    let tun: number;
    try {
      tun = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      return `can't open ${DEVICE} for the interface ${name}: ${codeOf(error)}`;
    }
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(new TextEncoder().encode(name).subarray(0, IFNAME_BYTES - 1));
    new DataView(request.buffer).setUint16(IFNAME_BYTES, IFF_TAP | IFF_NO_PI, true);
    const problem = system.ioctl(tun, TUNSETIFF, request);
    if (problem !== undefined) {
      closeSync(tun);
      return `can't attach the interface ${name}: ${problem}${HINTS[problem] ?? ""}`;
    }
    this.#interface = system.watch(tun, {
      most: UPLINK_FRAME_MAX,
      take: (frame) => this.#io.send(frame),
      failed: () => this.#io.tell({ carrier: false, detail: "the interface is gone" }),
    });
    closeSync(tun);
    this.#io.tell({ carrier: true, detail: `attached to the interface ${name}` });
    return undefined;
  }

  /** Nothing of it can change. */
  async set(): Promise<undefined> {
    return undefined;
  }

  receive(frame: Uint8Array): Carried {
    try {
      writeSync(this.#interface?.fd ?? -1, frame);
      return "sent";
    } catch (error) {
      return codeOf(error) === "EAGAIN" ? "full" : "down";
    }
  }

  flush(): void {
    // Each frame has been written by itself.
  }

  async close(): Promise<void> {
    await this.#interface?.close();
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: "; make it for this user (`ip tuntap add dev NAME mode tap user USER`), or run the lab as root",
  EBUSY: "; somebody else has it open",
  EINVAL: "; it is no TAP interface",
};
