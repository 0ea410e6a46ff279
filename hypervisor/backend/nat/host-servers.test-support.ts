// Servers of the host that tests of a gateway lead to, or keep from. What is to be closed at a test's end is
// added to its list, which is gone through from behind.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

type Closing = (() => unknown)[];

/** A server on loopback, and its port; it is the last of the list. */
export async function serve(
  closing: Closing,
  talk: (socket: Socket) => void,
  host: "127.0.0.1" | "::1" = "127.0.0.1",
): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined);
    talk(socket);
  });
  closing.push(() => server.close());
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

/** What has come to a TCP and a UDP server of the host on all its addresses, at one port. */
interface Listening {
  readonly port: number;
  /** "a connection" for each, and of a datagram what `toldOf` says. */
  readonly came: string[];
}

export async function listening(
  closing: Closing,
  family: "udp4" | "udp6" = "udp4",
  toldOf: (datagram: Buffer) => string = () => "a datagram",
): Promise<Listening> {
  const came: string[] = [];
  const server = createServer((socket) => {
    came.push("a connection");
    socket.on("error", () => undefined).destroy();
  });
  server.listen(0);
  await once(server, "listening");
  closing.push(() => server.close());
  const { port } = server.address() as { port: number };
  const datagrams = createSocket(family, (datagram) => came.push(toldOf(datagram)));
  datagrams.bind(port);
  await once(datagrams, "listening");
  closing.push(() => datagrams.close());
  return { port, came };
}
