// The six verbs, as the host offers them. AssemblyScript names an import's module after its file: this one is
// `vbus`. What they take and answer stands in docs/abi.md. Guests use the classes built on them rather than
// these.

export declare function open(id: i32, version: i32): i32;
export declare function close(handle: i32): i32;
export declare function call(handle: i32, func: i32, ptr: usize, len: i32, flags: i32): i32;
export declare function shm(
  handle: i32,
  id: i32,
  prio: i32,
  ptr: usize,
  len: i32,
  signalOffset: i32,
  flags: i32,
): i32;
export declare function signal(number: i32): i32;
export declare function wait(timeoutNs: i64): i32;
