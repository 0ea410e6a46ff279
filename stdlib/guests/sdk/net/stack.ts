// A small IPv4 host on one venet: answers ARP, ICMP echo and UDP echo, and hands on the answers to its own
// pings, the datagrams for its port, and TCP segments. Not here: fragments, connections (`tcp.ts` has them),
// routing beyond the gateway. Takes a frame only where its answer would have room, so that a slow link holds
// the sender up instead of losing answers.

import { CHANGE_RECONFIGURE } from "../abi";
import { Change } from "../devices";
import { FOREVER } from "../events";
import { Venet } from "../venet";
import * as arp from "./arp";
import * as ethernet from "./ethernet";
import * as icmp from "./icmp";
import * as ipv4 from "./ipv4";
import * as tcp from "./tcp-segment";
import * as udp from "./udp";

/** What `next` found: nothing; a frame that is dealt with; an answer to an echo; a datagram; a segment. */
export const NOTHING: i32 = 0;
export const DEALT_WITH: i32 = 1;
export const ECHO_ANSWER: i32 = 2;
export const DATAGRAM: i32 = 3;
export const SEGMENT: i32 = 4;

/** New rings that wait for a sender to leave the old ones are asked for so often, nanoseconds. */
const RECONFIGURE_RETRY: i64 = 1_000_000;

export class Stack {
  venet: Venet = new Venet();
  /** The device is gone: close it. */
  gone: bool = false;

  /** Of the last `ECHO_ANSWER`. */
  replyFrom: u32 = 0;
  replyTtl: u32 = 0;
  replyIdentifier: u32 = 0;
  replySequence: u32 = 0;
  /** Bytes with the ICMP header. */
  replyBytes: i32 = 0;

  /** Datagrams to this port are handed on as `DATAGRAM`; 0: none are. */
  port: u32 = 0;
  /** Of the last `DATAGRAM`; its payload lies in the receive buffer until the next call of `next`. */
  datagramMac: u64 = 0;
  datagramFrom: u32 = 0;
  datagramPort: u32 = 0;
  datagramAt: usize = 0;
  datagramBytes: i32 = 0;

  /** TCP segments are handed on as `SEGMENT`; else they are nobody's. */
  takesSegments: bool = false;
  /** Of the last `SEGMENT`, which is sound; it lies in the receive buffer until the next call of `next`. */
  segmentMac: u64 = 0;
  segmentFrom: u32 = 0;
  segmentAt: usize = 0;
  segmentBytes: i32 = 0;

  private started: usize = 0;
  private neighbours: arp.ArpTable = new arp.ArpTable();

  /** As `Venet.open`; then tells the network who is here. */
  open(id: i32, name: usize, facts: usize, rxSlots: i32, txBuffers: i32): i32 {
    const result = this.venet.open(id, name, facts, rxSlots, txBuffers);
    this.gone = false;
    this.neighbours.clear();
    if (result == 0) this.announce();
    return result;
  }

  /** Says unasked who has this address (gratuitous ARP), so that neighbours needn't ask or stay wrong. */
  announce(): void {
    const facts = this.venet.facts;
    if (facts.ip == 0 || !facts.linkUp) return;
    this.sendArp(arp.ARP_REQUEST, ethernet.BROADCAST, 0, facts.ip);
    this.flush();
  }

  /** Takes over what a change record says of the device, which is there. */
  update(change: Change): void {
    const facts = this.venet.facts;
    if (change.type == CHANGE_RECONFIGURE) return this.venet.reconfigure(change.facts, change.ticket);
    const linkUp = facts.linkUp;
    const ip = facts.ip;
    facts.read(change.facts);
    if (facts.ip != ip || (facts.linkUp && !linkUp)) this.announce();
  }

  /** Receives one frame and does what it asks for. */
  next(): i32 {
    if (this.venet.reconfiguring) this.venet.step();
    if (this.venet.reserve() == 0) {
      this.flush();
      if (this.venet.reserve() == 0) return NOTHING;
    }
    const venet = this.venet;
    return venet.take() ? this.receive(venet.at, venet.length) : NOTHING;
  }

