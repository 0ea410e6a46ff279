// The client's half of the Network Block Device protocol: fixed newstyle handshake with NBD_OPT_GO, then
// simple replies. https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md. What the server says is
// bounded before it is used; one that breaks the protocol is left.

import { connect, type Socket } from "node:net";
import { REQUEST_BYTES_MAX } from "../../limits.ts";
import { EINVAL, EIO, ENOSPC, EPERM, REQUEST_OP } from "../../ring/abi.ts";

/** "nbd://HOST:PORT/EXPORT" or "nbd+unix:///EXPORT?socket=PATH", taken apart. */
export type NbdAddress = { readonly name: string } & (
  { readonly host: string; readonly port: number } | { readonly path: string }
);

const PORT = 10_809;
const MAGIC = 0x4e42444d41474943n; // "NBDMAGIC"
const OPTION = 0x49484156454f5054n; // "IHAVEOPT"
const OPTION_REPLY = 0x3e889045565a9n;
const OPT_GO = 7;
const REP = { ack: 1, info: 3 } as const;
const INFO_EXPORT = 0;
const FIXED_NEWSTYLE = 1;
const NO_ZEROES = 2;
const FLAG = { readonly: 2, flush: 4, trim: 32 } as const;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const COMMAND = [0, 1, 3, 4] as const; // By REQUEST_OP: read, write, flush, trim.
const DISCONNECT = 2;
const REPLY_BYTES = 16;
/** An answer to an option is short; a longer one is no server's. */
const OPTION_BYTES_MAX = 64 * 1024;

/** The address behind a URL, or undefined where it is none. */
export function readNbdUrl(text: string): NbdAddress | undefined {
  const url = URL.parse(text);
  if (!url) return undefined;
  const name = decodeURIComponent(url.pathname.slice(1));
  const path = url.searchParams.get("socket");
  if (url.protocol === "nbd+unix:") return path === null ? undefined : { path, name };
  if (url.protocol !== "nbd:" || url.hostname === "") return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? PORT : Number(url.port),
    name,
  };
}

/** What the server has. */
export interface NbdExport {
  readonly size: number;
  readonly readonly: boolean;
}

interface Waiting {
  /** Bytes of data that come with a good answer. */
  readonly into: Uint8Array | undefined;
  readonly settle: (status: number) => void;
}

