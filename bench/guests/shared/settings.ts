// What `blast` was told to do.

import * as sdk from "../../../stdlib/guests/sdk/index";
import { DATA_BYTES_MAX, DATA_BYTES_MIN, STREAMS } from "./frames";

const USAGE: string =
  "usage: blast --mac MAC [--frames N | --seconds S | --rtt N] [--bytes B] [--batch N] [--ring N] " +
  "[--window N] [--stream N] [--warm N] [--ends 1]";
const SECOND: i64 = 1_000_000_000;

export class BlastSettings {
  mac: u64 = 0;
  frames: i64 = 1_000_000;
  /** Frames before the clock starts and beside `frames`, so that what is timed is compiled. */
  warm: i64 = 0;
  /** 0: as many as `frames`. */
  forNs: i64 = 0;
  /** Round trips instead of a stream; 0: a stream. */
  roundTrips: i32 = 0;
  bytes: i32 = 64;
  batch: i32 = 64;
  ring: i32 = 256;
  /** Frames that may be out unacknowledged; 0 until it is known. */
  window: i32 = 0;
  stream: i32 = 0;
  /** The sequence also stands in the last word of each frame. */
  ends: bool = false;

  /** False: something was wrong, and the log says what. */
  read(): bool {
    const options = new sdk.Options("blast", USAGE);
    while (options.next()) this.readOne(options);
    if (options.failed) return false;
    if (this.mac == 0) options.refuse("--mac needs the receiver's address, such as 02:00:00:00:00:01");
    else if ((this.ring & (this.ring - 1)) != 0)
      options.refuse("--ring needs a power of two from 16 to 1024");
    else if (this.batch > this.ring) options.refuse("--batch can be at most --ring");
    // Not the whole ring of the receiver: strangers' broadcasts take a place now and then.
    if (this.window == 0) this.window = max(this.ring - this.ring / 8, 8);
    this.batch = min(this.batch, this.window);
    return !options.failed;
  }

  private readOne(options: sdk.Options): void {
    if (options.is("--mac")) this.mac = options.mac("an address, such as 02:00:00:00:00:01");
    else if (options.is("--frames")) this.frames = options.number("a number from 1 on", 1, i64.MAX_VALUE);
    else if (options.is("--seconds"))
      this.forNs = options.number("a number from 1 to 86400", 1, 86_400) * SECOND;
    else if (options.is("--rtt"))
      this.roundTrips = <i32>options.number("a number from 1 on", 1, i32.MAX_VALUE);
    else if (options.is("--bytes"))
      this.bytes = <i32>options.size("28 to 65554 bytes", DATA_BYTES_MIN, DATA_BYTES_MAX);
    else if (options.is("--batch")) this.batch = <i32>options.number("a number from 1 to 1024", 1, 1024);
    else if (options.is("--ring"))
      this.ring = <i32>options.number("a power of two from 16 to 1024", 16, 1024);
    else if (options.is("--window")) this.window = <i32>options.number("a number from 1 to 1024", 1, 1024);
    else if (options.is("--stream"))
      this.stream = <i32>options.number("a number from 0 to 7", 0, STREAMS - 1);
    else if (options.is("--warm")) this.warm = options.number("a number from 0 on", 0, i64.MAX_VALUE);
    else if (options.is("--ends")) this.ends = options.number("0 or 1", 0, 1) == 1;
    else options.unknown();
  }
}
