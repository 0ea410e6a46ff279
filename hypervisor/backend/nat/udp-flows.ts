// UDP both ways. A guest's datagrams to one place go through a socket of their own, connected to that place,
// so that the host's system lets in what comes from there and nothing else.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import {
  NAT_FLOW_IDLE_MS,
  NAT_FLOW_QUEUE_BYTES,
  NAT_FLOWS_EACH_MAX,
  NAT_FLOWS_MAX,
  NAT_SWEEP_MS,
} from "../../limits.ts";
import type { Datagram } from "./wire.ts";

/** Ports of the gateway behind which clients from outside stand. */
const [FIRST_PORT, LAST_PORT] = [49_152, 65_535];

export interface UdpFlowsParts {
  readonly nowMs: () => number;
  /** The number of flows is another. */
  readonly changed: () => void;
  readonly gateway: number;
  readonly send: (datagram: Datagram) => void;
  /** The place has no such port: the guest is told. */
  readonly refused: (datagram: Omit<Datagram, "payload">) => void;
}

/** Towards the world, and the end of it. */
interface Ways {
  readonly send: (payload: Uint8Array) => void;
  readonly close: () => void;
}

interface Flow extends Ways {
  readonly key: string;
  readonly guest: number;
  lastMs: number;
}

/** A port of the host whose datagrams go to a guest. */
export interface PublishedPort {
  readonly socket: Socket;
  /** Undefined: the guest is not there now. */
  readonly to: () => { readonly guest: number; readonly port: number } | undefined;
}

export class UdpFlows {
  readonly #parts: UdpFlowsParts;
  readonly #flows = new Map<string, Flow>();
  readonly #each = new Map<number, number>();
  #nextPort = FIRST_PORT;
  #sweeping: NodeJS.Timeout | undefined;
  /** Flows that found no room. */
  refused = 0;

  constructor(parts: UdpFlowsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#flows.size;
  }

  /** A datagram of a guest for a place that it may reach: `host`, in the host's words. */
  outward({ source, sourcePort, target, targetPort, payload }: Datagram, host: string): void {
    const key = `${source}:${sourcePort} ${target}:${targetPort}`;
    const flow =
      this.#flows.get(key) ??
      this.#add(key, source, () => this.#connected({ source, sourcePort, target, targetPort }, host, key));
    this.#use(flow, payload);
  }

  /** A guest's answer to a client from outside. False: nobody stands behind that port. */
  answer({ source, sourcePort, targetPort, payload }: Datagram): boolean {
    const flow = this.#flows.get(`${source}:${sourcePort} published ${targetPort}`);
    if (flow) this.#use(flow, payload);
    return flow !== undefined;
  }

  /** Lets the datagrams that come to a port of the host through to a guest. */
  publish({ socket, to }: PublishedPort): void {
    /** By the client's address and the guest's: the client's port at the gateway. */
    const ports = new Map<string, number>();
    socket.on("message", (payload, client) => {
      const target = to();
      if (!target) return;
      const { guest, port } = target;
      const name = `${client.address} ${client.port} ${guest}:${port}`;
      const at = ports.get(name) ?? this.#takePort();
      const key = `${guest}:${port} published ${at}`;
      const make = (): Ways => {
        ports.set(name, at);
        return { ...sendTo(socket, client), close: () => ports.delete(name) };
      };
      const flow = this.#flows.get(key) ?? this.#add(key, guest, make);
      if (!flow) return;
      const { gateway, send, nowMs } = this.#parts;
      flow.lastMs = nowMs();
      send({ source: gateway, sourcePort: at, target: guest, targetPort: port, payload });
    });
  }

  /** Ends the flows of guests with these addresses. */
  drop(isGone: (guest: number) => boolean): void {
    for (const flow of this.#flows.values()) if (isGone(flow.guest)) this.#remove(flow);
  }

  close(): void {
    this.drop(() => true);
    clearInterval(this.#sweeping);
  }

  #use(flow: Flow | undefined, payload: Uint8Array): void {
    if (!flow) return;
    flow.lastMs = this.#parts.nowMs();
    flow.send(payload);
  }

  #connected(ends: Omit<Datagram, "payload">, host: string, key: string): Ways {
    const socket = createSocket("udp4");
    /** Until the socket is connected. */
    let waiting: Buffer[] | undefined = [];
    const { send, refused, nowMs } = this.#parts;
    const { source: target, sourcePort: targetPort, target: source, targetPort: sourcePort } = ends;
    socket.on("message", (payload) => {
      const flow = this.#flows.get(key);
      if (flow) flow.lastMs = nowMs();
      send({ source, sourcePort, target, targetPort, payload });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") refused(ends);
      else this.#removeKey(key);
    });
    socket.connect(ends.targetPort, host, () => {
      for (const payload of waiting ?? []) socket.send(payload);
      waiting = undefined;
    });
    return {
      send(payload) {
        if (socket.getSendQueueSize() + payload.length > NAT_FLOW_QUEUE_BYTES) return;
        const copy = Buffer.from(payload);
        if (waiting === undefined) socket.send(copy);
        else if (waiting.length < 8) waiting.push(copy);
      },
      close: () => closeSocket(socket),
    };
  }

  #takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
    return port;
  }

  #add(key: string, guest: number, make: () => Ways): Flow | undefined {
    const has = this.#each.get(guest) ?? 0;
    if (has >= NAT_FLOWS_EACH_MAX || this.#flows.size >= NAT_FLOWS_MAX) {
      this.refused++;
      return undefined;
    }
    const flow = { ...make(), key, guest, lastMs: this.#parts.nowMs() };
    this.#flows.set(key, flow);
    this.#parts.changed();
    this.#each.set(guest, has + 1);
    this.#sweeping ??= setInterval(() => this.#sweep(), NAT_SWEEP_MS);
    return flow;
  }

  #removeKey(key: string): void {
    const flow = this.#flows.get(key);
    if (flow) this.#remove(flow);
  }

  #remove(flow: Flow): void {
    this.#flows.delete(flow.key);
    this.#parts.changed();
    const left = (this.#each.get(flow.guest) ?? 1) - 1;
    if (left > 0) this.#each.set(flow.guest, left);
    else this.#each.delete(flow.guest);
    flow.close();
  }

  #sweep(): void {
    const now = this.#parts.nowMs();
    for (const flow of this.#flows.values()) if (now - flow.lastMs > NAT_FLOW_IDLE_MS) this.#remove(flow);
    if (this.#flows.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}

function sendTo(socket: Socket, client: RemoteInfo): Pick<Ways, "send"> {
  return {
    send(payload) {
      if (socket.getSendQueueSize() + payload.length > NAT_FLOW_QUEUE_BYTES) return;
      socket.send(Buffer.from(payload), client.port, client.address, () => undefined);
    },
  };
}

function closeSocket(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It had closed itself after an error.
  }
}
