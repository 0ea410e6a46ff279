// The language of filters: a part of pcap-filter(7), read into a function of a frame. What is accepted means
// here what it means there; what isn't is refused with its place and what to write.

import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX } from "../limits.ts";
import {
  PROTOCOL,
  both,
  carries,
  either,
  isArp,
  isAtLeast,
  isAtMost,
  isHost,
  isHost6,
  isIcmp,
  isIcmp6,
  isIp,
  isIp6,
  isMulticast,
  isPort,
  isRarp,
  isStation,
  isTagged,
  negated,
  type Check,
  type FilteredFrame,
  type Way,
} from "./filter-checks.ts";
import { readIp, readIp6, readMac } from "./filter-addresses.ts";

/** Whether a frame fits. */
export type Filter = (frame: FilteredFrame) => boolean;

/** What is wrong with a filter, and at which letter of it, from 0. */
export interface FilterError {
  readonly message: string;
  readonly at: number;
}

export type FilterReading =
  { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly error: FilterError };

/** Reads a filter. Never throws. */
export function readFilter(text: string): FilterReading {
  try {
    const check = new Parser(text).read();
    return { ok: true, filter: (frame) => check(frame) === 1 };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, error: { message: error.message, at: error.at } };
    throw error;
  }
}

class Wrong extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface Word {
  readonly text: string;
  readonly at: number;
}

const WORD = /\s*(&&|\|\||[!()]|[^\s!()&|]+|.)/gsuy;
const PRIMITIVES =
  "arp, rarp, ip, ip6, icmp, icmp6, tcp, udp, host, net, port, src, dst, ether, broadcast, multicast, vlan, less or greater";
/** Words of pcap-filter(7) that stand before an address, or are one's kind. */
const KINDS = ["host", "net", "port"] as const;
type Kind = (typeof KINDS)[number];
const TAG_BYTES = 4;
const NUMBER_MAX = 0xffff_ffff;

class Parser {
  readonly #words: readonly Word[];
  readonly #end: number;
  #next = 0;
  #depth = 0;
  /** Bytes of the tags that `vlan` has gone past: what stands behind it looks behind them. */
  #behind = 0;

