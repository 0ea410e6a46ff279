// v86 as this project uses it. What of its inside is touched is named in `v86.ts`. Loaded when the first PC
// boots.

import type { PcMedia } from "../../images.ts";
import { drivesOf, guardTransfers } from "./ide.ts";
import {
  pciSpace,
  portOf,
  portsOf,
  readByHalves,
  type PortDevice,
  type PortInterrupt,
} from "./port-device.ts";
import { restoreState, saveApart, type ApartState, type Fill } from "./whole-state.ts";
import { checkNames, type Processor, type V86, type VirtioOptions, type VirtioRegisters } from "./v86.ts";

export type { VirtioRegisters } from "./v86.ts";

export interface PcHardware {
  /** Bytes of its RAM, a multiple of 128 KiB. */
  readonly memoryBytes: number;
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  /** What it boots; none where it is to be restored. */
  readonly kernel: Uint8Array | undefined;
  readonly initrd: Uint8Array | undefined;
  readonly commandLine: string;
  /** Of class `pc`: what is in its drives. */
  readonly media: PcMedia | undefined;
}

/** Bit of a virtio device's status: its driver has begun. */
export const DRIVER_OK = 4;

/** Thrown through the processor's loop where the machine was reset. */
export class MachineReset extends Error {}

/** A file by which SeaBIOS is told of a serial port to be a console: the first one. */
const SERIAL_CONSOLE = { name: "etc/sercon-port", data: Uint8Array.of(0xf8, 0x03) };
const VGA_BYTES = 1 << 20;
/** A hundred thousand instructions each, where it doesn't wait: what a PC needs until it is ready. */
export const UNCOMPILED_SLICES = 90;
const JIT = { disabled: 0 } as const;
/** Flag of the processor: it takes interrupts. */
const INTERRUPT_FLAG = 0x200;
/** Of the processor's functions, those that it compiles come after its own in the table. */
const OWN_FUNCTIONS = 1024;
/** Places of the virtio devices that are ours on the PCI bus, and ports of each. */
const FIRST_SLOT = 13;
const FIRST_PORT = 0xd000;
const PORTS = 0x100;
/** Where the ISA bridge is, and what stands in a device's configuration. Spec: PCI 3.0, 6.2.4; PIIX3, 2.4. */
const ISA_BRIDGE = 1 << 3;
const INTERRUPT = { line: 0x3c, pin: 0x3d, routes: 0x60 } as const;
/** v86's own card: where it is on the bus, and the ports by which its queues are kicked. */
const OWN_CARD = 10 << 3;
const OWN_CARD_KICKS = [0xc900, 0xc902] as const;
const AT = { features: 0x04, notification: 0x40, isr: 0x60, device: 0x80 } as const;

/** A PC as its thread drives it. */
export class Emulator {
  readonly #v86: V86;
  readonly #cpu: Processor;
  readonly ramBytes: number;
  readonly #ramAt: number;
  #ram: Uint8Array;
  /** Slices after which the processor compiles: what a restored one does first runs once, most of it. */
  #uncompiled = 0;
  #clear: boolean; // It has not run, and beyond its firmware nothing was written.
  #words: Int32Array | undefined;
  readonly #finished: [number, number, number][] = [];
  #devices = 0;
  /** Of v86's own card, while that is off the bus. */
  #ownCardSpace: Int32Array | undefined;

  private constructor(v86: V86, clear: boolean) {
    this.#v86 = v86;
    this.#clear = clear;
    this.#cpu = v86.v86.cpu;
    checkNames(v86.v86);
    const { mem8, wasm_memory } = this.#cpu;
    this.#ramAt = mem8.byteOffset;
    this.ramBytes = mem8.length;
    this.#ram = new Uint8Array(wasm_memory.buffer, this.#ramAt, this.ramBytes);
    this.#cpu.codegen_finalize = (...generated) => this.#compile(...generated);
    this.#cpu.reboot_internal = () => {
      throw new MachineReset("the machine was reset");
    };
    this.#removeOwnCard();
    guardTransfers(this.#cpu, () => this.ram);
  }

