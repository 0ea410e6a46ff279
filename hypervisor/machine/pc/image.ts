// Images of PCs: whether these files can be booted at all, and where threads share them.

import { createHash } from "node:crypto";
import type { Image, PcClass, PcFiles, PcMedia } from "../../images.ts";
import { PC_COMMAND_LINE_MAX, PC_FILE_BYTES_MAX, PC_MEMORY_MAX, PC_MEMORY_MIN } from "../../limits.ts";
import { emulatorModule } from "./emulator-package.ts";
import { MEDIA, mediaParts, wrongMedia } from "./media.ts";

/** Of a kernel that a PC can load: what stands in its first sector. Spec: Linux, x86/boot.rst. */
const BOOT = { flagAt: 0x1fe, flag: 0xaa55, magicAt: 0x202, magic: "HdrS", sector: 0x210 } as const;
/** A BIOS lies below the end of the first MiB, in whole pages. */
const BIOS_BYTES = { min: 1 << 16, max: 1 << 18 } as const;

const NOTHING = new Uint8Array();

/** What a guest of these files needs, or why they can't be booted. */
export function judgePc(
  files: PcFiles,
  memoryMin: number,
): Pick<Image, "digest" | "memoryMin" | "memoryMax"> | { readonly problem: string } {
  const wrongBoot = files.media ? wrongMedia(files.media) : wrongKernel(files.kernel);
  const problem = wrongBoot ?? wrongFiles(files) ?? wrongCommandLine(files.commandLine);
  if (problem !== undefined) return { problem };
  const memory = { memoryMin: Math.max(memoryMin, PC_MEMORY_MIN), memoryMax: PC_MEMORY_MAX };
  return { digest: digestOf(files), ...memory };
}

/** `class_` is of the two what `files` are. */
export function preparePc(
  class_: PcClass,
  files: PcFiles,
  memoryMin: number,
): Image | { readonly problem: string } {
  if ((class_ === "pc") !== (files.media !== undefined))
    return { problem: `these are no files of class ${class_}` };
  const judged = judgePc(files, memoryMin);
  if ("problem" in judged) return judged;
  const { kernel, initrd, bios, vgaBios, commandLine, states, media } = files;
  return {
    class: class_,
    ...judged,
    files: {
      ...(kernel && { kernel: shared(kernel) }),
      ...(initrd && { initrd: shared(initrd) }),
      bios: shared(bios),
      vgaBios: shared(vgaBios),
      commandLine,
      ...(states !== undefined && { states }),
      ...(media && { media: sharedMedia(media) }),
    },
    module: emulatorModule(),
    code: new Uint8Array(new SharedArrayBuffer(0)),
  };
}

/** What is wrong with a file that is to be a kernel, if anything. */
function wrongKernel(kernel: Uint8Array = new Uint8Array()): string | undefined {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.length);
  const magic = Buffer.from(kernel.subarray(BOOT.magicAt, BOOT.magicAt + 4)).toString("latin1");
  const boots = kernel.length > BOOT.sector && view.getUint16(BOOT.flagAt, true) === BOOT.flag;
  return boots && magic === BOOT.magic ? undefined : "the kernel is no Linux kernel for a PC (bzImage)";
}

/** What is wrong with words for a kernel's command line, if anything. */
export function wrongCommandLine(text: string): string | undefined {
  if (text.length > PC_COMMAND_LINE_MAX)
    return `the command line has ${text.length} bytes, more than the ${PC_COMMAND_LINE_MAX} that a kernel reads`;
  return /^[\x20-\x7e]*$/.test(text) ? undefined : "a command line has printable ASCII characters only";
}

function wrongFiles({ kernel, initrd, bios, vgaBios }: PcFiles): string | undefined {
  if ((kernel?.length ?? 0) + (initrd?.length ?? 0) > PC_FILE_BYTES_MAX)
    return `kernel and initrd are larger than ${PC_FILE_BYTES_MAX} bytes`;
  if (bios.length < BIOS_BYTES.min || bios.length > BIOS_BYTES.max || bios.length % BIOS_BYTES.min !== 0)
    return `the BIOS has ${bios.length} bytes, not 64 KiB to 256 KiB in whole ones of 64`;
  return vgaBios.length > BIOS_BYTES.min ? "the BIOS of the screen is larger than 64 KiB" : undefined;
}

/** Of everything that a guest boots from. */
function digestOf(files: PcFiles): string {
  const { kernel = NOTHING, initrd = NOTHING, bios, vgaBios, commandLine } = files;
  const parts = [kernel, initrd, bios, vgaBios, Buffer.from(commandLine), ...mediaParts(files)];
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(createHash("sha256").update(part).digest());
  }
  return hash.digest("hex");
}

function sharedMedia(media: PcMedia): PcMedia {
  const made = MEDIA.flatMap((medium) => {
    const bytes = media[medium];
    return bytes ? [[medium, shared(bytes)] as const] : [];
  });
  return { ...Object.fromEntries(made), console: media.console };
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
