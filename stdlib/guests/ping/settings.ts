// What `ping` was told to do, and what it says when it was told wrong.

import { BootText, Options } from "../sdk/index";

const USAGE: string =
  "usage: ping --to ADDR [--count N] [--interval DURATION] [--timeout DURATION] [--size BYTES] " +
  "[--device NAME]";
const DAY: i64 = 86_400_000_000_000;
const MILLISECOND: i64 = 1_000_000;

export class Settings {
  to: u32 = 0;
  count: i32 = 4;
  intervalNs: i64 = 100 * MILLISECOND;
  timeoutNs: i64 = 1000 * MILLISECOND;
  /** Bytes of payload. */
  size: i32 = 56;
  /** Name of the device, or no text: the first one. */
  device: BootText = new BootText();

  private options: Options = new Options("ping", USAGE);

  /** Reads the arguments. False: something was wrong, and the log says what. */
  read(): bool {
    const options = this.options;
    while (options.next()) this.readOne(options);
    if (!options.failed && this.to == 0) this.refuse("--to needs an address, such as 10.0.0.2");
    return !options.failed;
  }

  /** A mistake that shows later, such as a device that isn't there. */
  refuse(text: string): void {
    this.options.refuse(text);
  }

  private readOne(options: Options): void {
    if (options.is("--to")) this.to = options.ip("an address, such as 10.0.0.2");
    else if (options.is("--count")) this.count = <i32>options.number("a number from 1 on", 1, i32.MAX_VALUE);
    else if (options.is("--interval")) this.intervalNs = options.duration("a duration, such as 20ms", 0, DAY);
    else if (options.is("--timeout")) this.timeoutNs = options.duration("a duration, such as 1s", 1, DAY);
    else if (options.is("--size")) this.size = <i32>options.size("a number of bytes up to 65507", 0, 65_507);
    else if (options.is("--device")) options.copy("the name of a device, such as eth0", this.device);
    else options.unknown();
  }
}
