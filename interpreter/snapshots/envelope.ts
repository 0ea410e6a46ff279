// A snapshot as a file: a word, a header of JSON, and the machine, compressed. Nothing in it is believed:
// what it says is long is bounded, and the machine is unpacked only where it is what the header says.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { PcSnapshot } from "../../hypervisor/index.ts";
import { readHeader, type SnapshotHeader } from "./header.ts";
import { SNAPSHOT_BODY_MAX, SNAPSHOT_HEADER_MAX } from "./limits.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const MAGIC = Buffer.from("vbus snapshot\n");
const HEADER_AT = MAGIC.length + 4;
const LEVEL = 3;

/** What a file says of itself, and where its machine begins. */
export interface Head {
  readonly header: SnapshotHeader;
  readonly at: number;
}

/** Why a file is no snapshot: the end of a sentence that begins with it. */
export class NoSnapshot extends Error {}

/** The bytes of a file. */
export async function packSnapshot(
  facts: Omit<SnapshotHeader, "body">,
  { parts, state }: PcSnapshot,
): Promise<readonly Uint8Array[]> {
  const raw = Buffer.concat([Buffer.from(parts), new Uint8Array(state)]);
  const body = await compress(raw, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const header: SnapshotHeader = {
    ...facts,
    body: {
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
      raw: raw.length,
      parts: Buffer.byteLength(parts),
    },
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return [MAGIC, length, text, body];
}

/** Throws `NoSnapshot`, and what the system refuses. */
export async function readHead(file: string): Promise<Head> {
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(HEADER_AT + SNAPSHOT_HEADER_MAX);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const read = buffer.subarray(0, bytesRead);
    if (read.length < HEADER_AT || !read.subarray(0, MAGIC.length).equals(MAGIC))
      throw new NoSnapshot("is no snapshot");
    const at = HEADER_AT + read.readUInt32LE(MAGIC.length);
    const header = at > read.length ? undefined : readHeader(read.toString("utf8", HEADER_AT, at));
    if (!header) throw new NoSnapshot("has no header that can be read");
    return { header, at };
  } finally {
    await handle.close();
  }
}

/** The machine that this head belongs to, whole and as it was made. Throws as `readHead`. */
export async function readMachine(file: string, { header, at }: Head): Promise<PcSnapshot> {
  const { bytes, sha256, raw, parts } = header.body;
  if (bytes > SNAPSHOT_BODY_MAX || raw > SNAPSHOT_BODY_MAX || parts > raw)
    throw new NoSnapshot("says that it is larger than any snapshot");
  const body = await readAt(file, at, bytes);
  if (createHash("sha256").update(body).digest("hex") !== sha256)
    throw new NoSnapshot("is damaged: its machine is not what was written");
  const unpacked = await decompress(body, { maxOutputLength: raw }).catch(() => undefined);
  if (unpacked?.length !== raw) throw new NoSnapshot("is damaged: its machine can't be unpacked");
  return {
    parts: unpacked.toString("utf8", 0, parts),
    state: new Uint8Array(unpacked.subarray(parts)).buffer,
  };
}

async function readAt(file: string, at: number, length: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    // First its length: what a header says is made room for only where it is there.
    if ((await handle.stat()).size !== at + length) throw new NoSnapshot("is damaged: it has another length");
    const body = Buffer.alloc(length);
    const { bytesRead } = await handle.read(body, 0, length, at);
    return body.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
