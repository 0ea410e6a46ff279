// What we touch of v86 beside its constructor: it is not its public interface, so v86 is pinned to one
// version, and each PC checks at its start that these names are there.

/** A virtio device's queue as its registers describe it; all of it is what the guest wrote. */
interface QueueRegisters {
  readonly size: number;
  readonly enabled: boolean;
  readonly desc_addr: number;
  readonly avail_addr: number;
  readonly used_addr: number;
}

/** The registers of a virtio device on the PCI bus. */
export interface VirtioRegisters {
  readonly queues: readonly QueueRegisters[];
  readonly device_feature: Uint32Array;
  readonly device_status: number;
  is_feature_negotiated(feature: number): boolean;
  reset: () => void;
  raise_irq: (type: number) => void;
  notify_config_changes(): void;
  /** Ten values, then the queues, each with a `get_state` of its own. */
  get_state(): unknown[];
  set_state(state: readonly unknown[]): void;
}

interface Field {
  readonly bytes: number;
  readonly name: string;
  readonly read: () => number;
  readonly write: (value: number) => void;
}
export interface VirtioOptions {
  readonly name: string;
  readonly pci_id: number;
  readonly device_id: number;
  readonly subsystem_device_id: number;
  readonly common: {
    readonly initial_port: number;
    readonly queues: readonly { readonly size_supported: number; readonly notify_offset: number }[];
    readonly features: readonly number[];
    readonly on_driver_ok: () => void;
  };
  readonly notification: {
    readonly initial_port: number;
    readonly single_handler: boolean;
    readonly handlers: readonly ((queue: number) => void)[];
  };
  readonly isr_status: { readonly initial_port: number };
  readonly device_specific: { readonly initial_port: number; readonly struct: readonly Field[] };
}

interface Uart {
  readonly input: number[];
  current_line: string;
}
/** v86's own network card. */
interface OwnCardModel {
  readonly virtio: VirtioRegisters & {
    readonly queues: readonly {
      /** Whether there is a chain to be had. */
      has_request(): boolean;
    }[];
  };
  mac: Uint8Array;
}
/** One of two channels of the IDE controller. */
export interface IdeChannel {
  readonly slave: {
    drive_connected: boolean;
    set_disk_buffer(buffer: object): void;
  };
  readonly prdt_addr: number;
  readonly dma_command: number;
  dma_status: number;
  push_irq(): void;
}
type PortRead = (this: object) => number;
type PortWrite = (this: object, value: number) => void;
interface PortEntry {
  readonly device: object;
  read16: PortRead;
  readonly read32: PortRead;
  write8: PortWrite;
  write16: PortWrite;
  write32: PortWrite;
}
interface Pci {
  readonly devices: unknown[];
  /** The 256 bytes of each device's configuration. */
  readonly device_spaces: (Int32Array | undefined)[];
  register_device(device: unknown): unknown;
  raise_irq(slot: number): void;
  lower_irq(slot: number): void;
}
/** Whether a page of RAM, by its number, is in a state. */
export interface PageMap {
  get(page: number): number;
}
export interface PackedMemory {
  readonly bitmap: PageMap;
  readonly packed_memory: Uint8Array;
}
type Width = undefined;
export interface Processor {
  readonly wasm_memory: WebAssembly.Memory;
  readonly mem8: Uint8Array;
  readonly memory_size: Int32Array;
  readonly in_hlt: Uint8Array;
  readonly flags: Int32Array;
  readonly jit_imports: Record<string, unknown>;
  /** Handlers of ports for 8, 16 and 32 bits. */
  readonly io: {
    readonly ports: PortEntry[];
    register_read(port: number, device: object, _8: Width, _16: Width, read: () => number): void;
    register_write(port: number, device: object, _8: Width, _16: Width, write: (value: number) => void): void;
  };
  readonly wm: { readonly wasm_table: { set(index: number, value: unknown): void } };
  readonly devices: {
    readonly pci: Pci;
    readonly uart0: Uart;
    readonly uart1: Uart;
    readonly ps2: { readonly kbd_buffer: { readonly length: number } };
    /** The first channel is there with a disk, the second one always. */
    readonly ide: { readonly primary: IdeChannel | undefined; readonly secondary: IdeChannel };
    readonly virtio_net: OwnCardModel;
  };
  /** Files that the BIOS asks for by name. */
  readonly option_roms: { readonly name: string; readonly data: Uint8Array }[];
  main_loop(): number;
  zero_memory: (from: number, length: number) => void;
  /** Of a state: the pages of RAM that are not all 0, one behind the other, and which these are. */
  pack_memory: () => PackedMemory;
  unpack_memory: (bitmap: PageMap, packed: Uint8Array) => void;
  jit_dirty_cache(from: number, to: number): void;
  set_jit_config(setting: number, value: number): void;
  codegen_finalize_finished(index: number, start: number, flags: number): void;
  codegen_finalize: (index: number, start: number, flags: number, at: number, length: number) => void;
  reboot_internal: () => void;
}
interface Bus {
  send(name: string, value?: unknown): void;
  register(name: string, listener: (value: never) => void, self: unknown): void;
}
export interface V86 {
  readonly v86: {
    readonly cpu: Processor;
    save_state(): ArrayBuffer;
    restore_state(state: ArrayBuffer): void;
  };
  readonly bus: Bus;
  add_listener(
    name: "screen-put-char" | "screen-set-size",
    listener: (value: readonly [number, number, number]) => void,
  ): void;
  add_listener(
    name: `serial${0 | 1}-output-byte` | "emulator-loaded",
    listener: (value: number) => void,
  ): void;
}

/** v86 is pinned; where it isn't the version that this was written for, a PC says so. */
export function checkNames({ cpu, save_state, restore_state }: V86["v86"]): void {
  const names: readonly (keyof Processor)[] = [
    "wasm_memory",
    "mem8",
    "memory_size",
    "in_hlt",
    "flags",
    "jit_imports",
    "io",
    "wm",
    "devices",
    "main_loop",
    "zero_memory",
    "pack_memory",
    "unpack_memory",
    "jit_dirty_cache",
    "set_jit_config",
    "codegen_finalize_finished",
    "codegen_finalize",
    "reboot_internal",
    "option_roms",
  ];
  const missing: string[] = names.filter((name) => cpu[name] === undefined);
  const { pci, uart0, uart1, virtio_net, ide, ps2 } = cpu.devices;
  if (!save_state || !restore_state) missing.push("save_state");
  if (!virtio_net?.virtio?.get_state || !virtio_net.virtio.set_state) missing.push("virtio.get_state");
  if (!pci?.devices || !pci.device_spaces || !virtio_net?.virtio) missing.push("devices.pci");
  if (!uart0?.input || !uart1?.input) missing.push("devices.uart0");
  if (ide?.secondary?.slave?.drive_connected === undefined) missing.push("devices.ide");
  if (ide?.secondary?.dma_command === undefined) missing.push("devices.ide.dma_command");
  if (ps2?.kbd_buffer?.length === undefined) missing.push("devices.ps2");
  if (missing.length > 0) throw new Error(`this v86 has no ${missing.join(", ")}`);
}
