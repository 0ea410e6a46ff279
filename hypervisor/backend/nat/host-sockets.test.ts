// Sockets that are written from one buffer: what a host has not taken yet stays as it was written.

import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { NAT_SOCKET_BYTES } from "../../limits.ts";
import { HostSockets, resetSocket } from "./host-sockets.ts";

test("what a socket could not take at once is not written over by what goes to others", async () => {
  const accepted: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => accepted.push(socket));
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const open = async (): Promise<Socket> => {
    const [socket] = await Promise.all([connect(port, "127.0.0.1"), once(server, "connection")]);
    return socket;
  };
  const [slow, quick] = [await open(), await open()];
  const sockets = new HostSockets();
  const write = (to: Socket, byte: number): void =>
    sockets.write(to, NAT_SOCKET_BYTES, (into) => into.fill(byte, 0, NAT_SOCKET_BYTES));
  let written = 0;
  // Bound: what the kernel keeps of a connection that nobody reads.
  while (slow.writableLength === 0) {
    write(slow, 1);
    written += NAT_SOCKET_BYTES;
  }
  // Also behind what waits, and by way of the same buffer as before.
  write(slow, 1);
  written += NAT_SOCKET_BYTES;
  write(quick, 2);
  const [reader] = accepted as [Socket];
  let [read, wrong] = [0, 0];
  reader.on("data", (bytes) => {
    read += bytes.length;
    wrong += (bytes as Uint8Array).some((byte) => byte !== 1) ? 1 : 0;
  });
  reader.resume();
  slow.end();
  await once(reader, "end");
  expect({ read, wrong }).toEqual({ read: written, wrong: 0 });
  for (const socket of [slow, quick, ...accepted]) socket.destroy();
  server.close();
});

test.each(["open", "just ended", "ended"])("a socket that is %s is reset, and gone", async (state) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [[peer]] = (await Promise.all([once(server, "connection"), once(socket, "connect")])) as [
    [Socket],
    [],
  ];
  if (state !== "open") socket.end();
  if (state === "ended") await once(socket, "finish");
  const reset = once(peer, "error");
  // What it writes finds nobody.
  peer.resume().on("end", () => peer.write("x"));
  resetSocket(socket);
  await once(socket, "close");
  peer.write("x");
  expect(await reset).toMatchObject([{ code: expect.stringMatching(/ECONNRESET|EPIPE/) }]);
  server.close();
});
