// One request of `get` and its answer, on a connection that is there: written, then read as it comes.

import {
  BootText,
  TcpConnection,
  now,
  put,
  putByte,
  putBytes,
  putGrouped,
  putLine,
  putMilliseconds,
  putNumber,
  readNumber,
  textEquals,
} from "../sdk/index";
import { Head, equalsAnyCase } from "../httpd/head";
import { HEAD_MAX, HeadSearch } from "../httpd/heads";
import { patternAt } from "../httpd/pages";
import { Writer } from "../httpd/writer";
import { Settings } from "./settings";

/** How far a request is: on its way, done, or never to be done. */
export const GOES_ON: i32 = 0;
export const DONE: i32 = 1;
export const BROKEN: i32 = 2;

const CHUNK: i32 = 4096;
const value = new BootText();
const scratch = heap.alloc(HEAD_MAX);

export class Request {
  status: i32 = 0;
  /** Bytes of the body that have come. */
  received: i64 = 0;
  startedAt: i64 = 0;
  /** The server wants no more requests on this connection. */
  last: bool = false;

  private settings: Settings;
  private writer: Writer = new Writer(2048);
  private head: Head = new Head();
  private search: HeadSearch = new HeadSearch();
  /** Of the body; -1: until the connection's end. */
  private length: i64 = 0;
  private wrong: i64 = 0;
  private checks: bool = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Writes the request. */
  begin(connection: TcpConnection): void {
    const path = this.settings.path;
    const writer = this.writer;
    this.status = 0;
    this.received = this.wrong = 0;
    this.search.begin();
    this.startedAt = now();
    const head = "/bytes/";
    this.checks = path.length > head.length && textEquals(path.at, head.length, head);
    writer.clear();
    writer.text("GET ");
    if (path.at == 0) writer.text("/");
    else writer.bytes(path.at, path.length);
    writer.text(" HTTP/1.1\r\nHost: ");
    for (let shift = 24; shift >= 0; shift -= 8) {
      writer.number((this.settings.to >> shift) & 255);
      if (shift > 0) writer.text(".");
    }
    writer.text("\r\nUser-Agent: vbus-get\r\n\r\n");
    connection.write(writer.at, writer.length);
  }

  /** Reads what has come. */
  step(connection: TcpConnection): i32 {
    if (this.status == 0) {
      const length = this.search.find(connection);
      if (length == 0) return connection.atEnd ? BROKEN : GOES_ON;
      if (length < 0) return BROKEN;
      connection.read(scratch, length);
      if (!this.readHead(length)) return BROKEN;
    }
    while (this.received != this.length && connection.readable > 0) this.readBody(connection);
    if (this.received == this.length) return DONE;
    if (!connection.atEnd) return GOES_ON;
    this.last = true;
    return this.length < 0 ? DONE : BROKEN;
  }

  /** All that was asked for has come as it should. */
  get well(): bool {
    return this.status >= 200 && this.status < 300 && this.wrong == 0;
  }

  print(): void {
    putNumber(this.status);
    put(": ");
    putGrouped(this.received);
    put(" bytes in ");
    putMilliseconds(now() - this.startedAt);
    put(" ms");
    if (this.checks && this.wrong > 0) {
      put(", ");
      putGrouped(this.wrong);
      put(" of them wrong");
    }
    putLine();
  }

  private readHead(length: i32): bool {
    const head = this.head;
    if (!head.read(scratch, length)) return false;
    const version = head.first;
    if (version.length < 8 || !textEquals(version.at, 7, "HTTP/1.")) return false;
    const status = readNumber(head.second.at, head.second.length);
    if (status < 200 || status > 599) return false;
    this.status = <i32>status;
    this.length = -1;
    if (head.field("content-length", 0, value)) {
      this.length = readNumber(value.at, value.length);
      if (this.length < 0) return false;
    }
    this.last = head.field("connection", 0, value) && equalsAnyCase(value.at, value.length, "close");
    return !head.field("transfer-encoding", 0, value);
  }

  private readBody(connection: TcpConnection): void {
    const most = this.length < 0 ? <i64>CHUNK : min<i64>(this.length - this.received, CHUNK);
    const bytes = connection.read(scratch, <i32>most);
    if (this.checks && this.status == 200) {
      for (let i = 0; i < bytes; i++) {
        if (load<u8>(scratch + i) != <u8>patternAt(<u32>this.received + i)) this.wrong++;
      }
    }
    if (this.settings.shows) this.show(bytes);
    this.received += bytes;
    if (this.settings.shows && this.received == this.length) putLine();
  }

  private show(bytes: i32): void {
    for (let i = 0; i < bytes; i++) {
      const byte = load<u8>(scratch + i);
      if (byte == 10) putLine();
      else if (byte >= 32 || byte == 9) putByte(byte);
    }
  }
}
