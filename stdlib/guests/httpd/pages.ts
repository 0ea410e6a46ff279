// What `httpd` serves: a few pages, its own counts, and as many bytes as somebody asks for.

import { BootText, Tcp, now, readNumber, textEquals } from "../sdk/index";
import { Writer } from "./writer";

/** What `/bytes/N` gives at most. */
const BYTES_MAX: i64 = 1 << 30;
const PAGE_MAX: i32 = 2048;

export class ServerCounts {
  requests: u64 = 0;
  /** By the class of what was answered. */
  served: u64 = 0;
  notFound: u64 = 0;
  refused: u64 = 0;
  bytes: u64 = 0;
}

/** The byte of `/bytes/N` at a place: `get` knows it too. */
export function patternAt(place: u32): u32 {
  return (place * 0x9e37_79b1) >> 24;
}

export class Pages {
  /** Of the page that `find` found: its type, its text, and how many bytes of the pattern follow. */
  type: string = "";
  body: Writer = new Writer(PAGE_MAX);
  pattern: i64 = 0;

  private tcp: Tcp;
  private counts: ServerCounts;
  private startedAt: i64 = now();

  constructor(tcp: Tcp, counts: ServerCounts) {
    this.tcp = tcp;
    this.counts = counts;
  }

  /** False: there is no such page. What stands behind a `?` is not looked at. */
  find(target: BootText): bool {
    let length = 0;
    while (length < target.length && load<u8>(target.at + length) != 63 /* ? */) length++;
    this.body.clear();
    this.pattern = 0;
    this.type = "text/html; charset=utf-8";
    if (textEquals(target.at, length, "/")) this.home();
    else if (textEquals(target.at, length, "/about")) this.about();
    else if (textEquals(target.at, length, "/stats.json")) this.stats();
    else return this.bytes(target.at, length);
    return true;
  }

  private home(): void {
    this.body.text("<!doctype html>\n<title>httpd</title>\n<h1>A web server in a guest</h1>\n<ul>\n");
    this.body.text('<li><a href="/about">What this is</a>\n');
    this.body.text('<li><a href="/stats.json">What it has done so far</a>\n');
    this.body.text('<li><a href="/bytes/1000000">A million bytes</a>\n</ul>\n');
  }

  private about(): void {
    this.body.text("<!doctype html>\n<title>httpd</title>\n<p>");
    this.body.text("A WebAssembly guest of AlacrityVM, with an Ethernet device and nothing else: ");
    this.body.text("ARP, IPv4, TCP and HTTP are its own.\n");
  }

  private stats(): void {
    const segments = this.tcp.counts;
    const counts = this.counts;
    this.type = "application/json";
    this.body.text('{"uptimeMs":');
    this.body.number((now() - this.startedAt) / 1_000_000);
    this.number(',"requests":', counts.requests);
    this.number(',"served":', counts.served);
    this.number(',"notFound":', counts.notFound);
    this.number(',"refused":', counts.refused);
    this.number(',"bytes":', counts.bytes);
    this.number(',"connections":{"open":', this.tcp.open);
    this.number(',"places":', this.tcp.places);
    this.number(',"accepted":', segments.accepted);
    this.number(',"broken":', segments.broken);
    this.number('},"segments":{"in":', segments.segmentsIn);
    this.number(',"out":', segments.segmentsOut);
    this.number(',"retransmits":', segments.retransmits);
    this.body.text("}}\n");
  }

  private number(name: string, value: u64): void {
    this.body.text(name);
    this.body.number(value);
  }

  private bytes(at: usize, length: i32): bool {
    const head = "/bytes/";
    if (length <= head.length || !textEquals(at, head.length, head)) return false;
    const count = readNumber(at + head.length, length - head.length);
    if (count < 0 || count > BYTES_MAX) return false;
    this.type = "application/octet-stream";
    this.pattern = count;
    return true;
  }
}
