// Texts into memory, without allocating: what is longer than the room is cut.

export class Writer {
  at: usize;
  length: i32 = 0;
  private room: i32;

  constructor(room: i32) {
    this.at = heap.alloc(room);
    this.room = room;
  }

  clear(): void {
    this.length = 0;
  }

  /** Plain ASCII. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  bytes(at: usize, count: i32): void {
    for (let i = 0; i < count; i++) this.byte(load<u8>(at + i));
  }

  number(value: u64): void {
    let scale: u64 = 1;
    while (value / scale >= 10) scale *= 10;
    for (; scale > 0; scale /= 10) this.byte(48 + <u32>((value / scale) % 10));
  }

  private byte(byte: u32): void {
    if (this.length < this.room) store<u8>(this.at + this.length++, byte);
  }
}