  /** A PC that has not run yet. Rejects where v86 refuses what it is given. */
  static async start(hardware: PcHardware, module: WebAssembly.Module): Promise<Emulator> {
    const { V86 } = (await import("v86")) as unknown as { V86: new (options: unknown) => V86 };
    const { memoryBytes, bios, vgaBios, kernel, initrd, commandLine, media } = hardware;
    const v86 = new V86({
      wasm_fn: (imports: Readonly<Record<string, Record<string, unknown>>>) =>
        Promise.resolve(new WebAssembly.Instance(module, imports).exports),
      bios: fileOf(bios),
      vga_bios: fileOf(vgaBios),
      ...(kernel && { bzimage: fileOf(kernel) }),
      ...(initrd && { initrd: fileOf(initrd) }),
      cmdline: commandLine,
      memory_size: memoryBytes,
      vga_memory_size: VGA_BYTES,
      acpi: false,
      uart1: true,
      autostart: false,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      net_device: { type: "virtio" },
      ...drivesOf(media),
    });
    await new Promise<void>((resolve) => v86.add_listener("emulator-loaded", () => resolve()));
    if (media?.console === "serial") v86.v86.cpu.option_roms.push(SERIAL_CONSOLE);
    return new Emulator(v86, !kernel && !initrd);
  }

  /** All that the machine is, between two runs; devices that were added are not in it. */
  save(): ArrayBuffer {
    return this.#v86.v86.save_state();
  }