  /** Sends what was prepared. After every few frames, and before sleeping. */
  flush(): void {
    if (this.venet.tx.flush() < 0) this.gone = true;
  }

  /** Prepares for sleeping. False: there is something to do. Call `wake` after sleeping, or after false. */
  prepareSleep(): bool {
    this.venet.rx.give();
    this.flush();
    // While the host takes no frames, none is received either: see `next`.
    if (this.venet.reserve() == 0) return true;
    this.venet.rx.enable(true);
    return !this.venet.ready();
  }

  wake(): void {
    this.venet.rx.enable(false);
  }

  /** There is a buffer to send from. */
  get hasRoom(): bool {
    return this.venet.reserve() != 0;
  }

  /** How long to sleep at most, as far as this device is concerned, nanoseconds. */
  get sleepNs(): i64 {
    if (this.venet.tx.retryNs > 0) return this.venet.tx.retryNs;
    return this.venet.reconfiguring ? RECONFIGURE_RETRY : FOREVER;
  }

  /**
   * Who gets packets for `ip`: the host itself where it is on this network, else the gateway. 0: no way
   * there.
   */
  nextHop(ip: u32): u32 {
    const facts = this.venet.facts;
    return ((ip ^ facts.ip) & facts.mask) == 0 ? ip : facts.gateway;
  }

  /**
   * The MAC address of a next hop, or 0: it was asked for, look again at `askAt` or when a frame has come.
   */
  resolve(hop: u32): u64 {
    if (this.neighbours.shouldAsk(hop)) this.sendArp(arp.ARP_REQUEST, ethernet.BROADCAST, 0, hop);
    return this.neighbours.lookup(hop);
  }

  knows(hop: u32): bool {
    return this.neighbours.lookup(hop) != 0;
  }

  /** When `resolve` asks next for a hop that isn't known. */
  askAt(hop: u32): i64 {
    return this.neighbours.askAt(hop);
  }

  /** The largest payload of an echo request. */
  get echoPayloadMax(): i32 {
    return min(this.venet.facts.mtu, ipv4.IPV4_LENGTH_MAX) - ipv4.IPV4_BYTES - icmp.ICMP_BYTES;
  }

  /** Prepares an echo request; false: no room now. The payload is bytes that count up. */
  sendEcho(mac: u64, ip: u32, identifier: u32, sequence: u32, payload: i32): bool {
    const packet = this.startPacket(mac, ip, ipv4.PROTOCOL_ICMP, icmp.ICMP_BYTES + payload);
    if (packet == 0) return false;
    const message = packet + ipv4.IPV4_BYTES;
    for (let i = 0; i < payload; i++) store<u8>(message + icmp.ICMP_BYTES + i, <u8>i);
    icmp.writeEchoRequest(message, identifier, sequence, payload);
    this.post(packet);
    return true;
  }

  /** The largest payload of a datagram. */
  get datagramPayloadMax(): i32 {
    return min(this.venet.facts.mtu, ipv4.IPV4_LENGTH_MAX) - ipv4.IPV4_BYTES - udp.UDP_BYTES;
  }

  /** Begins a datagram: where to write its payload, or 0 where it doesn't fit or there is no room now. */
  startDatagram(mac: u64, ip: u32, payload: i32): usize {
    this.started = this.startPacket(mac, ip, ipv4.PROTOCOL_UDP, udp.UDP_BYTES + payload);
    return this.started == 0 ? 0 : this.started + ipv4.IPV4_BYTES + udp.UDP_BYTES;
  }

  /** Prepares the datagram that was begun, with its payload complete, from `port` to this one. */
  sendDatagram(targetPort: u32): void {
    const packet = this.started;
    const payload = ipv4.totalLength(packet) - ipv4.IPV4_BYTES - udp.UDP_BYTES;
    udp.writeUdp(packet, packet + ipv4.IPV4_BYTES, this.port, targetPort, payload);
    this.post(packet);
  }

  /** The most bytes that a segment has behind a header without options. */
  get segmentBytesMax(): i32 {
    return min(this.venet.facts.mtu, ipv4.IPV4_LENGTH_MAX) - ipv4.IPV4_BYTES - tcp.TCP_BYTES;
  }

