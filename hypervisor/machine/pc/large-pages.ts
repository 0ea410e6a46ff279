// v86 heeds large pages where CR4.PSE is set, and with page tables of 64 bits too, where a processor has them
// always. Spec: Intel SDM 3A, 4.1.4 and 4.4.2. Memtest86+ needs them so; others set both bits.

/** Of the walk through page tables: a large page is none where `cr4 & PSE` is 0. */
const BEFORE = [0x21, 12, 0x02, 0x40, 0x20, 8, 0x41] as const;
const AFTER = [0x71, 0x45, 0x0d, 0, 0x20, 7] as const;
const PSE = 1 << 4;
const PAE = 1 << 5;

/** v86's module with the test mended, in place. Throws where this v86 hasn't that test, just once. */
export function mendLargePages(module: Buffer): Buffer {
  const test = Buffer.from([...BEFORE, PSE, ...AFTER]);
  const at = module.indexOf(test);
  if (at < 0 || module.includes(test, at + 1))
    throw new Error("this v86 has no test of CR4.PSE to be mended");
  // Both fit in one byte of a signed LEB128.
  module[at + BEFORE.length] = PSE | PAE;
  return module;
}
