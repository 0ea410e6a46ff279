// A thread's own row of the fabric: whether host code runs there, its mail, its fault.

import type { Fabric } from "./fabric.ts";
import { THREAD, threadAt } from "./layout.ts";

const at = (thread: number, field: number): number => (threadAt(thread) + field) >> 2;

/** Says that host code runs for this guest now. The guest's thread, at the head of every verb. */
export function enterHost(fabric: Fabric, thread: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.inHost), 1);
  const exits = (threadAt(thread) + THREAD.exits) >> 3;
  fabric.f64[exits] = (fabric.f64[exits] as number) + 1;
}

export function leaveHost(fabric: Fabric, thread: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.inHost), 0);
}

/** Whether host code runs on behalf of the guest at this moment. Any thread. */
export function isInHost(fabric: Fabric, thread: number): boolean {
  return Atomics.load(fabric.i32, at(thread, THREAD.inHost)) !== 0;
}

export function exitsOf(fabric: Fabric, thread: number): number {
  return fabric.f64[(threadAt(thread) + THREAD.exits) >> 3] as number;
}

export function signalsOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.signals));
}

/** Of the signals those that woke the guest. */
export function interruptsOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.interrupts));
}

/** Marks a guest as broken; true for the first to do so. Any thread. */
export function markFault(fabric: Fabric, thread: number, fault: number): boolean {
  return Atomics.compareExchange(fabric.i32, at(thread, THREAD.fault), 0, fault) === 0;
}

export function faultOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.fault));
}

/** Counts a letter that was put into the thread's inbox. Control thread. */
export function countMail(fabric: Fabric, thread: number): void {
  Atomics.add(fabric.i32, at(thread, THREAD.mail), 1);
}

export function mailOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.mail));
}

/** Notes that the guest's ports have changed; true where control is to be told, since it hasn't been. */
export function ringPorts(fabric: Fabric, thread: number): boolean {
  return Atomics.exchange(fabric.i32, at(thread, THREAD.portsBell), 1) === 0;
}

/** Control is about to look at the guest's ports. */
export function hearPorts(fabric: Fabric, thread: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.portsBell), 0);
}

/** Where the guest wants to be told of events; 0 for nowhere. The guest's thread sets it. */
export function setEvents(fabric: Fabric, thread: number, offset: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.events), offset);
}

export function eventsOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.events));
}

/** Prepares a row for a new guest; the answer is its incarnation. Control thread; nobody uses the row. */
export function startRow(fabric: Fabric, thread: number): number {
  const { i32, f64 } = fabric;
  const incarnation = ((i32[at(thread, THREAD.incarnation)] as number) + 1) | 0;
  i32.fill(0, threadAt(thread) >> 2, (threadAt(thread) + THREAD.size) >> 2);
  f64[(threadAt(thread) + THREAD.exits) >> 3] = 0;
  Atomics.store(i32, at(thread, THREAD.incarnation), incarnation);
  return incarnation;
}
