// The mutants of the eleven holes: each takes away what keeps one of them closed.
import type { Mutant } from "./mutant.ts";

const TESTS = "hypervisor/holes.test.ts";

export const HOLES: readonly Mutant[] = [
  {
    name: "a frame's pointer is not checked",
    file: "hypervisor/datapath/switch.ts",
    find: "if (!inside(memory, address, length)) this.#parts.fault(this.#parts.thread, FAULT.txPointer);",
    replace: "",
    test: [
      TESTS,
      "1. a fault in a ring ends its owner, whatever that makes of the exception, and not the host",
    ],
  },
  {
    name: "a turn that can't be reads as an empty slot",
    file: "hypervisor/ring/sending.ts",
    find: 'return turn === previous ? "empty" : "broken";',
    replace: 'return "empty";',
    test: [TESTS, "2. a position that can't be is no position: the host has its own"],
  },
  {
    name: "what the host wrote last is read back from the guest",
    file: "hypervisor/ring/claims.ts",
    find: "const written = i32[slot + TURN] as number;",
    replace: "const written = (memory.i32[descriptor + 2] as number) & ~1;",
    test: [
      TESTS,
      "3. owner bits that flip under a sender cost their guest frames; a turn of another lap ends it",
    ],
  },
  {
    name: "a change that was not taken makes no room for the next",
    file: "hypervisor/guest/changes.ts",
    find: "if (entry.present) entry.dirty = true;",
    replace:
      'if (entry.dirty) throw new Error("the change before was not taken");\n    if (entry.present) entry.dirty = true;',
    test: [
      TESTS,
      "4. a guest that never takes events or buffers loses its own, and the host keeps no list of them",
    ],
  },
  {
    name: "only the start of a buffer is checked",
    file: "hypervisor/ring/claims.ts",
    find: "else if (address + capacity > memory.byteLength) verdict = BROKEN;",
    replace: "else if (address > memory.byteLength) verdict = BROKEN;",
    test: [TESTS, "5. a buffer that begins inside its memory and ends outside is not written to"],
  },
  {
    name: "a signal's place is the guest's affair",
    file: "hypervisor/guest/verbs.ts",
    find: " || signal < 0 || signal + SIGNAL.size > memory.byteLength",
    replace: "",
    test: [TESTS, "6. a signal's place is checked by the host"],
  },
  {
    name: "the end of a buffer is counted in 32 bits",
    file: "hypervisor/ring/claims.ts",
    find: "else if (address + capacity > memory.byteLength) verdict = BROKEN;",
    replace: "else if ((address + capacity) >>> 0 > memory.byteLength) verdict = BROKEN;",
    test: [TESTS, "7. a length that wraps the sum with its address is seen as what it is"],
  },
  {
    name: "frames of one call are not counted",
    file: "hypervisor/datapath/switch.ts",
    find: "while (frames < BUDGET_FRAMES && bytes < BUDGET_BYTES) {",
    replace: "while (bytes < BUDGET_BYTES) {",
    test: [TESTS, "8. a call ends at its budget, also where flags are set again for ever"],
  },
  {
    name: "who closes waits until the last sender is gone",
    file: "hypervisor/datapath/port.ts",
    find: "} while (nowNs() < end);",
    replace: "} while (end > 0);",
    test: [TESTS, "9. closing waits neither for a guest nor for a sender that does not come back"],
  },
  {
    name: "a handle has more bits than are looked at",
    file: "hypervisor/guest/verbs.ts",
    find: "const connection = this.#handles.get(handle);\n    return connection ? connection.call(",
    replace: "const connection = this.#handles.get(handle & 0xff);\n    return connection ? connection.call(",
    test: [TESTS, "10. a handle is a number in the guest's own table, and nothing else is one"],
  },
  {
    name: "who falls asleep says so after the last look",
    file: "hypervisor/ring/signal.ts",
    find: "    const left = end - nowMs();",
    replace:
      "    Atomics.store(memory.i32, sleeping, 0);\n    const left = end - nowMs();\n    Atomics.store(memory.i32, sleeping, 1);",
    test: [TESTS, "11. no wake-up is lost between guests that fall asleep as they are signalled"],
  },
];
