// An uplink over a TAP interface of the host's (Linux): each read of /dev/net/tun is a frame, and each write.
// The interface is attached by an `ioctl`, for which Node has no call: `koffi` makes it.
//
// Where the kernel lets it, a frame is up to 64 KiB of TCP for many: then a header stands before each.

import { closeSync, constants, openSync, writeSync, writevSync } from "node:fs";
import { HEADERS_MAX } from "../../datapath/offload.ts";
import type { TapSpec } from "../../hypervisor.ts";
import { UPLINK_FRAME_MAX } from "../../limits.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import { loadSystem, type System, type Watched } from "../system.ts";
import { codeOf } from "./socket-texts.ts";
import { type LargeFrame, readVnet, VNET_BYTES, writeLarge } from "./vnet-header.ts";

const DEVICE = "/dev/net/tun";
/** Spec: linux/if_tun.h, linux/if.h. */
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFREQ_BYTES = 40;
const IFNAME_BYTES = 16;
/** The kernel may leave undone: sums, and the cutting of TCP over IPv4 and IPv6. */
const OFFLOADS = 1 | 2 | 4;

export class TapEnd implements UplinkEnd {
  readonly #spec: TapSpec;
  readonly #io: UplinkIo;
  readonly #load: () => Promise<System | string>;
  #system: System | undefined;
  #interface: Watched | undefined;
  /** Its descriptor may be somebody else's by now. */
  #isGone = false;
  /** It has the kernel's header before each frame. */
  takesLarge = false;
  /** A frame that needs nothing, behind a header of zeros, on its way out. */
  readonly #message = new Uint8Array(VNET_BYTES + UPLINK_FRAME_MAX);
  /** The header of a large one, and its own headers. */
  readonly #head = new Uint8Array(VNET_BYTES + HEADERS_MAX);

  constructor(spec: TapSpec, io: UplinkIo, load = loadSystem) {
    this.#spec = spec;
    this.#io = io;
    this.#load = load;
  }

  async open(): Promise<string | undefined> {
    const name = this.#spec.interface;
    const system = await this.#load();
    if (typeof system === "string") return `can't attach the interface ${name}: ${system}`;
    this.#system = system;
    let tun: number;
    try {
      tun = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      return `can't open ${DEVICE} for the interface ${name}: ${codeOf(error)}`;
    }
    const problem = this.#attach(system, tun);
    if (problem !== undefined) {
      closeSync(tun);
      return `can't attach the interface ${name}: ${problem}${HINTS[problem] ?? ""}`;
    }
    this.#interface = system.watch(tun, {
      most: VNET_BYTES + UPLINK_FRAME_MAX,
      take: (message) => this.#take(message),
      failed: () => {
        this.#isGone = true;
        this.#io.tell({ carrier: false, detail: "the interface is gone" });
      },
    });
    closeSync(tun);
    this.#io.tell({ carrier: true, detail: `attached to the interface ${name}` });
    return undefined;
  }

  /** Undefined, or the name of what went wrong. A kernel that knows no headers refuses them. */
  #attach(system: System, tun: number): string | undefined {
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(new TextEncoder().encode(this.#spec.interface).subarray(0, IFNAME_BYTES - 1));
    const view = new DataView(request.buffer);
    const attach = (flags: number): string | undefined => {
      view.setUint16(IFNAME_BYTES, IFF_TAP | IFF_NO_PI | flags, true);
      return system.ioctl(tun, TUNSETIFF, request);
    };
    this.takesLarge = attach(IFF_VNET_HDR) === undefined;
    const problem = this.takesLarge ? undefined : attach(0);
    if (problem !== undefined) return problem;
    // An interface that stays keeps what its last user asked for. Refused: the kernel does all by itself.
    system.ioctl(tun, TUNSETOFFLOAD, this.takesLarge ? OFFLOADS : 0);
    return undefined;
  }

  /** Nothing of it can change. */
  async set(): Promise<undefined> {
    return undefined;
  }

  #take(message: Uint8Array): void {
    if (!this.takesLarge) return void this.#io.send(message);
    const size = readVnet(message);
    const frame = message.subarray(VNET_BYTES);
    if (size === 0) this.#io.send(frame);
    else this.#io.sendLarge(frame, size);
  }

  receive(frame: Uint8Array, large?: LargeFrame): Carried {
    const fd = this.#interface?.fd ?? -1;
    try {
      if (large) this.#writeLarge(fd, frame, large);
      else if (this.takesLarge) {
        this.#message.set(frame, VNET_BYTES); // Before it stand zeros: it needs nothing.
        writeSync(fd, this.#message, 0, VNET_BYTES + frame.length);
      } else writeSync(fd, frame);
      return "sent";
    } catch (error) {
      return codeOf(error) === "EAGAIN" ? "full" : "down";
    }
  }

  /** In two pieces: the payload lies well where it is. */
  #writeLarge(fd: number, frame: Uint8Array, large: LargeFrame): void {
    const head = this.#head.subarray(0, VNET_BYTES + large.headers);
    head.set(frame.subarray(0, large.headers), VNET_BYTES);
    writeLarge(head, frame.length, large);
    writevSync(fd, [head, frame.subarray(large.headers)]);
  }

  flush(): void {
    // Each frame has been written by itself.
  }

  async close(): Promise<void> {
    if (this.#interface && !this.#isGone) this.#system?.ioctl(this.#interface.fd, TUNSETOFFLOAD, 0);
    await this.#interface?.close();
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: "; make it for this user (`ip tuntap add dev NAME mode tap user USER`), or run the lab as root",
  EBUSY: "; somebody else has it open",
  EINVAL: "; it is no TAP interface",
};
