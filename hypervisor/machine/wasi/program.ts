// A WASI program as a guest: its imports, its start and its end. On the guest's own thread; what of it runs
// in a verb is counted, paused and killed as every verb is.

import type { GuestMemory } from "../../memory/fabric.ts";
import { MODULE } from "./abi.ts";
import { Streams, ProgramStop, type BusVerbs } from "../streams.ts";
import { DescriptorFunctions } from "./files/descriptor-functions.ts";
import { openAgain } from "./files/host-nodes.ts";
import { PathFunctions } from "./files/path-functions.ts";
import {
  descriptorFunctions,
  pathFunctions,
  processFunctions,
  socketFunctions,
  streamTypeOf,
  type Functions,
} from "./functions.ts";
import { FILE_RIGHTS, FOLDER_RIGHTS, Handles, type Grant } from "./handles.ts";
import { Poll } from "./poll.ts";
import { ProcessFunctions, type HostFacts } from "./process-functions.ts";
import { ProgramMemory } from "./program-memory.ts";
import { settle } from "./refused.ts";
import { sleepers } from "./sleepers.ts";

/** A folder of the host that a program may use, and the name by which it finds it. */
export interface GivenFolder extends Grant {
  readonly at: string;
  /** The process's descriptor of it. */
  readonly fd: number;
}

export interface ProgramParts extends HostFacts {
  readonly module: WebAssembly.Module;
  /** The program's RAM. */
  readonly memory: WebAssembly.Memory;
  /** `DRIVER_BYTES` that only host code has. */
  readonly driver: GuestMemory;
  readonly verbs: BusVerbs;
  /** Does host code's work as one verb. */
  readonly inHost: (work: () => number) => number;
  /** The boot information of the ABI. */
  readonly boot: Uint8Array;
  readonly folders: readonly GivenFolder[];
}

/** What it ended with, or that it was asked to end. */
export type ProgramEnd = number | "stopped";

/** Thrown through the program's frames where it ends itself. */
class ProgramExit extends Error {}

export class Program {
  readonly #parts: ProgramParts;
  readonly #memory: ProgramMemory;
  readonly #handles = new Handles();
  readonly #streams: Streams;
  /** A function runs, or was left by an exception: then the program has ended, whatever it does about it. */
  #inside = false;
  #end: ProgramEnd | undefined;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
    this.#memory = new ProgramMemory(parts.memory);
    this.#streams = new Streams(parts.verbs, parts.driver);
    for (const { fd, ...grant } of parts.folders) {
      this.#handles.put(this.#handles.free(), {
        is: "folder",
        grant,
        node: openAgain(fd),
        preopened: grant.at,
        rights: FOLDER_RIGHTS,
        inheriting: FOLDER_RIGHTS | FILE_RIGHTS,
        listing: undefined,
      });
    }
  }

  /** Calls `started` when the program is about to run; answers when it has ended. Throws where it trapped. */
  run(started: () => void): ProgramEnd {
    const imports = { env: { memory: this.#parts.memory }, [MODULE]: this.#imports() };
    this.#streams.begin();
    try {
      const { _start } = new WebAssembly.Instance(this.#parts.module, imports).exports;
      started();
      (_start as () => void)();
    } catch (error) {
      if (this.#end === undefined) throw error;
    }
    this.#handles.closeAll();
    return this.#end ?? 0;
  }

  #imports(): Functions {
    const { boot, wallNs } = this.#parts;
    const [memory, handles, streams] = [this.#memory, this.#handles, this.#streams];
    const inHost = (work: () => number): number => this.#parts.inHost(() => settle(work));
    const streamType = (): number => streamTypeOf(streams);
    const files = new DescriptorFunctions({ memory, handles, wallNs, streamType });
    const poll = new Poll({ ...this.#parts, memory, handles, streams });
    const quick: Functions = {
      ...processFunctions(new ProcessFunctions(memory, boot, this.#parts)),
      ...descriptorFunctions(files),
      ...pathFunctions(new PathFunctions(memory, handles, wallNs)),
      ...socketFunctions(handles),
    };
    const imports: Record<string, (...args: never[]) => number> = {
      proc_exit: (exit: number) => this.#call(() => this.#exit(exit)),
    };
    for (const [name, work] of Object.entries(quick)) {
      imports[name] = (...args) => this.#call(() => inHost(() => work(...args)));
    }
    for (const [name, work] of Object.entries(sleepers({ memory, handles, streams, files, poll, inHost }))) {
      imports[name] = (...args) => this.#call(() => work(...args));
    }
    return imports;
  }

  /** Around every function. */
  #call(work: () => number): number {
    if (this.#inside) throw new ProgramExit("the program has ended");
    this.#inside = true;
    try {
      this.#memory.refresh();
      this.#streams.attend();
      const answer = work();
      this.#inside = false;
      return answer;
    } catch (error) {
      if (error instanceof ProgramStop) this.#end ??= "stopped";
      throw error;
    }
  }

  #exit(exit: number): never {
    this.#end = exit | 0;
    throw new ProgramExit("the program has ended");
  }
}
