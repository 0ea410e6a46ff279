// A guest's arguments as options with values: `--count 5`. The first mistake is told in the guest's log, with
// the usage line; after it `failed` stays true.

import { argument, BootText } from "./boot";
import { textEquals } from "./bytes";
import { print, put, putByte, putBytes, putLine } from "./text";
import { BAD, readDuration, readIp, readMac, readNumber, readRate, readSize } from "./values";

export class Options {
  failed: bool = false;
  /** The value that the last call of `text` took. */
  value: BootText = new BootText();

  private index: i32 = 0;
  private option: BootText = new BootText();

  private guest: string;
  private usage: string;

  constructor(guest: string, usage: string) {
    this.guest = guest;
    this.usage = usage;
  }

  /** Goes on to the next option; false at the end or after a mistake. */
  next(): bool {
    return !this.failed && argument(this.index++, this.option);
  }

  is(name: string): bool {
    return textEquals(this.option.at, this.option.length, name);
  }

  /** Takes the option's value, whatever it is. */
  text(what: string): bool {
    if (argument(this.index++, this.value)) return true;
    this.fail("needs", what);
    return false;
  }

  /** Takes the option's value, whatever it is, into a text of its own. */
  copy(what: string, into: BootText): void {
    if (!this.text(what)) return;
    into.at = this.value.at;
    into.length = this.value.length;
  }

  number(what: string, least: i64, most: i64): i64 {
    if (!this.text(what)) return least;
    return this.checked(readNumber(this.value.at, this.value.length), what, least, most);
  }

  duration(what: string, least: i64, most: i64): i64 {
    if (!this.text(what)) return least;
    return this.checked(readDuration(this.value.at, this.value.length), what, least, most);
  }

  size(what: string, least: i64, most: i64): i64 {
    if (!this.text(what)) return least;
    return this.checked(readSize(this.value.at, this.value.length), what, least, most);
  }

  /** Bits per second. */
  rate(what: string, least: i64, most: i64): i64 {
    if (!this.text(what)) return least;
    return this.checked(readRate(this.value.at, this.value.length), what, least, most);
  }

  ip(what: string): u32 {
    if (!this.text(what)) return 0;
    return <u32>this.checked(readIp(this.value.at, this.value.length), what, 1, 0xffffffff);
  }

  mac(what: string): u64 {
    if (!this.text(what)) return 0;
    return <u64>this.checked(readMac(this.value.at, this.value.length), what, 0, 0xffffffffffff);
  }

  /** The option is none that the guest knows. */
  unknown(): void {
    this.fail("is no option of this guest", "");
  }

  /** A mistake that only the guest can see. `text` goes on after the guest's name. */
  refuse(text: string): void {
    put(this.guest);
    put(": ");
    print(text);
    this.end();
  }

  private checked(value: i64, what: string, least: i64, most: i64): i64 {
    if (value != BAD && value >= least && value <= most) return value;
    this.fail("needs", what);
    return least;
  }

  private fail(verb: string, what: string): void {
    if (this.failed) return;
    put(this.guest);
    put(": ");
    putBytes(this.option.at, min(this.option.length, 64));
    putByte(32);
    put(verb);
    if (what.length > 0) putByte(32);
    put(what);
    if (what.length > 0 && this.value.at != 0) {
      put(", not ");
      putBytes(this.value.at, min(this.value.length, 64));
    }
    putLine();
    this.end();
  }

  private end(): void {
    print(this.usage);
    this.failed = true;
  }
}

/** For guests without options: tells of the first argument, if there is one, and answers whether. */
export function refuseArguments(guest: string): bool {
  const text = new BootText();
  if (!argument(0, text)) return false;
  put(guest);
  put(": takes no arguments, not ");
  putBytes(text.at, min(text.length, 64));
  putLine();
  return true;
}