  /** Begins a TCP segment of so many bytes: where to write it, or 0 where there is no room now. */
  startSegment(mac: u64, ip: u32, bytes: i32): usize {
    this.started = this.startPacket(mac, ip, ipv4.PROTOCOL_TCP, bytes);
    if (this.started == 0) {
      this.flush();
      this.started = this.startPacket(mac, ip, ipv4.PROTOCOL_TCP, bytes);
    }
    return this.started == 0 ? 0 : this.started + ipv4.IPV4_BYTES;
  }

  /** Prepares the segment that was begun, complete but for its ports and its checksum. */
  sendSegment(sourcePort: u32, targetPort: u32): void {
    const packet = this.started;
    const bytes = ipv4.totalLength(packet) - ipv4.IPV4_BYTES;
    tcp.sealTcp(packet, packet + ipv4.IPV4_BYTES, bytes, sourcePort, targetPort);
    this.post(packet);
  }

  private receive(frame: usize, length: i32): i32 {
    const facts = this.venet.facts;
    const target = ethernet.targetMac(frame);
    if (length < ethernet.ETHERNET_BYTES || facts.ip == 0) return DEALT_WITH;
    if (target != facts.mac && target != ethernet.BROADCAST) return DEALT_WITH;
    if (ethernet.isGroup(ethernet.sourceMac(frame))) return DEALT_WITH;
    const type = <u32>bswap<u16>(load<u16>(frame, 12));
    const packet = frame + ethernet.ETHERNET_BYTES;
    const bytes = length - ethernet.ETHERNET_BYTES;
    if (type == ethernet.TYPE_ARP) this.receiveArp(packet, bytes);
    return type == ethernet.TYPE_IPV4 && target == facts.mac
      ? this.receiveIpv4(frame, packet, bytes)
      : DEALT_WITH;
  }

  private receiveArp(packet: usize, bytes: i32): void {
    if (!arp.checkArp(packet, bytes)) return;
    const own = this.venet.facts.ip;
    const sender = arp.arpSenderIp(packet);
    const mac = arp.arpSenderMac(packet);
    const forUs = arp.arpTargetIp(packet) == own;
    if (ethernet.isGroup(mac) || mac == 0) return;
    // Who asks for this guest will be answered soon: its address is worth a place in the table.
    if (ipv4.isHost(sender) && sender != own) this.neighbours.learn(sender, mac, forUs);
    if (forUs && sender != own && arp.arpOperation(packet) == arp.ARP_REQUEST) {
      this.sendArp(arp.ARP_REPLY, mac, mac, sender);
    }
  }

  private sendArp(operation: u32, target: u64, targetMac: u64, targetIp: u32): void {
    const frame = this.venet.reserve();
    if (frame == 0) return;
    const facts = this.venet.facts;
    ethernet.writeEthernet(frame, target, facts.mac, ethernet.TYPE_ARP);
    arp.writeArp(frame + ethernet.ETHERNET_BYTES, operation, facts.mac, facts.ip, targetMac, targetIp);
    this.venet.tx.post(ethernet.ETHERNET_BYTES + arp.ARP_BYTES);
  }

  private receiveIpv4(frame: usize, packet: usize, bytes: i32): i32 {
    const header = ipv4.checkIpv4(packet, bytes);
    if (header == 0 || ipv4.targetIp(packet) != this.venet.facts.ip) return DEALT_WITH;
    const from = ipv4.sourceIp(packet);
    if (!ipv4.isHost(from) || from == this.venet.facts.ip) return DEALT_WITH;
    const message = packet + header;
    const length = ipv4.totalLength(packet) - header;
    const protocol = ipv4.protocolOf(packet);
    if (protocol == ipv4.PROTOCOL_ICMP) return this.receiveIcmp(frame, packet, message, length);
    if (protocol == ipv4.PROTOCOL_TCP) return this.receiveTcp(frame, packet, message, length);
    return protocol == ipv4.PROTOCOL_UDP ? this.receiveUdp(frame, packet, message, length) : DEALT_WITH;
  }

