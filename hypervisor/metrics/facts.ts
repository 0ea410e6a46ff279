// What observers are shown of frames: read from the fabric without stopping anybody.

import { countersOf, received } from "../datapath/port.ts";
import { cellsOfPort, latenessCells, latenessOf, NOTHING } from "./histograms.ts";
import type { CounterFacts, DeviceCells, LineFacts, RequestFacts } from "../hypervisor.ts";
import { countOf } from "../memory/counts.ts";
import type { Fabric } from "../memory/fabric.ts";
import { PORT, portAt, type COUNTER } from "../memory/layout.ts";

/** A device's own port, and those of its lines, where it has them. */
export interface DevicePorts {
  readonly port: number;
  readonly egress: number | undefined;
  readonly ingress: number | undefined;
}

type Counters = Readonly<Record<keyof typeof COUNTER, number>>;
type Reasons = Record<string, number>;

/** Why frames ended here, but for those that were sent. */
function reasonsOf(counters: Counters): Reasons {
  const { full, down, noListener, malformed, tooBig, lostByKill, overRate, impaired, queue, failed } =
    counters;
  return {
    full,
    down,
    no_listener: noListener,
    malformed,
    too_big: tooBig,
    rate: overRate,
    lost_by_kill: lostByKill,
    impaired,
    queue,
    failed,
  };
}

/**
 * Frames that a guest sent, from its side. Each is in `count` or in `dropped`, or waits in its line; a frame
 * that a line doubled is there twice.
 */
export function sentFacts(fabric: Fabric, { port, egress }: DevicePorts): CounterFacts {
  const own = countersOf(fabric, port);
  const line = egress === undefined ? undefined : countersOf(fabric, egress);
  const droppedBy = only(sum(reasonsOf(own), line && reasonsOf(line)));
  const [count, bytes] = [own.sent + (line?.sent ?? 0), own.bytes + (line?.bytes ?? 0)];
  return { count, bytes, dropped: total(droppedBy), droppedBy };
}

/** Frames that were put before a guest, and those that its full ring could not take or its line lost. */
export function receivedFacts(fabric: Fabric, { port, ingress }: DevicePorts): CounterFacts {
  const { frames, bytes } = received(fabric, port);
  const row = portAt(port) >> 2;
  const full = countOf(fabric.i32, row + (PORT.rxFull >> 2), row + (PORT.rxFullHigh >> 2));
  const malformed = countOf(fabric.i32, row + (PORT.rxOther >> 2), row + (PORT.rxOtherHigh >> 2));
  const droppedBy = only(
    sum({ full, malformed }, ingress === undefined ? undefined : lostOn(fabric, ingress)),
  );
  return { count: frames, bytes, dropped: total(droppedBy), droppedBy };
}

/** What came from outside into an uplink's network, and what went out or was lost on its way there. */
export function uplinkFrames(
  fabric: Fabric,
  port: number,
): { readonly rx: CounterFacts; readonly tx: CounterFacts } {
  const ports = { port, egress: undefined, ingress: undefined };
  const { out, outBytes, outFull, outDown, outTooBig } = countersOf(fabric, port);
  const lost = { full: outFull, down: outDown, too_big: outTooBig };
  const droppedBy = only(sum(receivedFacts(fabric, ports).droppedBy, lost));
  const tx = { count: out, bytes: outBytes, dropped: total(droppedBy), droppedBy };
  return { rx: sentFacts(fabric, ports), tx };
}

/** What an ingress line lost. What found no room at the device is counted there. */
function lostOn(fabric: Fabric, line: number): Reasons {
  return reasonsOf({ ...countersOf(fabric, line), full: 0, tooBig: 0 });
}

/** What a disk did of its requests. */
export function requestFacts(fabric: Fabric, port: number): RequestFacts {
  const { reads, writes, flushes, discards } = countersOf(fabric, port);
  return { reads, writes, flushes, discards };
}

/** A sum of what several disks did. */
export type RequestSum = { -readonly [Key in keyof RequestFacts]: RequestFacts[Key] };

export const noRequests = (): RequestSum => ({ reads: 0, writes: 0, flushes: 0, discards: 0 });

/** Adds what the disk at a port did to a sum. */
export function addRequests(sum: RequestSum, fabric: Fabric, port: number): void {
  const { reads, writes, flushes, discards } = requestFacts(fabric, port);
  sum.reads += reads;
  sum.writes += writes;
  sum.flushes += flushes;
  sum.discards += discards;
}

/** What is on its way to and from a device. */
export function lineFacts(
  fabric: Fabric,
  { egress, ingress }: DevicePorts,
  isMeasured: boolean,
): { readonly egress?: LineFacts; readonly ingress?: LineFacts } {
  return {
    ...(egress !== undefined && { egress: factsOf(fabric, egress, isMeasured) }),
    ...(ingress !== undefined && { ingress: factsOf(fabric, ingress, isMeasured) }),
  };
}

/** All that is measured at a device's rings and lines. */
export function cellsOfDevice(fabric: Fabric, { port, egress, ingress }: DevicePorts): DeviceCells {
  const late = {
    ...(egress !== undefined && { egress: latenessCells(fabric, egress) }),
    ...(ingress !== undefined && { ingress: latenessCells(fabric, ingress) }),
  };
  return { rings: cellsOfPort(fabric, port), late };
}

function factsOf(fabric: Fabric, line: number, isMeasured: boolean): LineFacts {
  const counters = countersOf(fabric, line);
  const { sent, duplicated, corrupted, reordered } = counters;
  const ended = sent + total(reasonsOf(counters)); // Before what came, so that fewer never came than ended.
  const count = received(fabric, line).frames;
  const waiting = count + duplicated - ended;
  const lateNs = isMeasured ? latenessOf(fabric, line) : NOTHING;
  return { count, waiting, duplicated, corrupted, reordered, lateNs };
}

/**
 * Adds up what the ports of a network sent; copies of flooded frames that found no room, and what was lost on
 * the way in, are drops of the network.
 */
export function networkFrames(fabric: Fabric, devices: readonly DevicePorts[]): CounterFacts {
  let count = 0;
  let bytes = 0;
  let reasons: Reasons = {};
  for (const device of devices) {
    const sent = sentFacts(fabric, device);
    count += sent.count;
    bytes += sent.bytes;
    reasons = sum(reasons, sent.droppedBy);
    const { port, egress, ingress } = device;
    const lines = egress === undefined ? [port] : [port, egress];
    for (const each of lines) reasons = sum(reasons, { full: countersOf(fabric, each).copiesLost });
    if (ingress !== undefined) reasons = sum(reasons, reasonsOf(countersOf(fabric, ingress)));
  }
  const droppedBy = only(reasons);
  return { count, bytes, dropped: total(droppedBy), droppedBy };
}

function sum(a: Readonly<Reasons>, b: Readonly<Reasons> | undefined): Reasons {
  const result = { ...a };
  for (const [reason, frames] of Object.entries(b ?? {})) result[reason] = (result[reason] ?? 0) + frames;
  return result;
}

function total(reasons: Readonly<Reasons>): number {
  return Object.values(reasons).reduce((all, frames) => all + frames, 0);
}

function only(reasons: Reasons): Reasons {
  return Object.fromEntries(Object.entries(reasons).filter(([, count]) => count > 0));
}
