// The guest `get`: asks a web server for a page, once or often, and prints what came of it. Ends with 0 if
// every answer was a good one (2xx) and whole, 1 if not, 2 for wrong arguments.

import {
  CLOSED,
  ENDED_REFUSED,
  ENDED_SILENT,
  ESTABLISHED,
  FEATURE_RECONFIGURE,
  NOTHING,
  SEGMENT,
  STATION_OPEN,
  STATION_UNKNOWN,
  Station,
  Tcp,
  TcpConnection,
  boot,
  now,
  put,
  putGrouped,
  putIp,
  putLine,
  putNumber,
  ringBytes,
  stopping,
} from "./sdk/index";
import { DONE, GOES_ON, Request } from "./get/request";
import { Settings } from "./get/settings";

const TX_BUFFERS: i32 = 64;
/** One that talks, and a second place for one that a server has ended and that waits for old segments. */
const CONNECTIONS: i32 = 2;
const RECEIVE_BYTES: i32 = ringBytes(CONNECTIONS, 65_536, 262_144);
const SEND_BYTES: i32 = 4096;
/** Who was refused calls again after this: the server may be booting. */
const RETRY_NS: i64 = 50_000_000;

const station = new Station("get");
const settings = new Settings();
const tcp = new Tcp(CONNECTIONS, RECEIVE_BYTES, SEND_BYTES);
const request = new Request(settings);
let requests: i32 = 0;
let good: i32 = 0;

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  if (!settings.read()) return 2;
  const opened = station.open(settings.device, TX_BUFFERS);
  if (opened == STATION_UNKNOWN) settings.refuse("there is no such network device");
  if (opened != STATION_OPEN) return opened == STATION_UNKNOWN ? 2 : 1;
  station.stack.takesSegments = true;
  const startedAt = now();
  let connection = connect(startedAt + settings.patienceNs);
  while (connection != null && requests < settings.count) {
    if (!ask(connection)) break;
    if (!request.last || requests == settings.count) continue;
    connection.close();
    connection = connect(now() + settings.patienceNs);
  }
  if (connection != null) leave(connection);
  if (settings.count > 1) printEnd();
  return good == settings.count ? 0 : 1;
}

/** Connects, for as long as patience lasts; null: nobody has answered, and the log says so. */
function connect(endAt: i64): TcpConnection | null {
  let ended = ENDED_SILENT;
  while (!stopping() && now() < endAt) {
    const connection = tcp.connect(station.stack, settings.to, settings.port);
    if (connection == null) break;
    while (connection.state != ESTABLISHED && connection.state != CLOSED && now() < endAt) {
      if (!move(endAt)) break;
    }
    if (connection.state == ESTABLISHED) return connection;
    ended = connection.ended;
    connection.abort();
    const againAt = min(now() + RETRY_NS, endAt);
    while (now() < againAt && move(againAt));
    if (station.stack.gone) break;
  }
  put("get: ");
  putIp(settings.to);
  put(" port ");
  putNumber(settings.port);
  put(ended == ENDED_REFUSED ? " refuses connections" : " does not answer");
  putLine();
  return null;
}

/** Asks once. False: that was the last time, and the log says why. */
function ask(connection: TcpConnection): bool {
  request.begin(connection);
  requests++;
  let outcome = GOES_ON;
  let heard = request.received;
  let endAt = now() + settings.patienceNs;
  while (outcome == GOES_ON && now() < endAt && move(endAt)) {
    outcome = request.step(connection);
    if (request.received == heard) continue;
    heard = request.received;
    endAt = now() + settings.patienceNs;
  }
  if (outcome == DONE) {
    request.print();
    if (request.well) good++;
    return true;
  }
  put("get: ");
  putGrouped(request.received);
  put(outcome == GOES_ON ? " bytes, then nothing more came" : " bytes, then no more of an answer");
  putLine();
  return false;
}

/** Ends the connection well, as long as that takes no time to speak of. */
function leave(connection: TcpConnection): void {
  const endAt = now() + RETRY_NS * 4;
  connection.close();
  while (connection.state != CLOSED && !connection.free && now() < endAt && move(endAt));
}

/** Deals with all that has come, sends what is due, and rests until more comes. False: it is over. */
export function move(endAt: i64): bool {
  const dueAt = min(tcp.step(), endAt);
  const stack = station.stack;
  if (!stack.venet.ready()) station.rest(dueAt);
  for (let found = stack.next(); found != NOTHING; found = stack.next()) {
    if (found == SEGMENT) tcp.receive(stack);
  }
  return !stopping() && station.follow();
}

function printEnd(): void {
  putGrouped(requests);
  put(" requests, ");
  putGrouped(good);
  put(" answered well");
  putLine();
}
