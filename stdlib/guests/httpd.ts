// The guest `httpd`: a web server on every venet that its bus has. Serves a few pages, its own counts as JSON
// and any number of bytes, to as many at a time as there are connections. Runs until it is asked to stop.

import {
  FEATURE_RECONFIGURE,
  FOREVER,
  Hosts,
  NOTHING,
  Options,
  SEGMENT,
  Tcp,
  boot,
  now,
  ringBytes,
  stopping,
} from "./sdk/index";
import { Pages, ServerCounts } from "./httpd/pages";
import { Session } from "./httpd/session";

const CONNECTIONS: i32 = 16;
/** A request's head fits in; answers go out by more. */
const RECEIVE_BYTES: i32 = 8192;
const SEND_BYTES: i32 = ringBytes(CONNECTIONS, 65_536, 262_144);
/** Frames between two looks at the connections, as long as they keep coming. */
const SERVE_EVERY: i32 = 32;

const tcp = new Tcp(CONNECTIONS, RECEIVE_BYTES, SEND_BYTES);
const counts = new ServerCounts();
const pages = new Pages(tcp, counts);
const sessions = new StaticArray<Session>(CONNECTIONS);

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  const options = new Options("httpd", "usage: httpd [--port N] [--log]");
  let port: u32 = 80;
  let logs = false;
  while (options.next()) {
    if (options.is("--port")) port = <u32>options.number("a port from 1 to 65535", 1, 65_535);
    else if (options.is("--log")) logs = true;
    else options.unknown();
  }
  if (options.failed) return 2;
  for (let i = 0; i < CONNECTIONS; i++) {
    sessions[i] = new Session(pages, counts);
    sessions[i].logs = logs;
  }
  tcp.listen(port);
  const hosts = new Hosts("httpd", 0, true);
  let frames = 0;
  while (!stopping()) {
    const found = hosts.next();
    if (found == SEGMENT) tcp.receive(hosts.current);
    if (found != NOTHING && ++frames % SERVE_EVERY != 0) continue;
    const dueAt = min(serve(), tcp.step());
    if (found == NOTHING) hosts.rest(dueAt);
  }
  return 0;
}

/** Lets every connection go on, and answers when one of them is to be looked at again. */
export function serve(): i64 {
  for (let accepted = tcp.accept(); accepted != null; accepted = tcp.accept()) {
    sessions[accepted.index].begin(accepted);
  }
  const time = now();
  let dueAt = FOREVER;
  for (let i = 0; i < CONNECTIONS; i++) dueAt = min(dueAt, sessions[i].step(time));
  return dueAt;
}
