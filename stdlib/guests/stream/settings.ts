// What `stream` was told to do, and what it says when it was told wrong.

import { BootText, Options } from "../sdk/index";
import { HEAD_BYTES, PORT } from "./wire";

const USAGE: string =
  "usage: stream --to ADDR [--rate RATE] [--for DURATION] [--count N] [--size BYTES] [--port N] " +
  "[--device NAME]";
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

export class Settings {
  to: u32 = 0;
  /** Bits of payload a second, those of iperf. */
  rate: i64 = 1_000_000;
  forNs: i64 = 10 * SECOND;
  /** Datagrams at most. */
  count: i64 = i64.MAX_VALUE;
  /** Bytes of payload; 0: as many as the device's MTU allows. */
  size: i32 = 0;
  port: u32 = PORT;
  /** Name of the device, or no text: the first one. */
  device: BootText = new BootText();

  private options: Options = new Options("stream", USAGE);

  /** Reads the arguments. False: something was wrong, and the log says what. */
  read(): bool {
    const options = this.options;
    let timed = false;
    while (options.next()) {
      if (options.is("--for")) timed = true;
      this.readOne(options);
    }
    // A number of datagrams is an end, and then time needn't be one.
    if (!timed && this.count != i64.MAX_VALUE) this.forNs = DAY;
    if (!options.failed && this.to == 0) this.refuse("--to needs an address, such as 10.0.0.2");
    return !options.failed;
  }

  /** A mistake that shows later, such as a device that isn't there. */
  refuse(text: string): void {
    this.options.refuse(text);
  }

  private readOne(options: Options): void {
    if (options.is("--to")) this.to = options.ip("an address, such as 10.0.0.2");
    else if (options.is("--rate"))
      this.rate = options.rate("a rate from 1kbps to 1000Gbps", 1000, 1_000_000_000_000);
    else if (options.is("--for")) this.forNs = options.duration("a duration, such as 2s", 1, DAY);
    else if (options.is("--count")) this.count = options.number("a number from 1 on", 1, i64.MAX_VALUE);
    else if (options.is("--size"))
      this.size = <i32>options.size("a number of bytes from 24 to 65507", HEAD_BYTES, 65_507);
    else if (options.is("--port")) this.port = <u32>options.number("a port from 1 to 65535", 1, 65_535);
    else if (options.is("--device")) options.copy("the name of a device, such as eth0", this.device);
    else options.unknown();
  }
}
