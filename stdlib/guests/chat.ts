// The guest `chat`: sends numbered messages on the first vchan of its bus, `--send N`, one `--every` so
// often; or takes them, `--expect N`, and says whether they came in order. With a vclock it is that which
// paces it.

import {
  FOREVER,
  Options,
  boot,
  now,
  print,
  put,
  putLine,
  putMilliseconds,
  putNumber,
  sleep,
  stopping,
} from "./sdk/index";
import { Ends } from "./chat/ends";
import { MESSAGE_BYTES_MIN, messageBytes, messageNumber, writeMessage } from "./chat/message";

const COUNT_MAX: i64 = 1_000_000_000_000;
/** Looks before it sleeps: about what a wake-up costs. */
const LOOKS: i32 = 100;
const HOUR: i64 = 3_600_000_000_000;
const NUMBER: string = "a number from 1 to 1000000000000";

const ends = new Ends();

export function main(): i32 {
  if (boot() < 0) return 1;
  const options = new Options("chat", "usage: chat --send N [--every DURATION] [--size SIZE] | --expect N");
  let send: i64 = 0;
  let expect: i64 = 0;
  let every: i64 = 0;
  let size: i64 = 64;
  while (options.next()) {
    if (options.is("--send")) send = options.number(NUMBER, 1, COUNT_MAX);
    else if (options.is("--expect")) expect = options.number(NUMBER, 1, COUNT_MAX);
    else if (options.is("--every")) every = options.duration("a duration up to 1h", 0, HOUR);
    else if (options.is("--size")) size = options.size("a size from 16B to 1MiB", MESSAGE_BYTES_MIN, 1 << 20);
    else options.unknown();
  }
  if (!options.failed && (send == 0) == (expect == 0)) options.refuse("needs --send or --expect");
  if (options.failed) return 2;
  ends.follow();
  if (!ends.channel.isOpen) {
    print("chat: there is no channel to use");
    return 1;
  }
  if (send > 0 && size > ends.channel.facts.messageMax) {
    print("chat: --size is more than the channel's message_max");
    return 2;
  }
  return send > 0 ? sendAll(send, every, <i32>size) : takeAll(expect);
}

function sendAll(count: i64, every: i64, size: i32): i32 {
  const start = now();
  let sent: i64 = 0;
  if (every > 0 && ends.clock.isOpen) ends.clock.period(every, start + every);
  while (!stopping() && !ends.gone) {
    const due = every == 0 ? count : min(count, 1 + (now() - start) / every);
    while (sent < due) {
      let buffer = ends.channel.reserve();
      if (buffer == 0) {
        ends.channel.flush();
        buffer = ends.channel.reserve();
      }
      if (buffer == 0) break;
      writeMessage(buffer, size, ++sent);
      ends.channel.post(size);
    }
    ends.channel.flush();
    if (sent == count && ends.channel.waiting == 0) return tellSent(sent);
    if (sent < due && ends.channel.reserve() != 0) continue; // There has been room since.
    rest(sent < due || sent == count ? FOREVER : start + sent * every);
  }
  tellSent(sent);
  return sent == count ? 0 : 1;
}

function tellSent(sent: i64): i32 {
  put("chat: sent ");
  putNumber(sent);
  if (ends.channel.refused > 0) {
    put(", of which the channel refused ");
    putNumber(ends.channel.refused);
  }
  putLine();
  return 0;
}

/** Sleeps until there is something to do, at `dueAt` at the latest. */
function rest(dueAt: i64): void {
  const channel = ends.channel;
  for (let looks = 0; looks < LOOKS; looks++) if (channel.look()) return;
  if (channel.prepareSleep() && !ends.changed && !stopping()) {
    const paced = ends.clock.isOpen || dueAt == FOREVER;
    sleep(min(channel.sleepNs, paced ? FOREVER : dueAt - now()));
  }
  channel.wake();
  ends.follow();
}

function takeAll(count: i64): i32 {
  let taken: i64 = 0;
  let last: i64 = 0;
  let wrong: i64 = 0;
  let start: i64 = 0;
  while (taken < count && !stopping() && !ends.gone) {
    while (taken < count && ends.channel.receive()) {
      if (taken == 0) start = now();
      let at = ends.channel.at;
      const end = at + ends.channel.length;
      for (
        let bytes = messageBytes(at, <i32>(end - at));
        bytes > 0;
        bytes = messageBytes(at, <i32>(end - at))
      ) {
        const number = messageNumber(at);
        // A sender that was there before begins somewhere.
        if (taken > 0 && number != last + 1) wrong++;
        last = number;
        taken++;
        at += bytes;
      }
      if (at < end) wrong++;
    }
    if (taken < count) rest(FOREVER);
  }
  put("chat: ");
  putNumber(taken);
  if (wrong == 0) put(" in order");
  else {
    put(", ");
    putNumber(wrong);
    put(" of them out of order");
  }
  put(" in ");
  putMilliseconds(now() - start);
  put(" ms");
  putLine();
  return taken >= count && wrong == 0 ? 0 : 1;
}
