// Copies of files of one connection: begun, fed or read, and ended by it, and dropped when it goes.

import { FileIn, FileOut, type Copied, type CopyHost } from "./file-copy.ts";
import { OperationError } from "../operation-error.ts";
import type { Methods } from "./protocol.ts";
import type { Request } from "./requests.ts";

/** What is asked of copies. */
type CopyRequest = Extract<Request, { readonly method: `copy${string}` }>;

export function isOfCopy(request: Request): request is CopyRequest {
  return request.method.startsWith("copy");
}

const MODE = 0o644;

export class CopyDesk {
  readonly #host: CopyHost;
  readonly #copies = new Map<number, FileIn | FileOut>();
  #count = 0;
  #closed = false;

  constructor(host: CopyHost) {
    this.#host = host;
  }

  answer(request: CopyRequest): Promise<object> {
    switch (request.method) {
      case "copyIn":
        return this.#in(request.params);
      case "copyOut":
        return this.#out(request.params);
      case "copyWrite":
        return this.#write(request.params);
      case "copyRead":
        return this.#read(request.params);
      case "copyEnd":
        return this.#end(request.params.copy);
    }
  }

  async #in({ guest, path, name, mode }: Methods["copyIn"]["params"]): Promise<Methods["copyIn"]["result"]> {
    const where = { path, mode: (mode ?? MODE) & 0o777, ...(name !== undefined && { name }) };
    return { copy: this.#add(await FileIn.begin(this.#host, guest, where)) };
  }

  async #out({ guest, path }: Methods["copyOut"]["params"]): Promise<Methods["copyOut"]["result"]> {
    const file = await FileOut.begin(this.#host, guest, path);
    return { copy: this.#add(file), bytes: file.bytes, mode: file.mode };
  }

  async #write({ copy, data }: Methods["copyWrite"]["params"]): Promise<Record<string, never>> {
    const file = this.#copies.get(copy);
    if (!(file instanceof FileIn)) throw unknown(copy);
    await file.write(Buffer.from(data, "base64"));
    return {};
  }

  async #read({ copy }: Methods["copyRead"]["params"]): Promise<Methods["copyRead"]["result"]> {
    const file = this.#copies.get(copy);
    if (!(file instanceof FileOut)) throw unknown(copy);
    const bytes = await file.read();
    return { data: Buffer.from(bytes ?? []).toString("base64"), done: bytes === undefined };
  }

  async #end(copy: number): Promise<Copied> {
    const file = this.#copies.get(copy);
    if (!file) throw unknown(copy);
    this.#copies.delete(copy);
    return file.end();
  }

  /** The connection has gone. */
  close(): void {
    this.#closed = true;
    for (const file of this.#copies.values()) file.drop();
    this.#copies.clear();
  }

  #add(file: FileIn | FileOut): number {
    if (this.#closed) file.drop();
    this.#copies.set(++this.#count, file);
    return this.#count;
  }
}

function unknown(copy: number): OperationError {
  return new OperationError("usage", `There is no copy ${copy} of this kind.`);
}
