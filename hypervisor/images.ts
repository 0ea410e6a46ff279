// What guests boot, as the hypervisor is given it and as it keeps it.

/** What a module expects of its host: the bus's ABI, or WASI preview 1. */
export type ModuleClass = "wasm" | "wasi";
/** `linux`: a kernel, in a PC. `pc`: what a PC boots by its BIOS. */
export type PcClass = "linux" | "pc";
export type ImageClass = ModuleClass | PcClass;

/** A compiled and checked image. `digest` is the SHA-256 in hexadecimal of what was given. */
export interface Image {
  readonly class: ImageClass;
  readonly digest: string;
  /** What runs: of a PC the emulator. */
  readonly module: WebAssembly.Module;
  /** Its bytes as they were compiled, in memory that threads share; none of an emulator. */
  readonly code: Uint8Array;
  /** Of a PC, in memory that threads share. */
  readonly files?: PcFiles;
  /** Bytes of RAM that a guest needs at least, and the most that it can use. */
  readonly memoryMin: number;
  readonly memoryMax: number;
}

/** What a PC boots from: of class `linux` a kernel, of class `pc` media. */
export interface PcFiles {
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  readonly commandLine: string;
  /**
   * A folder for booted states, which PCs make and begin from: only where the first process greets
   * (docs/linux.md) before it needs any device of its bus.
   */
  readonly states?: string;
  readonly media?: PcMedia;
}

/** Images of drives, as they are in files, and what is the guest's console. */
export interface PcMedia {
  readonly floppy?: Uint8Array;
  readonly cd?: Uint8Array;
  readonly disk?: Uint8Array;
  /** Its first serial port, which its BIOS then uses, too; or its screen, in text, and its keyboard. */
  readonly console: "serial" | "screen";
}

/** What became of a command in a guest. */
export interface CommandResult {
  /** What it ended with; 0 is success. */
  readonly status: number;
  /** What it printed, both ways; `cut` where that was more than is kept. */
  readonly output: string;
  readonly cut: boolean;
}

/** Bytes on their way into a guest or out of it. What the guest sends is whatever it likes. */
export interface GuestCopy {
  /**
   * Resolves when the guest has opened its end, with the first that it said there, cut at
   * `PC_COPY_GREETING_MAX` bytes; undefined: the copy is over.
   */
  greeting(): Promise<string | undefined>;
  /** Resolves when there is room for more; false: the guest has closed its end, or this one is closed. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Nothing more is written: the guest reads its end. */
  end(): void;
  /** The next bytes; undefined: the guest has closed its end, or this one is closed. */
  read(): Promise<Uint8Array | undefined>;
  /** Whoever opened it calls this, always. */
  close(): void;
}

export type ImageSource =
  | { readonly class: ModuleClass; readonly bytes: Uint8Array }
  | { readonly class: "linux"; readonly files: PcFiles; readonly memoryMin: number }
  | { readonly class: "pc"; readonly files: PcFiles; readonly memoryMin: number };
