// The head of an HTTP message, request or response: its first line in three words, and its fields. Reads
// bytes that anybody may have sent, and believes no length in them.

import { BootText } from "../sdk/index";

const SPACE: u32 = 32;
const TAB: u32 = 9;
const CR: u32 = 13;
const LF: u32 = 10;
const COLON: u32 = 58;

export class Head {
  /** The words of the first line; the third one is the rest of it. */
  first: BootText = new BootText();
  second: BootText = new BootText();
  third: BootText = new BootText();

  private fields: usize = 0;
  private end: usize = 0;

  /** Reads a head that ends with an empty line. False: it is none. */
  read(at: usize, length: i32): bool {
    this.end = at + length;
    let place = this.word(at, this.first, SPACE);
    if (place == 0) return false;
    place = this.word(place, this.second, SPACE);
    if (place == 0) return false;
    // The words of a status may be left out.
    place = this.word(place, this.third, CR, 0);
    if (place == 0 || load<u8>(place) != LF) return false;
    this.fields = place + 1;
    return this.sound();
  }

  /** Finds the `index`-th field of a name, in whatever case, and its value without the blanks around it. */
  field(name: string, index: i32, into: BootText): bool {
    let left = index;
    // Bound: each round goes on to the next line.
    for (let line = this.fields; !this.last(line); line = this.lineEnd(line) + 2) {
      const end = this.lineEnd(line);
      const colon = this.find(line, end, COLON);
      if (!this.named(line, <i32>(colon - line), name) || left-- > 0) continue;
      let from = colon + 1;
      let to = end;
      while (from < to && isBlank(load<u8>(from))) from++;
      while (to > from && isBlank(load<u8>(to - 1))) to--;
      into.at = from;
      into.length = <i32>(to - from);
      return true;
    }
    into.at = 0;
    into.length = 0;
    return false;
  }

  /** Each line ends well and has a name of at least one visible letter before its colon. */
  private sound(): bool {
    let line = this.fields;
    while (!this.last(line)) {
      const end = this.lineEnd(line);
      if (end >= this.end) return false;
      const colon = this.find(line, end, COLON);
      if (colon == end || colon == line) return false;
      for (let at = line; at < colon; at++) if (load<u8>(at) <= SPACE || load<u8>(at) > 126) return false;
      line = end + 2;
    }
    return true;
  }

  /** The empty line. */
  private last(line: usize): bool {
    return line + 2 == this.end && load<u8>(line) == CR && load<u8>(line, 1) == LF;
  }

  /** Where this line's CR LF begins, or the head's end. */
  private lineEnd(line: usize): usize {
    let at = line;
    while (at + 1 < this.end && !(load<u8>(at) == CR && load<u8>(at, 1) == LF)) at++;
    return at + 1 < this.end ? at : this.end;
  }

  private find(from: usize, to: usize, byte: u32): usize {
    let at = from;
    while (at < to && load<u8>(at) != byte) at++;
    return at;
  }

  /** Takes a word that ends with this byte: where the next one begins, 0 where there is no such word. */
  private word(at: usize, into: BootText, until: u32, least: usize = 1): usize {
    const end = this.find(at, this.end, until);
    if (end - at < least || end >= this.end) return 0;
    for (let place = at; place < end; place++) if (load<u8>(place) < SPACE) return 0;
    into.at = at;
    into.length = <i32>(end - at);
    return end + 1;
  }

  private named(at: usize, length: i32, name: string): bool {
    return equalsAnyCase(at, length, name);
  }
}

/** The bytes are this text of small letters, whatever the case of theirs. */
export function equalsAnyCase(at: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  for (let i = 0; i < length; i++) {
    const byte = <u32>load<u8>(at + i);
    const small = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (small != text.charCodeAt(i)) return false;
  }
  return true;
}

function isBlank(byte: u32): bool {
  return byte == SPACE || byte == TAB;
}
