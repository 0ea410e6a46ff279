// A PC's screen and keyboard as the guest's console, in place of its first serial port.

import { LOG_WRITE_MAX } from "../../limits.ts";
import { systemClock } from "../../clock.ts";
import type { Emulator } from "./emulator.ts";
import { scanCodes } from "./keyboard.ts";
import { TextScreen } from "./text-screen.ts";

const NS_PER_MS = 1e6;

export class ScreenConsole {
  readonly #emulator: Emulator;
  readonly #screen = new TextScreen();

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
    emulator.onScreen(this.#screen);
  }

  /** Presses the next key, once the last one was read. `typed` gives at most so many bytes. */
  type(typed: (room: number) => Uint8Array): void {
    if (!this.#emulator.keyboardRead) return;
    for (const byte of typed(1)) this.#emulator.sendKeys(scanCodes(byte));
  }

  /** Has what is new shown, in pieces. */
  say(show: (bytes: Uint8Array) => void): void {
    const news = this.#screen.news(this.#nowMs());
    if (news === "") return;
    const bytes = Buffer.from(news);
    for (let at = 0; at < bytes.length; at += LOG_WRITE_MAX) show(bytes.subarray(at, at + LOG_WRITE_MAX));
  }

  /** Microseconds after which there is something to say; 0: nothing. */
  waitUs(): number {
    return this.#screen.waitUs(this.#nowMs());
  }

  #nowMs(): number {
    return systemClock.nowNs() / NS_PER_MS;
  }
}
