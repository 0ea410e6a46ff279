// The host's side of connections: sockets that are read into one buffer and written from another, since most
// bytes are gone before the call that moves them returns.

import { connect, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { NAT_PIECE_BYTES_MIN, NAT_READ_BYTES, NAT_SOCKET_BYTES } from "../../limits.ts";

/**
 * A socket to a place of the host's network. `take` is given what comes, until it returns and only once the
 * socket is resumed; false: no more until it is resumed again.
 */
export class HostSockets {
  /** What is read and copied before anybody else reads. */
  readonly #read = Buffer.allocUnsafeSlow(NAT_READ_BYTES);
  /** What a socket is written from. Another one's, where the socket could not take it at once. */
  #written = Buffer.allocUnsafeSlow(NAT_SOCKET_BYTES);

  open(host: string, port: number, take: (bytes: Uint8Array) => boolean): Socket {
    const buffer = this.#read;
    const callback = (length: number): boolean => take(buffer.subarray(0, length));
    const options = {
      host,
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      highWaterMark: NAT_SOCKET_BYTES,
      onread: { buffer, callback },
    };
    const socket = connect(options);
    socket.pause();
    return socket;
  }

  /** Writes `length` bytes, at most `NAT_SOCKET_BYTES`, that `fill` puts at the beginning of a buffer. */
  write(socket: Duplex, length: number, fill: (into: Uint8Array) => void): void {
    // Others than sockets keep what they are given, and who waits already would hold a whole buffer for each.
    const isOwn = length < NAT_PIECE_BYTES_MIN || socket.writableLength > 0 || !(socket instanceof Socket);
    const bytes = isOwn ? Buffer.allocUnsafe(length) : this.#written.subarray(0, length);
    fill(bytes);
    socket.write(bytes);
    if (!isOwn && socket.writableLength > 0) this.#written = Buffer.allocUnsafeSlow(NAT_SOCKET_BYTES);
  }
}

/** Ends it so that its peer hears of it; within the turn of the event loop that comes next. */
export function resetSocket(socket: Duplex): void {
  if (!(socket instanceof Socket)) return void socket.destroy();
  // Of a socket whose end is just being sent libuv refuses a reset, and Node then forgets what it has not
  // closed: the descriptor stays, and a thread that has one spins at its end for ever.
  const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (isEnding && !socket.connecting) socket.once("finish", () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}
