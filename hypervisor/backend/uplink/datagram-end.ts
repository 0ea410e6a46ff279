// An uplink over UDP: a frame in a datagram, as QEMU's `-netdev dgram` has them. A connecting one sends to
// its address; a listening one to who sent it the first frame, until that is gone or silent for long. The
// socket is connected, so the system keeps others' datagrams out.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { SocketSpec } from "../../hypervisor.ts";
import { UPLINK_QUEUE_BYTES, UPLINK_SILENT_MS } from "../../limits.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import { addressText, codeOf } from "./socket-texts.ts";

/** What fits into a datagram: 65,535 bytes without the headers of IPv4 and UDP. */
const DATAGRAM_MAX = 65_507;

export interface DatagramSpec extends SocketSpec {
  readonly address: { readonly family: "udp"; readonly host: string; readonly port: number };
}

export class DatagramEnd implements UplinkEnd {
  readonly #spec: DatagramSpec;
  readonly #io: UplinkIo;
  readonly #socket: Socket;
  /** The socket is connected; it is being connected to who sent first. */
  #hasPeer = false;
  #connects = false;
  #carrier = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(spec: DatagramSpec, io: UplinkIo) {
    this.#spec = spec;
    this.#io = io;
    this.#socket = socketFor(spec.address.host);
  }

  async open(): Promise<string | undefined> {
    const { address, role } = this.#spec;
    const socket = this.#socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    try {
      if (role === "listen") {
        // Not 0: the system would take it away when the socket is connected to nobody any more.
        const port = address.port === 0 ? await freePort(address.host) : address.port;
        socket.bind({ address: address.host, port }, resolve);
      } else {
        socket.connect(address.port, address.host, (error?: Error) => (error ? reject(error) : resolve()));
      }
      await promise;
    } catch (error) {
      socket.close();
      const verb = role === "listen" ? "listen on" : "send to";
      return `can't ${verb} ${addressText(address)}: ${codeOf(error)}`;
    }
    socket.off("error", reject);
    socket.on("message", (frame, from) => this.#take(frame, from));
    socket.on("error", () => this.#lose("nobody is at the other end"));
    this.#hasPeer = role === "connect";
    if (this.#hasPeer) this.#tell(false, `sends to ${addressText(address)}`);
    else this.#tellListening();
    return undefined;
  }

  /** Nothing of it can change. */
  async set(): Promise<undefined> {
    return undefined;
  }

  receive(frame: Uint8Array): Carried {
    if (!this.#hasPeer) return "down";
    if (frame.length > DATAGRAM_MAX) return "too_big";
    if (this.#socket.getSendQueueSize() > UPLINK_QUEUE_BYTES) return "full";
    this.#socket.send(frame.slice(), this.#sent);
    return "sent";
  }

  readonly #sent = (error: Error | null): void => {
    if (error) this.#lose("nobody is at the other end");
  };

  flush(): void {
    // Each frame has been sent by itself.
  }

  async close(): Promise<void> {
    clearTimeout(this.#silence);
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #take(frame: Uint8Array, from: RemoteInfo): void {
    if (!this.#hasPeer && !this.#connects) {
      this.#connects = true;
      this.#socket.connect(from.port, from.address, () => {
        this.#connects = false;
        this.#hasPeer = true;
      });
    }
    if (this.#spec.role === "listen") this.#hearAgain();
    if (!this.#carrier) {
      this.#tell(true, `connected: ${addressText({ family: "udp", host: from.address, port: from.port })}`);
    }
    this.#io.send(frame);
  }

  #hearAgain(): void {
    this.#silence ??= setTimeout(() => this.#lose("the other end is silent"), UPLINK_SILENT_MS);
    this.#silence.refresh();
  }

  /** Nobody is there any more. Who listens takes the next that comes. */
  #lose(why: string): void {
    if (this.#carrier) this.#tell(false, why);
    if (this.#spec.role === "connect" || !this.#hasPeer) return;
    clearTimeout(this.#silence);
    this.#silence = undefined;
    this.#hasPeer = false;
    this.#socket.disconnect();
    this.#tellListening();
  }

  #tellListening(): void {
    const { port } = this.#socket.address();
    this.#tell(false, `listens on ${addressText({ ...this.#spec.address, port })}`);
  }

  #tell(carrier: boolean, detail: string): void {
    this.#carrier = carrier;
    this.#io.tell({ carrier, detail });
  }
}

function socketFor(host: string): Socket {
  return createSocket(isIPv6(host) ? "udp6" : "udp4");
}

async function freePort(host: string): Promise<number> {
  const socket = socketFor(host);
  socket.bind({ address: host, port: 0 });
  await once(socket, "listening").catch((error: unknown) => {
    socket.close();
    throw error;
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
