// DNS at the gateway: names of the lab are answered here, everything else is passed on to the servers that
// the host asks, and their answer back, as it is.

import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { NAT_DNS_MS, NAT_DNS_PENDING_MAX, NAT_DNS_SERVERS_MAX, NAT_DNS_STREAM_BYTES } from "../../limits.ts";
import {
  address6Record,
  addressRecord,
  answerWith,
  CODE,
  failure,
  nameRecord,
  readQuestion,
  reverseOf,
  TYPE,
} from "./names.ts";
import { type Address, copyOf, get16, put16 } from "./wire.ts";

export interface ResolverParts {
  /** Where the host asks, as `node:dns` gives it: "1.2.3.4", "1.2.3.4:5353", "[::1]:53". */
  readonly servers: () => readonly string[];
  /** Of either family; undefined where no station has the name. */
  readonly addressesOf: (name: string) => readonly Address[] | undefined;
  readonly nameOf: (address: Address) => string | undefined;
  /** Whether an address is one of the network's own, known or not. */
  readonly isOwn: (address: Address) => boolean;
  readonly random: () => number;
}

interface Server {
  readonly host: string;
  readonly port: number;
}

export class Resolver {
  readonly #parts: ResolverParts;
  #pending = 0;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** Answers a query; undefined where it is none. `isStream`: it came by TCP, and so may the answer. */
  async resolve(query: Uint8Array, isStream: boolean): Promise<Uint8Array | undefined> {
    if (query.length < 12 || ((query[2] as number) & 0x80) !== 0) return undefined;
    const question = readQuestion(query);
    if (!question) return failure(query, CODE.format);
    const own = this.#own(query, question);
    if (own) return own;
    if (this.#pending >= NAT_DNS_PENDING_MAX) return failure(query, CODE.failed);
    this.#pending++;
    try {
      return (await this.#ask(query, isStream)) ?? failure(query, CODE.failed);
    } finally {
      this.#pending--;
    }
  }

  #own(query: Uint8Array, question: { name: string; type: number; end: number }): Uint8Array | undefined {
    const { addressesOf, nameOf, isOwn } = this.#parts;
    const addresses = addressesOf(question.name);
    if (addresses) {
      const isAny = question.type === TYPE.any;
      const records = addresses.flatMap((address) => {
        if (typeof address === "string")
          return isAny || question.type === TYPE.aaaa ? [address6Record(address)] : [];
        return isAny || question.type === TYPE.a ? [addressRecord(address)] : [];
      });
      return answerWith(query, question, records);
    }
    const address = reverseOf(question.name);
    if (address === undefined || !isOwn(address)) return undefined;
    const name = nameOf(address);
    if (name === undefined) return failure(query, CODE.noName);
    return answerWith(query, question, question.type === TYPE.ptr ? [nameRecord(name)] : []);
  }

  async #ask(query: Uint8Array, isStream: boolean): Promise<Uint8Array | undefined> {
    // The host's servers see a number and a port of our choice, whatever a guest has chosen.
    const own = copyOf(query);
    const id = this.#parts.random() & 0xffff;
    put16(own, 0, id);
    for (const text of this.#parts.servers().slice(0, NAT_DNS_SERVERS_MAX)) {
      const server = readServer(text);
      const answer = await (isStream ? askByStream(own, server) : askByDatagram(own, server));
      if (!answer) continue;
      put16(answer, 0, get16(query, 0));
      return answer;
    }
    return undefined;
  }

  /** The far side of a guest's TCP connection to the gateway's port 53. */
  stream(): Duplex {
    return new Questions((query) => this.resolve(query, true));
  }
}

/** Questions in, answers out, one after the other, each with its length before it. */
class Questions extends Duplex {
  readonly #resolve: (query: Uint8Array) => Promise<Uint8Array | undefined>;
  #bytes = Buffer.alloc(0);
  #isBusy = false;
  #hasEnded = false;

  constructor(resolve: (query: Uint8Array) => Promise<Uint8Array | undefined>) {
    super();
    this.#resolve = resolve;
  }

  override _read(): void {
    // What there is has been pushed.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > NAT_DNS_STREAM_BYTES) return done(new Error("too many questions at once"));
    void this.#next();
    done();
  }

  override _final(done: () => void): void {
    this.#hasEnded = true;
    void this.#next();
    done();
  }

  async #next(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // Bound: the questions that have come, NAT_DNS_STREAM_BYTES of them.
    while (!this.destroyed && this.#bytes.length >= 2) {
      const end = 2 + get16(this.#bytes, 0);
      if (this.#bytes.length < end) break;
      const query = copyOf(this.#bytes, 2, end);
      this.#bytes = this.#bytes.subarray(end);
      const answer = await this.#resolve(query);
      if (answer && !this.destroyed) this.push(framed(answer));
    }
    this.#isBusy = false;
    if (this.#hasEnded && !this.destroyed) this.push(null);
  }
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(2 + message.length);
  put16(bytes, 0, message.length);
  bytes.set(message, 2);
  return bytes;
}

function readServer(text: string): Server {
  const match = /^\[(.*)\]:(\d+)$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  return match ? { host: match[1] as string, port: Number(match[2]) } : { host: text, port: 53 };
}

function askByDatagram(query: Uint8Array, { host, port }: Server): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const end = (answer?: Uint8Array): void => {
      clearTimeout(timer);
      socket.removeAllListeners("message");
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(end, NAT_DNS_MS);
    socket.once("error", () => end());
    socket.on("message", (answer) => {
      if (isAnswer(answer, query)) end(Uint8Array.from(answer));
    });
    socket.connect(port, host, () => socket.send(query));
  });
}

function askByStream(query: Uint8Array, { host, port }: Server): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let bytes = Buffer.alloc(0);
    const end = (answer?: Uint8Array): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(NAT_DNS_MS, () => end());
    socket.on("error", () => end());
    socket.on("close", () => end());
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 2 || bytes.length < 2 + get16(bytes, 0)) return;
      const answer = Uint8Array.from(bytes.subarray(2, 2 + get16(bytes, 0)));
      end(isAnswer(answer, query) ? answer : undefined);
    });
    socket.write(framed(query));
  });
}

function isAnswer(message: Uint8Array, query: Uint8Array): boolean {
  return (
    message.length >= 12 && get16(message, 0) === get16(query, 0) && ((message[2] as number) & 0x80) !== 0
  );
}
