// A thread's own row of the fabric: whose code runs there, whether it stands still, its mail, its fault.

import { countOf } from "./counts.ts";
import type { Fabric } from "./fabric.ts";
import { HELD, THREAD, WHERE, threadAt } from "./layout.ts";

const at = (thread: number, field: number): number => (threadAt(thread) + field) >> 2;

/**
 * Says that host code runs for this guest now. The guest's thread, at the head of every verb; a paused guest
 * stands still here.
 */
export function enterHost(fabric: Fabric, thread: number, readMail: () => void): void {
  const { i32, f64 } = fabric;
  // Plain: who sees the old word takes the guest for running, and `leaveHost` holds it all the same.
  i32[at(thread, THREAD.where)] = WHERE.host;
  const exits = (threadAt(thread) + THREAD.exits) >> 3;
  f64[exits] = (f64[exits] as number) + 1;
  if (i32[at(thread, THREAD.paused)] !== 0) {
    standStill(fabric, thread, readMail);
    setWhere(fabric, thread, WHERE.host);
  }
}

/**
 * The guest's code goes on, if it isn't paused; else when it is resumed. Nothing is held here: no claim, no
 * letter half read.
 */
export function leaveHost(fabric: Fabric, thread: number, readMail: () => void): void {
  setWhere(fabric, thread, WHERE.guest); // Z1: before Z2, pairs with Z3 and Z4.
  // Bound: once for each time that control pauses it while it is about to go on.
  while (isPaused(fabric, thread)) {
    standStill(fabric, thread, readMail);
    setWhere(fabric, thread, WHERE.guest);
  }
}

/**
 * Sleeps until control resumes the guest; meanwhile letters are read, so that the dead are let go.
 */
function standStill(fabric: Fabric, thread: number, readMail: () => void): void {
  const { i32 } = fabric;
  const word = at(thread, THREAD.paused);
  // Bound: control resumes the guest, or ends its thread in the wait.
  for (let seen = Atomics.load(i32, word); seen !== 0; seen = Atomics.load(i32, word)) {
    setWhere(fabric, thread, WHERE.host);
    readMail();
    setWhere(fabric, thread, WHERE.still);
    Atomics.wait(i32, word, seen); // Z5: pairs with Z3.
  }
}

function isPaused(fabric: Fabric, thread: number): boolean {
  return Atomics.load(fabric.i32, at(thread, THREAD.paused)) !== 0; // Z2: after Z1, pairs with Z3.
}

/**
 * Pauses a guest (`value` is not 0), tells a paused one of a letter (another value), or resumes it (0).
 * Control thread.
 */
export function setPaused(fabric: Fabric, thread: number, value: number): void {
  const word = at(thread, THREAD.paused);
  Atomics.store(fabric.i32, word, value); // Z3: before Z4, pairs with Z2.
  Atomics.notify(fabric.i32, word);
}

/** Pauses a shared guest, or resumes it; not one that is to end. Control thread. */
export function setHeld(fabric: Fabric, thread: number, isPaused: boolean): void {
  const [from, to] = isPaused ? [HELD.no, HELD.paused] : [HELD.paused, HELD.no];
  Atomics.compareExchange(fabric.i32, at(thread, THREAD.held), from, to); // Z6: before Z4, pairs with Z7.
}

/** A shared guest gets no more turns. Control thread. */
export function setEnding(fabric: Fabric, thread: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.held), HELD.ending);
}

export function heldOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.held)); // Z7: after Z1, pairs with Z6.
}

/** Counts a turn that a shared guest had, and its wait for it. Its carrier. */
export function countTurn(fabric: Fabric, thread: number, cpuNs: number, queueNs: number): void {
  const row = threadAt(thread);
  const { f64 } = fabric;
  f64[(row + THREAD.cpuNs) >> 3] = (f64[(row + THREAD.cpuNs) >> 3] as number) + cpuNs;
  f64[(row + THREAD.queueNs) >> 3] = (f64[(row + THREAD.queueNs) >> 3] as number) + queueNs;
}

/** What the turns of a shared guest took, and how long it was ready without one, nanoseconds. */
export function turnsOf(fabric: Fabric, thread: number): { cpuNs: number; queueNs: number } {
  const row = threadAt(thread);
  return {
    cpuNs: fabric.f64[(row + THREAD.cpuNs) >> 3] as number,
    queueNs: fabric.f64[(row + THREAD.queueNs) >> 3] as number,
  };
}

/**
 * Whose code the thread runs. After `setPaused`, every answer but `WHERE.guest` says that the guest's code
 * does not go on before it is resumed. Any thread.
 */
export function whereOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.where)); // Z4: after Z3, pairs with Z1.
}

/** The guest's thread. */
export function setWhere(fabric: Fabric, thread: number, where: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.where), where);
}

/** Whether host code runs on behalf of the guest at this moment, or sleeps for it. Any thread. */
export function isInHost(fabric: Fabric, thread: number): boolean {
  const where = whereOf(fabric, thread);
  return where === WHERE.host || where === WHERE.asleep;
}

export function exitsOf(fabric: Fabric, thread: number): number {
  return fabric.f64[(threadAt(thread) + THREAD.exits) >> 3] as number;
}

export function signalsOf(fabric: Fabric, thread: number): number {
  return countOf(fabric.i32, at(thread, THREAD.signals), at(thread, THREAD.signalsHigh));
}

/** Wake-ups that came after the guest's deadline. */
export function lateOf(fabric: Fabric, thread: number): number {
  return countOf(fabric.i32, at(thread, THREAD.late), at(thread, THREAD.lateHigh));
}

/** Of the signals those that woke the guest. */
export function interruptsOf(fabric: Fabric, thread: number): number {
  return countOf(fabric.i32, at(thread, THREAD.interrupts), at(thread, THREAD.interruptsHigh));
}

/** Marks a guest as broken; true for the first to do so. Any thread. */
export function markFault(fabric: Fabric, thread: number, fault: number): boolean {
  return Atomics.compareExchange(fabric.i32, at(thread, THREAD.fault), 0, fault) === 0;
}

/** A plain read, which costs a verb less: whoever misses it now sees it in the next verb. */
export function faultOf(fabric: Fabric, thread: number): number {
  return fabric.i32[at(thread, THREAD.fault)] as number;
}

/** Counts a letter that was put into the thread's inbox. Control thread. */
export function countMail(fabric: Fabric, thread: number): void {
  Atomics.add(fabric.i32, at(thread, THREAD.mail), 1);
}

/** A plain read, as that of `faultOf`. */
export function mailOf(fabric: Fabric, thread: number): number {
  return fabric.i32[at(thread, THREAD.mail)] as number;
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

/** Notes which features the guest took, as bits. Its own thread. */
export function setFeatures(fabric: Fabric, thread: number, features: number): void {
  Atomics.store(fabric.i32, at(thread, THREAD.features), features);
}

export function featuresOf(fabric: Fabric, thread: number): number {
  return Atomics.load(fabric.i32, at(thread, THREAD.features));
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