  /** The same with its RAM apart. */
  readonly saveApart = (): ApartState => saveApart(this.#v86);

  /**
   * Makes the machine what was saved, before it runs; devices that were added keep what they are. `fill`
   * brings RAM that was apart. Throws what v86 refuses, what `fill` throws, and where it had other memory; it
   * is then of no use.
   */
  restore(state: ArrayBuffer, fill?: Fill): void {
    restoreState(this.#v86, state, { clear: this.#clear, fill });
    this.#uncompiled = UNCOMPILED_SLICES;
    this.#cpu.set_jit_config(JIT.disabled, 1);
    // v86 takes over what the state says, whatever there is.
    if (this.#cpu.memory_size[0] !== this.ramBytes) throw new Error("the state is of another size of memory");
  }

  /** What the guest has not yet read from a serial port: no state of v86's has it. */
  inputOf(port: 0 | 1): Uint8Array {
    return Uint8Array.from(this.#cpu.devices[port === 0 ? "uart0" : "uart1"].input);
  }

  /** Puts that back, behind `restore`. */
  restoreInput(port: 0 | 1, bytes: Uint8Array): void {
    const { input } = this.#cpu.devices[port === 0 ? "uart0" : "uart1"];
    for (const byte of bytes) input.push(byte);
  }

  /** Its RAM. Asked for anew wherever the processor may have run meanwhile: its memory may grow. */
  get ram(): Uint8Array {
    if (this.#ram.length === 0)
      this.#ram = new Uint8Array(this.#cpu.wasm_memory.buffer, this.#ramAt, this.ramBytes);
    return this.#ram;
  }

  /** The same by words, each at a multiple of four bytes; asked for anew like `ram`. */
  get words(): Int32Array {
    const { buffer } = this.ram;
    if (this.#words?.buffer !== buffer)
      this.#words = new Int32Array(buffer, this.#ramAt, this.ramBytes >>> 2);
    return this.#words;
  }

  /** Host code has written here: what the processor had compiled of it is forgotten. */
  wrote(address: number, length: number): void {
    this.#cpu.jit_dirty_cache(address, address + length);
  }

  /**
   * Runs the processor for about a millisecond, less where it halts. Answers milliseconds until its next
   * timer is due, 0: it has more to do. Throws what the machine broke with.
   */
  run(): number {
    this.#clear = false;
    if (this.#uncompiled > 0 && --this.#uncompiled === 0) this.#cpu.set_jit_config(JIT.disabled, 0);
    const waitMs = this.#cpu.main_loop();
    for (const [index, start, flags] of this.#finished)
      this.#cpu.codegen_finalize_finished(index, start, flags);
    this.#finished.length = 0;
    return waitMs;
  }

  /** It waits for an interrupt, and takes none: nothing will ever wake it. */
  get halted(): boolean {
    return this.#cpu.in_hlt[0] !== 0 && ((this.#cpu.flags[0] as number) & INTERRUPT_FLAG) === 0;
  }

  /** `byte` is called with each that the guest sends on a serial port. */
  onSerial(port: 0 | 1, byte: (value: number) => void): void {
    const uart = this.#cpu.devices[port === 0 ? "uart0" : "uart1"];
    this.#v86.add_listener(`serial${port}-output-byte`, (value) => {
      uart.current_line = ""; // It would keep a line for the log of a debugger.
      byte(value);
    });
  }

  sendSerial(port: 0 | 1, bytes: Uint8Array): void {
    for (const byte of bytes) this.#v86.bus.send(`serial${port}-input`, byte);
  }

  /** Bytes that the guest has not yet read from a serial port. */
  unreadSerial(port: 0 | 1): number {
    return this.#cpu.devices[port === 0 ? "uart0" : "uart1"].input.length;
  }

  /** The screen is told of each character that changes, and of its size. */
  onScreen(screen: ScreenSide): void {
    this.#v86.add_listener("screen-put-char", ([row, column, character]) =>
      screen.put(row, column, character),
    );
    this.#v86.add_listener("screen-set-size", ([columns, rows, depth]) =>
      depth === 0 ? screen.resize(columns, rows) : screen.resize(0, 0),
    );
  }

  /** The guest has read all that its keyboard sent. */
  get keyboardRead(): boolean {
    return this.#cpu.devices.ps2.kbd_buffer.length === 0;
  }

  sendKeys(scanCodes: readonly number[]): void {
    for (const code of scanCodes) this.#v86.bus.send("keyboard-code", code);
  }

  /** Puts a disk on v86's own IDE, the second one of its second channel: for benches. False: it has one. */
  addOwnDisk(buffer: object): boolean {
    const { slave } = this.#cpu.devices.ide.secondary;
    if (slave.drive_connected) return false;
    slave.drive_connected = true;
    slave.set_disk_buffer(buffer);
    return true;
  }

  /** Puts a virtio device into the next free slot of the PCI bus. */
  addVirtio(device: VirtioDevice): VirtioRegisters {
    const { virtio } = this.#cpu.devices.virtio_net;
    const index = this.#devices++;
    const port = FIRST_PORT + index * PORTS;
    const Virtio = virtio.constructor as new (cpu: Processor, options: VirtioOptions) => VirtioRegisters;
    const made = new Virtio(this.#cpu, {
      name: device.name,
      pci_id: (FIRST_SLOT + index) << 3,
      device_id: 0x1040 + device.type,
      subsystem_device_id: device.type,
      common: {
        initial_port: port,
        queues: device.queues.map(({ size }, queue) => ({ size_supported: size, notify_offset: queue })),
        features: device.features,
        on_driver_ok: () => undefined,
      },
      notification: {
        initial_port: port + AT.notification,
        single_handler: false,
        handlers: device.queues.map(({ kick }) => kick),
      },
      isr_status: { initial_port: port + AT.isr },
      device_specific: {
        initial_port: port + AT.device,
        // A driver that writes to one of them changes nothing.
        struct: device.fields.map(([name, bytes, read]) => ({ name, bytes, read, write: () => undefined })),
      },
    });
    this.#route(FIRST_SLOT + index);
    readByHalves(this.#cpu.io.ports, port + AT.features);
    const reset = made.reset.bind(made);
    made.reset = () => {
      reset();
      device.driverReset();
    };
    return made;
  }

  /** Puts a device that is only ports into the next free slot of the PCI bus. */
  addPorts(device: PortDevice): PortInterrupt {
    const { io, devices } = this.#cpu;
    const index = this.#devices++;
    const slot = FIRST_SLOT + index;
    const port = FIRST_PORT + index * PORTS;
    const made = {
      name: "vbus",
      pci_id: slot << 3,
      pci_space: pciSpace(device, port),
      pci_bars: [{ size: portsOf(device) }],
    };
    for (const [at, { read, write }] of device.registers.entries()) {
      if (read) io.register_read(portOf(at, port), made, undefined, undefined, read);
      if (write) io.register_write(portOf(at, port), made, undefined, undefined, write);
    }
    devices.pci.register_device(made);
    this.#route(slot);
    return {
      raise: () => devices.pci.raise_irq(made.pci_id),
      lower: () => devices.pci.lower_irq(made.pci_id),
    };
  }

  /** Writes down which interrupt the card in a slot has, as the BIOS does for those that it finds. */
  #route(slot: number): void {
    const { device_spaces } = this.#cpu.devices.pci;
    const bridge = new DataView((device_spaces[ISA_BRIDGE] as Int32Array).buffer);
    const card = new DataView((device_spaces[slot << 3] as Int32Array).buffer);
    const pin = card.getUint8(INTERRUPT.pin) - 1;
    card.setUint8(INTERRUPT.line, bridge.getUint8(INTERRUPT.routes + ((pin + slot - 1) & 3)));
  }

  /** Compiled at once, and given to the processor when it next pauses, which is when it may be. */
  #compile(index: number, start: number, flags: number, at: number, length: number): void {
    const { wasm_memory, jit_imports, wm } = this.#cpu;
    const code = new Uint8Array(wasm_memory.buffer, at >>> 0, length >>> 0);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { e: jit_imports });
    wm.wasm_table.set(index + OWN_FUNCTIONS, exports["f"]);
    this.#finished.push([index, start, flags]);
  }

  /** Takes v86's own network card off the bus: ours are made of its parts. */
  #removeOwnCard(): void {
    const { pci, virtio_net } = this.#cpu.devices;
    const slot = pci.devices.indexOf(virtio_net.virtio);
    if (slot < 0) return;
    this.#ownCardSpace = pci.device_spaces[slot];
    pci.devices[slot] = undefined;
    pci.device_spaces[slot] = undefined;
  }