  constructor(text: string) {
    if (text.length > FILTER_LENGTH_MAX) {
      throw new Wrong(`a filter has at most ${FILTER_LENGTH_MAX} letters`, FILTER_LENGTH_MAX);
    }
    this.#words = [...text.matchAll(WORD)].flatMap((match) => {
      const [whole, word = ""] = match;
      return word.trim() === "" ? [] : [{ text: word, at: match.index + whole.length - word.length }];
    });
    this.#end = text.trimEnd().length;
  }

  read(): Check {
    if (this.#words.length === 0) throw new Wrong(`a filter is missing: ${PRIMITIVES}`, 0);
    const check = this.#expression();
    const left = this.#peek();
    if (left?.text === ")") throw new Wrong("this `)` closes nothing", left.at);
    if (left) throw new Wrong(`\`and\` or \`or\` is missing before \`${left.text}\``, left.at);
    return check;
  }

  /** `and` and `or` bind alike, from the left: so says pcap-filter(7). */
  #expression(): Check {
    let check = this.#term();
    // Bound: each turn takes a word or ends.
    for (;;) {
      const word = this.#peek()?.text;
      const [isAnd, isOr] = [word === "and" || word === "&&", word === "or" || word === "||"];
      if (!isAnd && !isOr) return check;
      this.#next++;
      const right = this.#term();
      check = isAnd ? both(check, right) : either(check, right);
    }
  }

  #term(): Check {
    const word = this.#take(PRIMITIVES);
    if (word.text === "not" || word.text === "!") return this.#deeper(word, () => negated(this.#term()));
    if (word.text !== "(") return this.#primitive(word);
    return this.#deeper(word, () => {
      const inner = this.#expression();
      const close = this.#peek();
      if (!close) throw new Wrong("this `(` is not closed", word.at);
      if (close.text !== ")") {
        throw new Wrong(`\`and\`, \`or\` or \`)\` is missing before \`${close.text}\``, close.at);
      }
      this.#next++;
      return inner;
    });
  }

  #deeper(word: Word, read: () => Check): Check {
    if (++this.#depth > FILTER_DEPTH_MAX) {
      throw new Wrong(`more than ${FILTER_DEPTH_MAX} \`(\` and \`not\` inside one another`, word.at);
    }
    const check = read();
    this.#depth--;
    return check;
  }

  #primitive(word: Word): Check {
    const behind = this.#behind;
    switch (word.text) {
      case "arp":
        return isArp(behind);
      case "rarp":
        return isRarp(behind);
      case "ip":
        return isIp(behind);
      case "ip6":
        return isIp6(behind);
      case "icmp":
        return isIcmp(behind);
      case "icmp6":
        return isIcmp6(behind);
      case "tcp":
      case "udp":
        return this.#transport(PROTOCOL[word.text]);
      case "host":
      case "net":
      case "port":
        return this.#addressed(word.text, "both");
      case "src":
      case "dst":
        return this.#addressed(this.#kind(word), word.text);
      case "ether":
        return this.#ether();
      case "broadcast":
        return isStation(BROADCAST, "dst");
      case "multicast":
        return isMulticast;
      case "vlan":
        return this.#vlan();
      case "greater":
        return isAtLeast(this.#number("a length", NUMBER_MAX));
      case "less":
        return isAtMost(this.#number("a length", NUMBER_MAX));
      default:
        throw new Wrong(`\`${word.text}\` is no word of a filter; known are ${PRIMITIVES}`, word.at);
    }
  }

  /** `tcp`, or `tcp port 80`, `tcp src port 80`. */
  #transport(protocol: number): Check {
    const [word, behind] = [this.#peek()?.text, this.#peek(1)?.text];
    if (word === "port") {
      this.#next++;
      return this.#port([protocol], "both");
    }
    if ((word === "src" || word === "dst") && behind === "port") {
      this.#next += 2;
      return this.#port([protocol], word);
    }
    return carries(protocol, this.#behind);
  }

  #kind(before: Word): Kind {
    const word = this.#take("host, net or port");
    const kind = KINDS.find((known) => known === word.text);
    if (kind === undefined) {
      throw new Wrong(`after \`${before.text}\` stands host, net or port, not \`${word.text}\``, word.at);
    }
    return kind;
  }

  #addressed(kind: Kind, way: Way): Check {
    if (kind === "port") return this.#port([PROTOCOL.udp, PROTOCOL.tcp, PROTOCOL.sctp], way);
    return kind === "host" ? this.#host(way) : this.#net(way);
  }

  #host(way: Way): Check {
    const word = this.#take("an address, such as 10.0.0.1");
    const ip = readIp(word.text);
    if (ip) return isHost(ip, maskOf(32, 4), way, this.#behind);
    const ip6 = readIp6(word.text);
    if (ip6) return isHost6(ip6, maskOf(128, 16), way, this.#behind);
    throw new Wrong(`\`${word.text}\` is no address; one is such as 10.0.0.1 or fd00::1`, word.at);
  }

  #net(way: Way): Check {
    const word = this.#take("a network, such as 10.0.0.0/24");
    const [, address = "", prefix = ""] = /^(.*)\/(\d{1,3})$/.exec(word.text) ?? [];
    const [ip, ip6] = [readIp(address), readIp6(address)];
    const bytes = ip ?? ip6;
    if (!bytes || Number(prefix) > bytes.length * 8) {
      throw new Wrong(`\`${word.text}\` is no network; one is such as 10.0.0.0/24`, word.at);
    }
    const mask = maskOf(Number(prefix), bytes.length);
    const first = bytes.map((byte, index) => byte & (mask[index] as number));
    if (first.some((byte, index) => byte !== bytes[index])) {
      throw new Wrong(`\`${word.text}\` has bits beyond its /${prefix}`, word.at);
    }
    return (ip ? isHost : isHost6)(bytes, mask, way, this.#behind);
  }

  #port(protocols: readonly number[], way: Way): Check {
    return isPort(this.#number("a port", 0xffff), protocols, way, this.#behind);
  }

  #ether(): Check {
    const word = this.#take("host, src, dst, broadcast or multicast");
    switch (word.text) {
      case "broadcast":
        return isStation(BROADCAST, "dst");
      case "multicast":
        return isMulticast;
      case "host":
        return this.#station("both");
      case "src":
      case "dst":
        if (this.#peek()?.text === "host") this.#next++;
        return this.#station(word.text);
      default:
        throw new Wrong(
          `after \`ether\` stands host, src, dst, broadcast or multicast, not \`${word.text}\``,
          word.at,
        );
    }
  }

  #station(way: Way): Check {
    const word = this.#take("a MAC address, such as 02:00:00:00:00:01");
    const mac = readMac(word.text);
    if (mac) return isStation(mac, way);
    throw new Wrong(`\`${word.text}\` is no MAC address; one is such as 02:00:00:00:00:01`, word.at);
  }

  #vlan(): Check {
    const named = /^\d+$/.test(this.#peek()?.text ?? "");
    const check = isTagged(named ? this.#number("a VLAN", 4095) : undefined, this.#behind);
    this.#behind += TAG_BYTES;
    return check;
  }

  #number(what: string, most: number): number {
    const word = this.#take(`${what}, a number`);
    if (!/^\d{1,10}$/.test(word.text) || Number(word.text) > most) {
      throw new Wrong(`${what} is a number up to ${most}, not \`${word.text}\``, word.at);
    }
    return Number(word.text);
  }

  #peek(ahead = 0): Word | undefined {
    return this.#words[this.#next + ahead];
  }

  #take(what: string): Word {
    const word = this.#peek();
    if (!word) throw new Wrong(`the filter ends where ${what} should stand`, this.#end);
    this.#next++;
    return word;
  }
}

const BROADCAST = [255, 255, 255, 255, 255, 255];

function maskOf(prefix: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8));
    return (0xff << (8 - bits)) & 0xff;
  });
}
