// What a guest can break: reasons for stopping it, by number in the fabric and in words for people.

/** Kept in `THREAD.fault`; the first one of a guest wins. */
export const FAULT = {
  txTurn: 1,
  txPointer: 2,
  rxStructure: 3,
  watchdog: 4,
  hostStack: 5,
  request: 6,
  virtio: 7,
  bridge: 8,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  [FAULT.txTurn]: "broke the protocol: a descriptor of a sending ring has an ownership turn that can't be",
  [FAULT.txPointer]: "broke the protocol: a descriptor of a sending ring points outside the guest's memory",
  [FAULT.rxStructure]:
    "broke the protocol: a descriptor of a receiving ring has a turn or a pointer that can't be",
  [FAULT.request]: "broke the protocol: a descriptor of a disk's queue names no request",
  [FAULT.virtio]: "broke the protocol: a queue of a virtio device has a chain or a place that can't be",
  [FAULT.bridge]:
    "broke the protocol: a ring or a call of the vbus bridge has a turn or a place that can't be",
  [FAULT.watchdog]: "used its CPU time without calling the host (watchdog)",
  [FAULT.hostStack]: "called the host with no stack left",
};

export function faultText(fault: number): string {
  return WORDS[fault] ?? `fault ${fault}`;
}

/** Marks the guest in a thread row as broken; for the calling thread's own guest it does not return. */
export type RaiseFault = (thread: number, fault: number) => void;
