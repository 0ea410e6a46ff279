// TCP for a guest: its connections, whom a segment is for, and who is let in. A guest hands it the segments
// that `Hosts.next` or `Stack.next` told of, deals with its connections, and calls `step` before it rests.
// Windows scale (RFC 7323); no selective acknowledgements, no timestamps: a reader of RFC 9293 finds its way.

import { FOREVER, now, wallNow } from "../events";
import { Stack } from "./stack";
import { TcpConnection } from "./tcp-connection";
import * as state from "./tcp-link";
import { TcpCounts } from "./tcp-link";
import * as tcp from "./tcp-segment";

const LISTENERS_MAX: i32 = 8;
const PORT_FIRST: u32 = 49_152;
const PORT_MASK: u32 = 0x3fff;
/** A half-open connection has this long before it may lose its place to another. */
const HALF_OPEN_NS: i64 = 1_000_000_000;

export class Tcp {
  counts: TcpCounts = new TcpCounts();
  private connections: StaticArray<TcpConnection>;
  private listeners: StaticArray<u32> = new StaticArray<u32>(LISTENERS_MAX);
  private secret: u64;
  private nextPort: u32;

  /** Room for so many connections at a time, with buffers of these sizes: powers of two. */
  constructor(connections: i32, receiveBytes: i32, sendBytes: i32) {
    this.connections = new StaticArray<TcpConnection>(connections);
    for (let i = 0; i < connections; i++) {
      this.connections[i] = new TcpConnection(i, this.counts, receiveBytes, sendBytes);
    }
    this.secret = mix((<u64>wallNow()) ^ mix(<u64>now()));
    this.nextPort = (<u32>this.secret) & PORT_MASK;
  }

  /** Lets others connect to a port. False: there are too many such ports. */
  listen(port: u32): bool {
    for (let i = 0; i < LISTENERS_MAX; i++) {
      if (this.listeners[i] != 0 && this.listeners[i] != port) continue;
      this.listeners[i] = port;
      return true;
    }
    return false;
  }

  /** A connection that somebody has made and that nobody has accepted, or null. It is the caller's then. */
  accept(): TcpConnection | null {
    for (let i = 0; i < this.connections.length; i++) {
      const connection = this.connections[i];
      if (!connection.fresh) continue;
      connection.fresh = false;
      // Gone before anybody came to it.
      if (connection.state == state.CLOSED) continue;
      connection.owned = true;
      this.counts.accepted++;
      return connection;
    }
    return null;
  }

  /** Begins to connect; null where all places are taken. The connection is the caller's. */
  connect(stack: Stack, ip: u32, port: u32): TcpConnection | null {
    const time = now();
    const connection = this.place(time);
    if (connection == null) return null;
    // Bound: as many ports as there can be connections, and one.
    let local = PORT_FIRST + this.nextPort;
    for (let i = 0; i <= this.connections.length && this.find(ip, port, local) != null; i++) {
      this.nextPort = (this.nextPort + 1) & PORT_MASK;
      local = PORT_FIRST + this.nextPort;
    }
    this.nextPort = (this.nextPort + 1) & PORT_MASK;
    connection.openActive(stack, ip, port, local, this.initial(ip, port, local, time), time);
    return connection;
  }

  /** Takes the segment that `stack` has told of last. */
  receive(stack: Stack): void {
    const at = stack.segmentAt;
    const ip = stack.segmentFrom;
    const time = now();
    const flags = tcp.flagsOf(at);
    const port = tcp.sourcePort(at);
    const localPort = tcp.targetPort(at);
    this.counts.segmentsIn++;
    const asks = (flags & (tcp.SYN | tcp.ACK | tcp.RST)) == tcp.SYN && port != 0;
    const known = this.find(ip, port, localPort);
    if (known != null && !(asks && known.renews(at))) {
      if (known.stack == stack) known.receive(at, stack.segmentBytes, time);
      return;
    }
    if (asks && this.listens(localPort)) {
      const connection = known != null ? known : this.place(time);
      // All places are taken: who asks will ask again.
      if (connection == null) return;
      connection.openPassive(stack, ip, localPort, this.initial(ip, port, localPort, time), time);
    } else if ((flags & tcp.RST) == 0) {
      this.reject(stack, flags);
    }
  }

