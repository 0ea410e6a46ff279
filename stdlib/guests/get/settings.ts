// What `get` was told to do, and what it says when it was told wrong.

import { BootText, Options } from "../sdk/index";

const USAGE: string =
  "usage: get --to ADDR [--port N] [--path PATH] [--count N] [--show] [--patience DURATION] [--device NAME]";
const DAY: i64 = 86_400_000_000_000;
const SECOND: i64 = 1_000_000_000;

export class Settings {
  to: u32 = 0;
  port: u32 = 80;
  /** No text: `/`. */
  path: BootText = new BootText();
  /** Requests, one after the other on one connection. */
  count: i32 = 1;
  /** Prints what came, line by line. */
  shows: bool = false;
  /** A server that doesn't answer, or refuses, is asked again for so long. */
  patienceNs: i64 = 10 * SECOND;
  /** Name of the device, or no text: the first one. */
  device: BootText = new BootText();

  private options: Options = new Options("get", USAGE);

  /** Reads the arguments. False: something was wrong, and the log says what. */
  read(): bool {
    const options = this.options;
    while (options.next()) this.readOne(options);
    if (!options.failed && this.to == 0) this.refuse("--to needs an address, such as 10.0.0.2");
    if (!options.failed && this.path.length > 1024) this.refuse("--path can have 1024 bytes at most");
    return !options.failed;
  }

  /** A mistake that shows later, such as a device that isn't there. */
  refuse(text: string): void {
    this.options.refuse(text);
  }

  private readOne(options: Options): void {
    if (options.is("--to")) this.to = options.ip("an address, such as 10.0.0.2");
    else if (options.is("--port")) this.port = <u32>options.number("a port from 1 to 65535", 1, 65_535);
    else if (options.is("--path")) options.copy("a path, such as /about", this.path);
    else if (options.is("--count")) this.count = <i32>options.number("a number from 1 on", 1, i32.MAX_VALUE);
    else if (options.is("--show")) this.shows = true;
    else if (options.is("--patience")) this.patienceNs = options.duration("a duration, such as 5s", 0, DAY);
    else if (options.is("--device")) options.copy("the name of a device, such as eth0", this.device);
    else options.unknown();
  }
}