  /**
   * Puts v86's own network card back, with its own queues and features: for benches. Undefined: it is there.
   */
  addOwnCard({ mac, sent, kicked, interrupted }: OwnCardSide): OwnCardEnd | undefined {
    const { devices, io } = this.#cpu;
    const { pci, virtio_net } = devices;
    const { virtio } = virtio_net;
    const space = this.#ownCardSpace;
    if (!space) return undefined;
    this.#ownCardSpace = undefined;
    virtio_net.mac = mac;
    pci.devices[OWN_CARD] = virtio;
    pci.device_spaces[OWN_CARD] = space;
    this.#route(OWN_CARD >> 3);
    this.#v86.bus.register("net0-send", sent as (value: never) => void, this);
    const raise = virtio.raise_irq.bind(virtio);
    virtio.raise_irq = (type) => {
      interrupted();
      raise(type);
    };
    // One port of 16 bits for each of its two queues.
    for (const port of OWN_CARD_KICKS) {
      const entry = io.ports[port] as Processor["io"]["ports"][number];
      const write = entry.write16;
      entry.write16 = function kick(value): void {
        write.call(this, value);
        kicked();
      };
    }
    return {
      hasRoom: () => virtio.queues[0]?.has_request() === true,
      deliver: (frame) => this.#v86.bus.send("net0-receive", frame),
    };
  }
}

/** Who looks at a screen. */
export interface ScreenSide {
  put(row: number, column: number, character: number): void;
  /** None: it draws pictures. */
  resize(columns: number, rows: number): void;
}

/** Who is at the other end of v86's own network card. */
export interface OwnCardSide {
  readonly mac: Uint8Array;
  /** The guest sends a frame, which is the callee's until it returns. */
  readonly sent: (frame: Uint8Array) => void;
  /** The guest has kicked, and the card has done what it was told of. */
  readonly kicked: () => void;
  readonly interrupted: () => void;
}
export interface OwnCardEnd {
  /** Without it the card would drop a frame. */
  readonly hasRoom: () => boolean;
  readonly deliver: (frame: Uint8Array) => void;
}

/** A virtio device as one of its models declares it. */
export interface VirtioDevice {
  readonly name: string;
  /** Spec: virtio 1.1, 5: the number of its kind. */
  readonly type: number;
  readonly queues: readonly { readonly size: number; readonly kick: () => void }[];
  readonly features: readonly number[];
  /** What a driver reads of the device itself, in order: name, bytes, value. */
  readonly fields: readonly (readonly [name: string, bytes: number, read: () => number])[];
  /** The guest has reset it: its queues begin anew. */
  readonly driverReset: () => void;
}

const fileOf = (bytes: Uint8Array): object => ({ buffer: new Uint8Array(bytes).buffer });
