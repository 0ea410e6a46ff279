// The functions of WASI preview 1 that may sleep. They are made of verbs, one after the other; between two of
// them the guest can be paused or asked to end, as between two verbs of its own code.

import { LOG_WRITE_MAX } from "../../limits.ts";
import { ERRNO, RIGHT } from "./abi.ts";
import type { Streams } from "../streams.ts";
import type { DescriptorFunctions } from "./files/descriptor-functions.ts";
import type { Functions } from "./functions.ts";
import type { Handles } from "./handles.ts";
import type { Poll } from "./poll.ts";
import type { ProgramMemory } from "./program-memory.ts";

export interface SleeperParts {
  readonly memory: ProgramMemory;
  readonly handles: Handles;
  readonly streams: Streams;
  readonly files: DescriptorFunctions;
  readonly poll: Poll;
  /** Does work as one verb; what it refuses is the answer. */
  readonly inHost: (work: () => number) => number;
}

export function sleepers(parts: SleeperParts): Functions {
  return {
    fd_read: (fd: number, vectors: number, count: number, out: number) =>
      read(parts, fd, vectors, count, out),
    fd_write: (fd: number, vectors: number, count: number, out: number) =>
      write(parts, fd, vectors, count, out),
    poll_oneoff: (from: number, into: number, count: number, out: number) =>
      poll(parts, from, into, count, out),
  };
}

/** The parts of a scattered buffer, of `LOG_WRITE_MAX` bytes at most; or why not. */
function partsOf(
  { inHost, memory }: SleeperParts,
  vectors: number,
  count: number,
  out: number,
): readonly Uint8Array[] | number {
  let found: readonly Uint8Array[] = [];
  const refused = inHost(() => {
    memory.setU32(out, 0);
    found = memory
      .vectors(vectors, count, LOG_WRITE_MAX)
      .map(({ pointer, length }) => memory.bytes(pointer, length));
    return ERRNO.success;
  });
  return refused === ERRNO.success ? found : refused;
}

function read(parts: SleeperParts, fd: number, vectors: number, count: number, out: number): number {
  const { handles, files, inHost, memory, streams } = parts;
  if (!handles.stream(fd, RIGHT.read)) return inHost(() => files.read(fd, vectors, count, undefined, out));
  const into = partsOf(parts, vectors, count, out);
  if (typeof into === "number") return into;
  const room = into.reduce((sum, part) => sum + part.length, 0);
  const got = room === 0 ? new Uint8Array() : streams.read(room);
  let done = 0;
  for (const part of into) {
    const piece = got.subarray(done, done + part.length);
    part.set(piece);
    done += piece.length;
  }
  memory.setU32(out, done);
  return ERRNO.success;
}

function write(parts: SleeperParts, fd: number, vectors: number, count: number, out: number): number {
  const { handles, files, inHost, memory, streams } = parts;
  if (!handles.stream(fd, RIGHT.write)) return inHost(() => files.write(fd, vectors, count, undefined, out));
  const from = partsOf(parts, vectors, count, out);
  if (typeof from === "number") return from;
  memory.setU32(out, streams.show(from));
  return ERRNO.success;
}

function poll(
  { inHost, poll: of }: SleeperParts,
  from: number,
  into: number,
  count: number,
  out: number,
): number {
  let subscriptions: ReturnType<Poll["read"]> = [];
  const refused = inHost(() => {
    subscriptions = of.read(from, count, into, out);
    return ERRNO.success;
  });
  if (refused !== ERRNO.success) return refused;
  of.wait(subscriptions);
  of.write(subscriptions, into, out);
  return ERRNO.success;
}
