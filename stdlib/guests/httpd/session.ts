// One connection of `httpd`: reads requests, answers each, and lets go of who is too slow. HTTP/1.1 and 1.0
// (RFC 9112): GET and HEAD, no bodies in requests.

import {
  BootText,
  CLOSED,
  FOREVER,
  TcpConnection,
  now,
  put,
  putBytes,
  putIp,
  putLine,
  putNumber,
  textEquals,
} from "../sdk/index";
import { Head, equalsAnyCase } from "./head";
import { HEAD_MAX, HeadSearch } from "./heads";
import { Pages, ServerCounts, patternAt } from "./pages";
import { Writer } from "./writer";

/** A request, or the reading of an answer, goes on within this. */
const PATIENCE: i64 = 30_000_000_000;
/** Room for an answer's head and a page. */
const ANSWER_MAX: i32 = 4096;
const CHUNK: i32 = 4096;

const head = new Head();
const value = new BootText();
const answer = new Writer(ANSWER_MAX);
const scratch = heap.alloc(HEAD_MAX);
const chunk = heap.alloc(CHUNK);

export class Session {
  /** The connection, while there is one. */
  connection: TcpConnection | null = null;
  logs: bool = false;

  private pages: Pages;
  private counts: ServerCounts;
  private search: HeadSearch = new HeadSearch();
  private patienceEndsAt: i64 = 0;
  /** What is still to be sent of the pattern, and where in it. */
  private left: i64 = 0;
  private place: u32 = 0;
  private last: bool = false;

  constructor(pages: Pages, counts: ServerCounts) {
    this.pages = pages;
    this.counts = counts;
  }

  begin(connection: TcpConnection): void {
    this.connection = connection;
    this.left = 0;
    this.last = false;
    this.search.begin();
    this.patienceEndsAt = now() + PATIENCE;
  }

  /** Goes on as far as it can, and answers when its patience ends. */
  step(time: i64): i64 {
    const connection = this.connection;
    if (connection == null) return FOREVER;
    let sent = this.send(connection, time);
    // Bound: each round answers a request that is there, and what it writes needs room.
    while (sent && !this.last && connection.room >= ANSWER_MAX && this.readRequest(connection)) {
      this.patienceEndsAt = time + PATIENCE;
      sent = this.send(connection, time);
    }
    if (connection.state == CLOSED || (sent && (this.last || connection.atEnd)))
      return this.close(connection);
    if (time < this.patienceEndsAt) return this.patienceEndsAt;
    if (connection.drained) return this.close(connection);
    connection.abort();
    this.connection = null;
    return FOREVER;
  }

  private close(connection: TcpConnection): i64 {
    connection.close();
    this.connection = null;
    return FOREVER;
  }

  /** Sends what is left of the pattern. True: nothing is. */
  private send(connection: TcpConnection, time: i64): bool {
    while (this.left > 0 && connection.room > 0) {
      const bytes = <i32>min<i64>(min(connection.room, CHUNK), this.left);
      for (let i = 0; i < bytes; i++) store<u8>(chunk + i, patternAt(this.place + i));
      connection.write(chunk, bytes);
      this.place += bytes;
      this.left -= bytes;
      this.counts.bytes += bytes;
      this.patienceEndsAt = time + PATIENCE;
    }
    return this.left == 0;
  }

  /** Reads and answers one request. False: there is no whole one. */
  private readRequest(connection: TcpConnection): bool {
    const length = this.search.find(connection);
    if (length == 0) return false;
    this.search.begin();
    this.counts.requests++;
    if (length < 0) {
      this.last = true;
      this.refuse(connection, "431 Request Header Fields Too Large");
      return true;
    }
    connection.read(scratch, length);
    if (!head.read(scratch, length) || !this.sound()) {
      this.last = true;
      this.refuse(connection, "400 Bad Request");
      return true;
    }
    this.last = !this.stays();
    this.answerRequest(connection);
    return true;
  }

  /** The request is one of HTTP/1.1 or 1.0, for a page, and without a body. */
  private sound(): bool {
    const version = head.third;
    const modern = textEquals(version.at, version.length, "HTTP/1.1");
    if (!modern && !textEquals(version.at, version.length, "HTTP/1.0")) return false;
    if (load<u8>(head.second.at) != 47 /* / */) return false;
    if (modern && (!head.field("host", 0, value) || head.field("host", 1, value))) return false;
    if (head.field("transfer-encoding", 0, value)) return false;
    return !head.field("content-length", 0, value) || textEquals(value.at, value.length, "0");
  }

  /** More requests may follow on this connection. */
  private stays(): bool {
    const modern = textEquals(head.third.at, head.third.length, "HTTP/1.1");
    if (!head.field("connection", 0, value)) return modern;
    if (equalsAnyCase(value.at, value.length, "close")) return false;
    return modern || equalsAnyCase(value.at, value.length, "keep-alive");
  }

  private answerRequest(connection: TcpConnection): void {
    const isGet = textEquals(head.first.at, head.first.length, "GET");
    if (!isGet && !textEquals(head.first.at, head.first.length, "HEAD")) {
      return this.refuse(connection, "405 Method Not Allowed");
    }
    const pages = this.pages;
    if (!pages.find(head.second)) {
      this.counts.notFound++;
      return this.write(connection, "404 Not Found", "text/plain", 0, isGet);
    }
    this.counts.served++;
    this.write(connection, "200 OK", pages.type, pages.pattern, isGet);
  }

  private refuse(connection: TcpConnection, status: string): void {
    this.counts.refused++;
    this.write(connection, status, "text/plain", 0, true);
  }

  /** Writes an answer: the page that was found, or where it is none, the status once more. */
  private write(connection: TcpConnection, status: string, type: string, pattern: i64, body: bool): void {
    const page = this.pages.body;
    const found = status.charCodeAt(0) == 50; /* 2 */
    const length = found ? <i64>page.length + pattern : <i64>status.length + 1;
    answer.clear();
    answer.text("HTTP/1.1 ");
    answer.text(status);
    answer.text("\r\nServer: vbus-httpd\r\nContent-Type: ");
    answer.text(type);
    answer.text("\r\nContent-Length: ");
    answer.number(length);
    if (status.startsWith("405")) answer.text("\r\nAllow: GET, HEAD");
    if (this.last) answer.text("\r\nConnection: close");
    answer.text("\r\n\r\n");
    if (body && found) answer.bytes(page.at, page.length);
    if (body && !found) {
      answer.text(status);
      answer.text("\n");
    }
    connection.write(answer.at, answer.length);
    this.counts.bytes += answer.length;
    this.left = body ? pattern : 0;
    this.place = 0;
    if (this.logs) this.tell(connection, status);
  }

  private tell(connection: TcpConnection, status: string): void {
    putIp(connection.remoteIp);
    put(" ");
    // What is no request has no words that could be shown.
    if (status.startsWith("4") && this.last) put("-");
    else {
      putBytes(head.first.at, min(head.first.length, 16));
      put(" ");
      putBytes(head.second.at, min(head.second.length, 256));
    }
    put(" ");
    put(status);
    if (this.left > 0) {
      put(", ");
      putNumber(this.left);
      put(" bytes");
    }
    putLine();
  }
}
