// What a guest in C needs of Ethernet, ARP and IPv4: reading, checking, and turning a frame into its answer. Used
// by the samples beside this file; a device's own part is in vbus.h.
#ifndef VBUS_NET_H
#define VBUS_NET_H

#include "vbus.h"

// Bytes of the headers.
enum { ETHERNET = 14, ARP = 28, IPV4 = 20, ICMP = 8, UDP = 8 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_UDP = 17 };

static inline uint32_t load16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t load32(const uint8_t *at) { return load16(at) << 16 | load16(at + 2); }
static inline uint64_t load64(const uint8_t *at) { return (uint64_t)load32(at) << 32 | load32(at + 4); }

static inline void store16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}
static inline void store32(uint8_t *at, uint32_t value) {
  store16(at, value >> 16);
  store16(at + 2, value & 0xffff);
}
static inline void store64(uint8_t *at, uint64_t value) {
  store32(at, (uint32_t)(value >> 32));
  store32(at + 4, (uint32_t)value);
}

static inline bool equal(const uint8_t *a, const uint8_t *b, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++)
    if (a[i] != b[i]) return false;
  return true;
}

// The Internet checksum over a sum so far and these bytes.
static inline uint32_t checksum(uint32_t sum, const uint8_t *at, uint32_t bytes) {
  for (; bytes > 1; bytes -= 2, at += 2) sum += load16(at);
  if (bytes == 1) sum += (uint32_t)at[0] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

// What UDP adds of the IPv4 header at `packet`.
static inline uint32_t pseudo_header(const uint8_t *packet, uint32_t length) {
  uint32_t sum = PROTOCOL_UDP + length;
  for (uint32_t at = 12; at < 20; at += 2) sum += load16(packet + at);
  return sum;
}

// A datagram's header and checksum are sound. `length` is that of the message behind the IPv4 header.
static inline bool udp_is_sound(const uint8_t *packet, const uint8_t *message, uint32_t length) {
  if (length < UDP || load16(message + 4) != length || load16(message) == 0) return false;
  return load16(message + 6) == 0 || checksum(pseudo_header(packet, length), message, length) == 0;
}

// Writes a datagram's header over its payload; the packet's addresses are there.
static inline void udp_seal(const uint8_t *packet, uint8_t *message, uint32_t from, uint32_t to, uint32_t length) {
  store16(message, from);
  store16(message + 2, to);
  store16(message + 4, length);
  store16(message + 6, 0);
  uint32_t check = checksum(pseudo_header(packet, length), message, length);
  store16(message + 6, check == 0 ? 0xffff : check); // 0 would say that there is none.
}

static inline bool is_group(const uint8_t *mac) { return mac[0] & 1; }

// Answers have their addresses the other way round, and come from this guest.
static inline void turn_round(uint8_t *answer, const uint8_t *frame, const struct vbus_venet_facts *own) {
  __builtin_memcpy(answer, frame + 6, 6);
  __builtin_memcpy(answer + 6, own->mac, 6);
}

// Writes the answer to an ARP request for this guest, and returns its bytes, 0 for none.
static inline uint32_t answer_arp(uint8_t *out, const uint8_t *frame, uint32_t bytes,
                                  const struct vbus_venet_facts *own) {
  static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
  const uint8_t *arp = frame + ETHERNET;
  if (bytes < ETHERNET + ARP || !equal(arp, request, 8)) return 0;
  if (!equal(arp + 24, own->ip, 4) || is_group(arp + 8)) return 0;
  turn_round(out, frame, own);
  store16(out + 12, 0x0806);
  uint8_t *answer = out + ETHERNET;
  __builtin_memcpy(answer, request, 8);
  answer[7] = 2;
  __builtin_memcpy(answer + 8, own->mac, 6);
  __builtin_memcpy(answer + 14, own->ip, 4);
  __builtin_memcpy(answer + 18, arp + 8, 10);
  return ETHERNET + ARP;
}

// The bytes of an IPv4 packet for this guest: without options, whole and sound. 0: it is nobody's.
static inline uint32_t check_ipv4(const uint8_t *frame, uint32_t bytes, const struct vbus_venet_facts *own) {
  static const uint8_t nobody[4] = {0, 0, 0, 0};
  const uint8_t *packet = frame + ETHERNET;
  if (!equal(frame, own->mac, 6) || bytes < ETHERNET + IPV4) return 0;
  uint32_t total = load16(packet + 2);
  if (packet[0] != 0x45 || total < IPV4 || total > bytes - ETHERNET) return 0;
  if ((load16(packet + 6) & 0x3fff) != 0 || checksum(0, packet, IPV4) != 0) return 0;
  if (!equal(packet + 16, own->ip, 4) || equal(packet + 12, own->ip, 4)) return 0;
  return equal(packet + 12, nobody, 4) || packet[12] >= 224 ? 0 : total;
}

// Makes the header of an answer of `total` bytes from that of the packet that is answered.
static inline void turn_ipv4(uint8_t *answer, const uint8_t *packet, uint32_t total,
                             const struct vbus_venet_facts *own) {
  __builtin_memmove(answer, packet, IPV4);
  __builtin_memcpy(answer + 16, packet + 12, 4);
  __builtin_memcpy(answer + 12, own->ip, 4);
  store16(answer + 2, total);
  answer[8] = 64;
  store16(answer + 10, 0);
  store16(answer + 10, checksum(0, answer, IPV4));
}

#endif
