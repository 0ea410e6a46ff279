// Messages on the wire: `Content-Length: N`, an empty line, N bytes of JSON. Bounded in both directions.
// A stream that breaks a bound or is not JSON-RPC 2.0 is destroyed; nothing is answered to it.

import type { Socket } from "node:net";
import { AbstractMessageReader, AbstractMessageWriter } from "vscode-jsonrpc/node";
import type { DataCallback, Disposable, Message, MessageReader, MessageWriter } from "vscode-jsonrpc/node";

export interface FrameLimits {
  /** Largest body that is read. */
  readonly bodyBytesMax: number;
  /** Written and not yet taken by the other side; beyond it the connection ends. */
  readonly unsentBytesMax: number;
}

/** Requests are small. */
export const SERVER_LIMITS: FrameLimits = { bodyBytesMax: 1 << 20, unsentBytesMax: 128 << 20 };
/** Snapshots of large labs are not. */
export const CLIENT_LIMITS: FrameLimits = { bodyBytesMax: 256 << 20, unsentBytesMax: 16 << 20 };

const HEADER_BYTES_MAX = 4096;
/** Room beside what is needed, since the next snapshot is a little larger than this one. */
const SLACK_BYTES = 64 << 10;
/** A larger place is not kept for the next message. */
const KEPT_BYTES_MAX = 8 << 20;
const END_OF_HEADER = "\r\n\r\n";

/** Reads messages from a socket; ends it at the first thing that is not one. */
export class FrameReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket;
  readonly #limits: FrameLimits;
  /** What has come and was not taken yet lies from `start` to `end` of it. It grows and is kept. */
  #bytes = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #bodyLength = -1;

  constructor(socket: Socket, limits: FrameLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      try {
        this.#take(chunk, callback);
      } catch (error) {
        this.fireError(error);
        this.#socket.destroy();
      }
    };
    this.#socket.on("data", onData);
    this.#socket.on("error", (error) => this.fireError(error));
    this.#socket.on("close", () => this.fireClose());
    return { dispose: () => this.#socket.off("data", onData) };
  }

  #take(chunk: Buffer, callback: DataCallback): void {
    this.#append(chunk);
    // Bound: each turn consumes a header or a body, or ends the loop.
    for (;;) {
      if (this.#bodyLength < 0 && !this.#takeHeader()) return;
      if (this.#end - this.#start < this.#bodyLength) return;
      const body = this.#bytes.subarray(this.#start, this.#start + this.#bodyLength);
      this.#start += this.#bodyLength;
      this.#bodyLength = -1;
      const message = parseMessage(body);
      if (this.#start === this.#end) {
        this.#start = this.#end = 0;
        if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.alloc(0);
      }
      callback(message);
    }
  }

  #takeHeader(): boolean {
    if (this.#end === this.#start) return false;
    const head = this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + HEADER_BYTES_MAX));
    const end = head.indexOf(END_OF_HEADER);
    if (end < 0) {
      if (head.length === HEADER_BYTES_MAX) throw new Error("a header is too long");
      return false;
    }
    const match = /^content-length: *([0-9]{1,10})$/im.exec(
      head.toString("latin1", 0, end).replaceAll("\r", ""),
    );
    const length = match === null ? -1 : Number(match[1]);
    if (length < 0) throw new Error("a header has no Content-Length");
    if (length > this.#limits.bodyBytesMax) throw new Error(`a message of ${length} bytes is too large`);
    this.#bodyLength = length;
    this.#start += end + END_OF_HEADER.length;
    return true;
  }

  /** Behind what is there, in a larger place where there is no room for it. */
  #append(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#bytes.length) {
      const needed = Math.max(held + chunk.length, this.#bodyLength);
      const place = needed > this.#bytes.length ? Buffer.allocUnsafeSlow(needed + SLACK_BYTES) : this.#bytes;
      this.#bytes.copy(place, 0, this.#start, this.#end);
      this.#bytes = place;
      [this.#start, this.#end] = [0, held];
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }
}

function parseMessage(body: Buffer): Message {
  const message: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  if (
    typeof message !== "object" ||
    message === null ||
    !("jsonrpc" in message) ||
    message.jsonrpc !== "2.0"
  ) {
    throw new Error("a message is not JSON-RPC 2.0");
  }
  return message as Message;
}

/**
 * Writes messages; the promise resolves when the system has taken the bytes, which is how a slow reader is
 * noticed.
 */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;
  readonly #limits: FrameLimits;

  constructor(socket: Socket, limits: FrameLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
    socket.on("close", () => this.fireClose());
  }

  write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message), "utf8");
    if (this.#socket.writableLength + body.length > this.#limits.unsentBytesMax) this.#socket.destroy();
    if (this.#socket.destroyed || !this.#socket.writable)
      return Promise.reject(new Error("the connection has ended"));
    return new Promise((resolve, reject) => {
      this.#socket.cork();
      this.#socket.write(`Content-Length: ${body.length}${END_OF_HEADER}`, "latin1");
      this.#socket.write(body, (error) => (error ? reject(error) : resolve()));
      this.#socket.uncork();
    });
  }

  end(): void {
    this.#socket.end();
  }
}