  private receiveIcmp(frame: usize, packet: usize, message: usize, length: i32): i32 {
    if (!icmp.checkIcmp(message, length)) return DEALT_WITH;
    const type = icmp.icmpType(message);
    if (type == icmp.ECHO_REPLY) {
      this.replyFrom = ipv4.sourceIp(packet);
      this.replyTtl = ipv4.timeToLive(packet);
      this.replyIdentifier = icmp.echoIdentifier(message);
      this.replySequence = icmp.echoSequence(message);
      this.replyBytes = length;
      return ECHO_ANSWER;
    }
    if (type != icmp.ECHO_REQUEST) return DEALT_WITH;
    const answer = this.startAnswer(frame, packet, ipv4.PROTOCOL_ICMP, length);
    if (answer == 0) return DEALT_WITH;
    memory.copy(answer + ipv4.IPV4_BYTES, message, length);
    icmp.turnIntoReply(answer + ipv4.IPV4_BYTES);
    this.post(answer);
    return DEALT_WITH;
  }

  private receiveTcp(frame: usize, packet: usize, message: usize, bytes: i32): i32 {
    if (!this.takesSegments || tcp.checkTcp(packet, message, bytes) == 0) return DEALT_WITH;
    this.segmentMac = ethernet.sourceMac(frame);
    this.segmentFrom = ipv4.sourceIp(packet);
    this.segmentAt = message;
    this.segmentBytes = bytes;
    return SEGMENT;
  }

  private receiveUdp(frame: usize, packet: usize, message: usize, bytes: i32): i32 {
    const length = udp.checkUdp(packet, message, bytes);
    const port = length == 0 ? 0 : udp.sourcePort(message);
    if (port == 0) return DEALT_WITH;
    if (udp.targetPort(message) == this.port) {
      this.datagramMac = ethernet.sourceMac(frame);
      this.datagramFrom = ipv4.sourceIp(packet);
      this.datagramPort = port;
      this.datagramAt = message + udp.UDP_BYTES;
      this.datagramBytes = length - udp.UDP_BYTES;
      return DATAGRAM;
    }
    if (udp.targetPort(message) == udp.PORT_ECHO) this.answerEcho(frame, packet, message, length, port);
    return DEALT_WITH;
  }

  private answerEcho(frame: usize, packet: usize, message: usize, length: i32, port: u32): void {
    // An answer to another echo service would be answered for ever.
    if (port == udp.PORT_ECHO) return;
    const answer = this.startAnswer(frame, packet, ipv4.PROTOCOL_UDP, length);
    if (answer == 0) return;
    const reply = answer + ipv4.IPV4_BYTES;
    memory.copy(reply + udp.UDP_BYTES, message + udp.UDP_BYTES, length - udp.UDP_BYTES);
    udp.writeUdp(answer, reply, udp.PORT_ECHO, port, length - udp.UDP_BYTES);
    this.post(answer);
  }

  /** Answers go back where the frame came from, without asking who that is. */
  private startAnswer(frame: usize, packet: usize, protocol: u32, payload: i32): usize {
    return this.startPacket(ethernet.sourceMac(frame), ipv4.sourceIp(packet), protocol, payload);
  }

  /** Writes the headers and answers the packet's place; 0 if it doesn't fit or there is no room now. */
  private startPacket(mac: u64, ip: u32, protocol: u32, payload: i32): usize {
    const facts = this.venet.facts;
    if (payload > min(facts.mtu, ipv4.IPV4_LENGTH_MAX) - ipv4.IPV4_BYTES) return 0;
    const frame = this.venet.reserve();
    if (frame == 0) return 0;
    ethernet.writeEthernet(frame, mac, facts.mac, ethernet.TYPE_IPV4);
    ipv4.writeIpv4(frame + ethernet.ETHERNET_BYTES, facts.ip, ip, protocol, payload);
    return frame + ethernet.ETHERNET_BYTES;
  }

  private post(packet: usize): void {
    this.venet.tx.post(ethernet.ETHERNET_BYTES + ipv4.totalLength(packet));
  }
}