  /**
   * Sends what is due, and answers when to be asked again on the clock. After the guest has read and written.
   */
  step(): i64 {
    const time = now();
    let dueAt = FOREVER;
    for (let i = 0; i < this.connections.length; i++) {
      const connection = this.connections[i];
      if (connection.state == state.CLOSED) continue;
      dueAt = min(dueAt, connection.step(time));
    }
    // Together, so that the host is called once for all.
    for (let i = 0; i < this.connections.length; i++) {
      if (this.connections[i].state != state.CLOSED) this.connections[i].stack.flush();
    }
    return dueAt;
  }

  /** How many connections there can be. */
  get places(): i32 {
    return this.connections.length;
  }

  /** How many are open now. */
  get open(): i32 {
    let count = 0;
    for (let i = 0; i < this.connections.length; i++) {
      const current = this.connections[i].state;
      if (current >= state.ESTABLISHED && current != state.TIME_WAIT) count++;
    }
    return count;
  }

  private find(ip: u32, port: u32, localPort: u32): TcpConnection | null {
    for (let i = 0; i < this.connections.length; i++) {
      if (this.connections[i].is(ip, port, localPort)) return this.connections[i];
    }
    return null;
  }

  private listens(port: u32): bool {
    for (let i = 0; i < LISTENERS_MAX; i++) if (this.listeners[i] == port && port != 0) return true;
    return false;
  }

  /** A place for a connection: a free one, else one that has been half open for long. */
  private place(time: i64): TcpConnection | null {
    let waits: TcpConnection | null = null;
    let halfOpen: TcpConnection | null = null;
    for (let i = 0; i < this.connections.length; i++) {
      const connection = this.connections[i];
      if (connection.free && connection.state == state.CLOSED) return connection;
      if (connection.free && (waits == null || connection.openedAt < waits.openedAt)) waits = connection;
      if (connection.state != state.SYN_RECEIVED || time - connection.openedAt < HALF_OPEN_NS) continue;
      if (halfOpen == null || connection.openedAt < halfOpen.openedAt) halfOpen = connection;
    }
    return waits != null ? waits : halfOpen;
  }

  /** Nobody here has such a connection: a reset says so (RFC 9293, 3.10.7.1). */
  private reject(stack: Stack, flags: u32): void {
    const at = stack.segmentAt;
    const reply = stack.startSegment(stack.segmentMac, stack.segmentFrom, tcp.TCP_BYTES);
    if (reply == 0) return;
    const payload = stack.segmentBytes - tcp.headerBytes(at);
    if ((flags & tcp.ACK) != 0) tcp.writeTcp(reply, tcp.acknowledgeOf(at), 0, tcp.RST, 0);
    else {
      const length = payload + ((flags & tcp.SYN) != 0 ? 1 : 0) + ((flags & tcp.FIN) != 0 ? 1 : 0);
      tcp.writeTcp(reply, 0, tcp.sequenceOf(at) + length, tcp.RST | tcp.ACK, 0);
    }
    stack.sendSegment(tcp.targetPort(at), tcp.sourcePort(at));
    this.counts.segmentsOut++;
  }

  /**
   * Where a connection's numbers begin: they grow with the clock, every 4 us, from a place of each pair of
   * ends (RFC 6528). The secret is of the clocks only: it keeps old segments apart, and no attacker out.
   */
  private initial(ip: u32, port: u32, localPort: u32, time: i64): u32 {
    return <u32>(time / 4000) + <u32>mix(this.secret ^ ((<u64>ip) << 32) ^ ((<u64>port) << 16) ^ localPort);
  }
}

/** Spreads every bit over all (the finaliser of MurmurHash3). */
function mix(value: u64): u64 {
  let bits = value;
  bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccd;
  bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53;
  return bits ^ (bits >> 33);
}
