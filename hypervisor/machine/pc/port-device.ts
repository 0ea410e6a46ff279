// A device of our own on a PC's PCI bus that is only ports: how it shows itself, and how it is reached.

import type { Processor } from "./v86.ts";

/** One register of 32 bits; a driver that uses it in another way, or in parts, reaches nothing. */
export interface PortRegister {
  readonly read?: () => number;
  readonly write?: (value: number) => void;
}

export interface PortDevice {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** A power of two of them, at most 16, each four ports behind the one before. */
  readonly registers: readonly PortRegister[];
}

/** The device's interrupt, which stays until it is lowered. */
export interface PortInterrupt {
  raise(): void;
  lower(): void;
}

const CONFIGURATION_BYTES = 256;
const PORT_BYTES = 4;
/** Spec: PCI 3.0, 6.1: where things stand in a device's configuration, and what its command allows. */
const AT = { device: 2, command: 4, revision: 8, class: 10, bar: 16, subsystem: 44, pin: 61 } as const;
const COMMAND_IO_MEMORY_DMA = 7;
/** System peripheral, other. */
const CLASS = 0x0880;
const BAR_IS_IO = 1;
const PIN_A = 1;

/** What the PC's bus is given: the configuration, with its ports from `port` on. */
export function pciSpace({ vendor, device, revision }: PortDevice, port: number): number[] {
  const bytes = new Uint8Array(CONFIGURATION_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, vendor, true);
  view.setUint16(AT.device, device, true);
  view.setUint16(AT.command, COMMAND_IO_MEMORY_DMA, true);
  view.setUint8(AT.revision, revision);
  view.setUint16(AT.class, CLASS, true);
  view.setUint32(AT.bar, port | BAR_IS_IO, true);
  view.setUint16(AT.subsystem, vendor, true);
  view.setUint16(AT.subsystem + 2, device, true);
  view.setUint8(AT.pin, PIN_A);
  return [...bytes];
}

/** Ports that the registers take. */
export function portsOf({ registers }: PortDevice): number {
  return registers.length * PORT_BYTES;
}

/** The register's first port. */
export function portOf(index: number, port: number): number {
  return port + index * PORT_BYTES;
}

/** iPXE of before 2020 reads the features so, and v86 has them as a whole alone. */
export function readByHalves(ports: Processor["io"]["ports"], at: number): void {
  const [low, high] = [ports[at], ports[at + 2]];
  if (!low || !high) return;
  const { device, read32 } = low;
  low.read16 = () => read32.call(device) & 0xffff;
  high.read16 = () => read32.call(device) >>> 16;
}
