// Parts of the SDK, exported one by one for their tests. AssemblyScript.

import { checksum } from "../sdk/net/checksum";
import { allocate, largestFree, release } from "../sdk/memory";
import { RxRing } from "../sdk/rx-ring";
import { TxRing } from "../sdk/tx-ring";
import { Samples } from "../sdk/samples";
import { putAmount, putGrouped, putLine, putSeconds } from "../sdk/text";
import { Vconsole } from "../sdk/vconsole";
import { boot } from "../sdk/boot";
import { readDuration, readIp, readMac, readNumber, readRate, readSize } from "../sdk/values";

export {
  allocate,
  boot,
  checksum,
  largestFree,
  readDuration,
  readIp,
  readMac,
  readNumber,
  readRate,
  readSize,
  release,
};

export function printGrouped(value: u64): void {
  putGrouped(value);
  putLine();
}
export function printAmount(value: u64): void {
  putAmount(value, "B");
  putLine();
}
export function printSeconds(ns: i64): void {
  putSeconds(ns);
  putLine();
}

const rx = new RxRing();
const tx = new TxRing();
const vconsole = new Vconsole();

export function rxOpen(slots: i32, capacity: i32): i32 {
  return rx.open(1, 0, 0, slots, capacity);
}
/** The first word of what was taken, or -1. */
export function rxTake(): i32 {
  return rx.take() ? load<i32>(rx.at) : -1;
}
export function rxLength(): i32 {
  return rx.length;
}
export function rxReady(): bool {
  return rx.ready();
}
export function rxGive(): void {
  rx.give();
}
export function rxEnable(wanted: bool): void {
  rx.enable(wanted);
}
export function rxEnableFor(count: i32): void {
  rx.enableFor(count);
}
export function rxReadyFor(count: i32): bool {
  return rx.readyFor(count);
}
export function rxBurst(most: i32): i32 {
  return rx.burst(most);
}
export function rxBurstWord(index: i32): i32 {
  return rx.burstLength(index) == 0 ? -1 : load<i32>(rx.burstAt(index));
}
export function rxGiveBurst(count: i32): void {
  rx.giveBurst(count);
}

export function txOpen(buffers: i32, capacity: i32): i32 {
  return tx.open(1, 1, 0, buffers, capacity);
}
export function txReserve(): usize {
  return tx.reserve();
}
export function txPost(length: i32): void {
  tx.post(length);
}
export function txPostBurst(count: i32, length: i32): void {
  tx.postBurst(count, length);
}
export function txBurstAt(index: i32): usize {
  return tx.burstAt(index);
}
export function txFlush(): i32 {
  return tx.flush();
}
export function txRetryNs(): i64 {
  return tx.retryNs;
}

let samples: Samples | null = null;
export function samplesNew(count: i32): void {
  samples = new Samples(count);
}
export function samplesAdd(ns: i64): void {
  samples!.add(ns);
}
export function samplesPercentile(percent: i32): i64 {
  return samples!.percentile(percent);
}

export function consoleOpen(): i32 {
  return vconsole.open(1);
}
export function consoleSize(): i32 {
  return vconsole.columns * 1000 + vconsole.rows;
}
export function consoleWrite(at: usize, length: i32): i32 {
  return vconsole.write(at, length);
}
export function consoleTyped(): i32 {
  return vconsole.input.take() ? load<u8>(vconsole.input.at) : -1;
}
