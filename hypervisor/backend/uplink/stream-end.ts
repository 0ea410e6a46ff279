// An uplink over a TCP or Unix socket: frames in a stream, as QEMU's `-netdev stream` has them. One other end
// at a time: a listening one takes no second, a connecting one tries until there is one. What comes is
// hostile: a length that can't be ends the connection.

import { unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { SocketAddress, SocketSpec } from "../../hypervisor.ts";
import { UPLINK_QUEUE_BYTES, UPLINK_RETRY_MS, UPLINK_RETRY_MS_MAX } from "../../limits.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import { FrameReader, FrameWriter } from "./frame-stream.ts";
import { addressText, codeOf } from "./socket-texts.ts";

const KEEP_ALIVE_MS = 10_000;

export class StreamEnd implements UplinkEnd {
  readonly #spec: SocketSpec;
  readonly #io: UplinkIo;
  readonly #writer: FrameWriter;
  #server: Server | undefined;
  /** The other end, and the one that is being tried. */
  #peer: Socket | undefined;
  #trying: Socket | undefined;
  #retryMs = UPLINK_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #told = "";
  #closed = false;

  constructor(spec: SocketSpec, io: UplinkIo) {
    this.#spec = spec;
    this.#io = io;
    this.#writer = new FrameWriter((bytes) => this.#peer?.write(bytes));
  }

  async open(): Promise<string | undefined> {
    if (this.#spec.role === "listen") return this.#listen();
    this.#tell(false, `connects to ${addressText(this.#spec.address)}`);
    this.#connect();
    return undefined;
  }

  /** Nothing of it can change. */
  async set(): Promise<undefined> {
    return undefined;
  }

  receive(frame: Uint8Array): Carried {
    if (!this.#peer) return "down";
    if (this.#peer.writableLength + this.#writer.pending > UPLINK_QUEUE_BYTES) return "full";
    this.#writer.put(frame);
    return "sent";
  }

  flush(): void {
    this.#writer.flush();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#peer?.destroy();
    this.#trying?.destroy();
    const server = this.#server;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async #listen(): Promise<string | undefined> {
    const { address } = this.#spec;
    if (address.family === "unix" && (await isAbandoned(address.path))) await unlink(address.path);
    const server = createServer();
    server.maxConnections = 1;
    server.on("connection", (socket) => this.#adopt(socket));
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    server.on("error", (error) => resolve(`can't listen on ${addressText(address)}: ${codeOf(error)}`));
    server.listen(listening(address), () => resolve(undefined));
    const problem = await promise;
    if (problem !== undefined) return problem;
    this.#server = server;
    this.#tellListening();
    return undefined;
  }

  #tellListening(): void {
    const bound = this.#server?.address();
    const { address } = this.#spec;
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    this.#tell(
      false,
      `listens on ${addressText(address.family === "unix" ? address : { ...address, port })}`,
    );
  }

  #connect(): void {
    const socket = connect(connecting(this.#spec.address));
    this.#trying = socket;
    let problem = "closed";
    socket.on("error", (error) => (problem = codeOf(error)));
    socket.on("connect", () => {
      this.#trying = undefined;
      this.#adopt(socket);
    });
    socket.on("close", () => {
      if (this.#closed) return;
      if (this.#trying === socket) {
        this.#trying = undefined;
        this.#tell(false, `connects to ${addressText(this.#spec.address)}: ${problem}`);
      }
      this.#timer = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, UPLINK_RETRY_MS_MAX);
    });
  }

  #adopt(socket: Socket): void {
    const reader = new FrameReader((frame) => this.#io.send(frame));
    let why = "the other end closed the connection";
    this.#peer = socket;
    this.#retryMs = UPLINK_RETRY_MS;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("data", (piece: Buffer) => {
      if (reader.take(piece)) return;
      why = "the other end sent what is no frame";
      socket.destroy();
    });
    socket.on("error", (error) => (why = codeOf(error)));
    socket.on("close", () => {
      if (this.#peer !== socket) return;
      this.#peer = undefined;
      if (this.#closed) return;
      this.#tell(false, why);
      if (this.#server) this.#tellListening();
    });
    const { address } = this.#spec;
    const other = { ...address, host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    this.#tell(true, `connected: ${addressText(address.family === "unix" ? address : other)}`);
  }

  #tell(carrier: boolean, detail: string): void {
    if (detail === this.#told) return; // One more try is no news.
    this.#told = detail;
    this.#io.tell({ carrier, detail });
  }
}

function connecting(address: SocketAddress): { path: string } | { host: string; port: number } {
  return address.family === "unix" ? { path: address.path } : { host: address.host, port: address.port };
}

function listening(
  address: SocketAddress,
): { path: string } | { host: string; port: number; exclusive: true } {
  return address.family === "unix"
    ? { path: address.path }
    : { host: address.host, port: address.port, exclusive: true };
}

/** A Unix socket whose owner ended without taking it away. */
function isAbandoned(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path });
  socket.on("connect", () => resolve(false));
  socket.on("error", (error) => resolve(codeOf(error) === "ECONNREFUSED"));
  return promise.finally(() => socket.destroy());
}
