// The part of the WebAssembly JavaScript API that the project uses; Node's own types leave it to browsers'
// libraries.

declare namespace WebAssembly {
  interface MemoryDescriptor {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  interface ModuleImportDescriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: "function" | "table" | "memory" | "global" | "tag";
  }
  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: "function" | "table" | "memory" | "global" | "tag";
  }
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): ModuleImportDescriptor[];
    static exports(module: Module): ModuleExportDescriptor[];
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Table {
    set(place: number, value: unknown): void;
  }
  /** A function that suspends the WebAssembly stack which calls it until its promise is settled. */
  class Suspending {
    constructor(work: (...args: never[]) => Promise<unknown>);
  }
  /** An exported function that may be suspended. */
  function promising<Arguments extends readonly unknown[], Result>(
    exported: (...args: Arguments) => Result,
  ): (...args: Arguments) => Promise<Result>;
  class RuntimeError extends Error {}
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
}