/** A connection. Requests may be on their way at the same time. Once it is lost every request is EIO. */
export class NbdClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #flags = 0;
  #cookie = 0;
  #lost = false;
  /** What has come and is not read yet. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#wake?.();
    });
    socket.on("error", () => undefined); // "close" follows.
    socket.on("close", () => this.#lose());
  }

  /** Connects and agrees on the export. Rejects with a sentence. */
  static async open(address: NbdAddress): Promise<{ client: NbdClient; found: NbdExport }> {
    const socket = connect(
      "path" in address ? { path: address.path } : { host: address.host, port: address.port },
    );
    const connected = Promise.withResolvers<void>();
    socket.once("connect", connected.resolve);
    socket.once("error", (error) => connected.reject(new Error(error.message)));
    await connected.promise;
    socket.setNoDelay(true);
    const client = new NbdClient(socket);
    try {
      const found = await client.#agree(address.name);
      void client.#readReplies();
      return { client, found };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** 0, or a negative errno value. `data`: what is written, or where what is read goes. */
  request(op: number, offset: number, length: number, data: Uint8Array): Promise<number> {
    if (this.#lost) return Promise.resolve(EIO);
    if (op === REQUEST_OP.flush && (this.#flags & FLAG.flush) === 0) return Promise.resolve(0);
    if (op === REQUEST_OP.discard && (this.#flags & FLAG.trim) === 0) return Promise.resolve(0);
    const cookie = (this.#cookie = (this.#cookie + 1) >>> 0);
    const head = Buffer.alloc(28);
    head.writeUInt32BE(REQUEST_MAGIC, 0);
    head.writeUInt16BE(COMMAND[op] ?? 0, 6);
    head.writeBigUInt64BE(BigInt(cookie), 8);
    head.writeBigUInt64BE(BigInt(offset), 16);
    head.writeUInt32BE(length, 24);
    const { promise, resolve: settle } = Promise.withResolvers<number>();
    const into = op === REQUEST_OP.read ? data.subarray(0, length) : undefined;
    this.#waiting.set(cookie, { into, settle });
    this.#socket.write(head);
    // A copy: a guest that is ended may leave its mailbox to another before the system has taken this.
    if (op === REQUEST_OP.write) this.#socket.write(Buffer.from(data.subarray(0, length)));
    return promise;
  }

  close(): void {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(REQUEST_MAGIC, 0);
    head.writeUInt16BE(DISCONNECT, 6);
    this.#socket.end(head);
  }

  async #agree(name: string): Promise<NbdExport> {
    const greeting = await this.#take(18);
    if (greeting.readBigUInt64BE(0) !== MAGIC || greeting.readBigUInt64BE(8) !== OPTION)
      throw new Error("it does not speak NBD as it is spoken today");
    if ((greeting.readUInt16BE(16) & FIXED_NEWSTYLE) === 0) throw new Error("it is too old");
    const bytes = Buffer.from(name);
    const go = Buffer.alloc(4 + 16 + 4 + bytes.length + 2);
    go.writeUInt32BE(FIXED_NEWSTYLE | (greeting.readUInt16BE(16) & NO_ZEROES), 0);
    go.writeBigUInt64BE(OPTION, 4);
    go.writeUInt32BE(OPT_GO, 12);
    go.writeUInt32BE(bytes.length + 6, 16);
    go.writeUInt32BE(bytes.length, 20);
    bytes.copy(go, 24);
    this.#socket.write(go);
    let found: NbdExport | undefined;
    // Bound: a server that tells for ever is cut off with the time that control waits.
    for (;;) {
      const head = await this.#take(20);
      const [type, length] = [head.readUInt32BE(12), head.readUInt32BE(16)];
      if (head.readBigUInt64BE(0) !== OPTION_REPLY || length > OPTION_BYTES_MAX)
        throw new Error("its answer is none");
      const info = await this.#take(length);
      if (type === REP.ack) break;
      if (type >= 2 ** 31) throw new Error(`it has no export \`${name}\``);
      if (type !== REP.info || length < 12 || info.readUInt16BE(0) !== INFO_EXPORT) continue;
      this.#flags = info.readUInt16BE(10);
      const size = Number(info.readBigUInt64BE(2));
      found = { size, readonly: (this.#flags & FLAG.readonly) !== 0 };
    }
    if (!found) throw new Error("it does not say how large the export is");
    return found;
  }

  async #readReplies(): Promise<void> {
    try {
      // Bound: the connection's end rejects.
      for (;;) {
        const head = await this.#take(REPLY_BYTES);
        const waiting = this.#waiting.get(Number(head.readBigUInt64BE(8)));
        if (head.readUInt32BE(0) !== REPLY_MAGIC || !waiting) break;
        const error = head.readUInt32BE(4);
        if (error === 0 && waiting.into) waiting.into.set(await this.#take(waiting.into.length));
        this.#waiting.delete(Number(head.readBigUInt64BE(8)));
        waiting.settle(statusOf(error));
      }
    } catch {
      // It is lost; everybody hears of it below.
    }
    this.#socket.destroy();
    this.#lose();
  }

  /** The next `length` bytes. Rejects where the connection ends before. One at a time. */
  async #take(length: number): Promise<Buffer> {
    if (length > OPTION_BYTES_MAX && length > REQUEST_BYTES_MAX) throw new Error("too much at once");
    while (this.#bytes < length) {
      if (this.#lost) throw new Error("the connection was lost");
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#bytes -= length;
    this.#chunks = this.#bytes === 0 ? [] : [all.subarray(length)];
    return all.subarray(0, length);
  }

  #lose(): void {
    this.#lost = true;
    this.#wake?.();
    for (const { settle } of this.#waiting.values()) settle(EIO);
    this.#waiting.clear();
  }
}

function statusOf(error: number): number {
  if (error === 0) return 0;
  const known = [EPERM, EINVAL, ENOSPC].find((one) => one === -error);
  return known ?? EIO;
}
