// A program for a PC's first sector, in 8086 machine code: what a BIOS, a screen, a keyboard and a disk do is
// seen by somebody who knows nothing but them.

const SECTOR = 512;
const HERE = 0x7c00;
/** Cells of the screen, two bytes each, 80 in a row. */
const ROW = 160;
const low = (word: number): number => word & 0xff;
const high = (word: number): number => word >> 8;

/**
 * A disk of so many bytes. The program writes `text` to the screen's memory, counts up the letter that the
 * second sector begins with, and reads it again; then it says `said` and the letter by the BIOS, and each key
 * that is pressed, both there and on the screen.
 */
export function bootSectorDisk(bytes: number, text: string, said: string): Buffer {
  const code = (textAt: number, saidAt: number): readonly number[] =>
    [
      [0x31, 0xc0, 0x8e, 0xd8, 0xfc, 0xb8, 0x00, 0xb8, 0x8e, 0xc0], // ds = 0, es = the screen
      [0xbe, low(textAt), high(textAt), 0xbf, low(10 * ROW), high(10 * ROW)],
      [0xac, 0x84, 0xc0, 0x74, 0x06, 0xaa, 0xb0, 0x07, 0xaa, 0xeb, 0xf5], // each letter, white on black
      [0x06, 0x1e, 0x07, 0xbb, 0x00, 0x80], // es:bx = 0:8000
      [0xb8, 0x01, 0x02, 0xb9, 0x02, 0x00, 0xb6, 0x00, 0xcd, 0x13], // reads the second sector
      [0xfe, 0x07, 0xb8, 0x01, 0x03, 0xcd, 0x13], // counts up, and writes
      [0xc6, 0x07, 0x3f, 0xb8, 0x01, 0x02, 0xcd, 0x13], // forgets, and reads again
      [0xbe, low(saidAt), high(saidAt)],
      [0xac, 0x84, 0xc0, 0x74, 0x06, 0xb4, 0x0e, 0xcd, 0x10, 0xeb, 0xf5], // says the text
      [0x8a, 0x07, 0xb4, 0x0e, 0xcd, 0x10, 0x07], // and the letter
      [0xbf, low(12 * ROW), high(12 * ROW)],
      [0x31, 0xc0, 0xcd, 0x16, 0xaa, 0x47, 0xb4, 0x0e, 0xcd, 0x10, 0xeb, 0xf4], // each key
    ].flat();
  const end = HERE + code(0, 0).length;
  const texts = Buffer.from(`${text}\0${said}\0`, "latin1");
  const disk = Buffer.alloc(bytes);
  disk.set(code(end, end + text.length + 1));
  disk.set(texts, end - HERE);
  disk.set([0x55, 0xaa], SECTOR - 2);
  disk[SECTOR] = "A".charCodeAt(0);
  return disk;
}
