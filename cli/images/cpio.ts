// An archive of the form `newc`, which a Linux kernel unpacks as its first file system. The same files give
// the same bytes.

export interface ArchiveFile {
  /** Without a leading slash. */
  readonly path: string;
  /** Type and permissions, as in a file's status. */
  readonly mode: number;
  /** Of a symbolic link, what it names. */
  readonly content: Uint8Array;
  /** Of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

export const MODE = {
  folder: 0o040755,
  program: 0o100755,
  file: 0o100644,
  link: 0o120777,
  character: 0o020600,
};

const TRAILER = "TRAILER!!!";
const WORD = 4;

/** Files in the order in which they are made: folders before what is in them. */
export function cpio(files: readonly ArchiveFile[]): Buffer {
  const trailer: ArchiveFile = { path: TRAILER, mode: 0, content: new Uint8Array() };
  const parts = [...files, trailer].flatMap((file, index) => entry(file, index + 1));
  return Buffer.concat(parts);
}

function entry({ path, mode, content, device }: ArchiveFile, inode: number): readonly Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const numbers = [
    inode,
    mode,
    0, // Owner and group: root.
    0,
    1,
    0, // The time: none, so that the same files are the same archive.
    content.length,
    0,
    0,
    device?.major ?? 0,
    device?.minor ?? 0,
    name.length,
    0,
  ];
  const header = Buffer.from(`070701${numbers.map((each) => each.toString(16).padStart(8, "0")).join("")}`);
  return [padded(Buffer.concat([header, name])), padded(content)];
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % WORD;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(WORD - rest)]);
}
