// UDP both ways. A guest's datagrams to one place go through a socket of their own, connected to that place,
// so that the host's system lets in what comes from there and nothing else.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { NAT_FLOW_QUEUE_BYTES, NAT_FLOW_WAITING_MAX } from "../../limits.ts";
import type { Flows, Ways } from "./flows.ts";
import type { Address, Datagram } from "./wire.ts";

/** Ports of the gateway behind which clients from outside stand. */
const [FIRST_PORT, LAST_PORT] = [49_152, 65_535];

export interface UdpFlowsParts {
  readonly flows: Flows;
  /** The gateway's address of the same family as a guest's. */
  readonly gatewayFor: (guest: Address) => Address;
  readonly send: (datagram: Datagram<Address>) => void;
  /** The place has no such port: the guest is told. */
  readonly refused: (datagram: Ends) => void;
}

type Ends = Omit<Datagram<Address>, "payload">;

/** A guest's port, and by what its flows are counted. */
export interface PublishedTo {
  readonly guest: Address;
  readonly port: number;
  readonly share: Address;
}

/** A port of the host whose datagrams go to a guest. */
export interface PublishedPort {
  readonly socket: Socket;
  /** Undefined: the guest is not there now. */
  readonly to: () => PublishedTo | undefined;
}

export class UdpFlows {
  readonly #parts: UdpFlowsParts;
  #nextPort = FIRST_PORT;

  constructor(parts: UdpFlowsParts) {
    this.#parts = parts;
  }

  /**
   * A datagram of a guest for a place that it may reach: `host`, in the host's words. `share`: by what the
   * guest's flows are counted.
   */
  outward(
    { source, sourcePort, target, targetPort, payload }: Datagram<Address>,
    host: string,
    share: Address = source,
  ): void {
    const key = `${source}:${sourcePort} ${target}:${targetPort}`;
    const ends = { source, sourcePort, target, targetPort };
    this.#parts.flows.open(key, share, () => this.#connected(ends, host, key))?.send(payload);
  }

  /** A guest's answer to a client from outside. False: nobody stands behind that port. */
  answer({ source, sourcePort, targetPort, payload }: Datagram<Address>): boolean {
    const flow = this.#parts.flows.use(`${source}:${sourcePort} published ${targetPort}`);
    flow?.send(payload);
    return flow !== undefined;
  }

  /** Lets the datagrams that come to a port of the host through to a guest. */
  publish({ socket, to }: PublishedPort): void {
    /** By the client's address and the guest's: the client's port at the gateway. */
    const ports = new Map<string, number>();
    socket.on("message", (payload, client) => {
      const target = to();
      if (!target) return;
      const { guest, port, share } = target;
      const name = `${client.address} ${client.port} ${guest}:${port}`;
      const at = ports.get(name) ?? this.#takePort();
      const key = `${guest}:${port} published ${at}`;
      const make = (): Ways => {
        ports.set(name, at);
        return { ...sendTo(socket, client), close: () => ports.delete(name) };
      };
      const { flows, gatewayFor, send } = this.#parts;
      if (flows.open(key, share, make))
        send({ source: gatewayFor(guest), sourcePort: at, target: guest, targetPort: port, payload });
    });
  }

  #connected(ends: Ends, host: string, key: string): Ways {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    /** Until the socket is connected. */
    let waiting: Buffer[] | undefined = [];
    const { flows, send, refused } = this.#parts;
    const { source: target, sourcePort: targetPort, target: source, targetPort: sourcePort } = ends;
    socket.on("message", (payload) => {
      if (flows.use(key)) send({ source, sourcePort, target, targetPort, payload });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") refused(ends);
      else flows.remove(key);
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
        else if (waiting.length < NAT_FLOW_WAITING_MAX) waiting.push(copy);
      },
      close: () => closeSocket(socket),
    };
  }

  #takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
    return port;
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
