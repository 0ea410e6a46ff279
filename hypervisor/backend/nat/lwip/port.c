// lwIP's TCP for the gateway: packets in and out, and connections as bytes. Everything is driven by the host;
// what lwIP calls back is only noted here, so that nothing is closed under its feet.

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/nd6.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include <string.h>

#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

/**
 * A packet to a guest. The 14 bytes before it are the host's to write. With `segment` it is many segments,
 * each with so much payload, and has no sums.
 */
IMPORT(output) void host_output(u8_t *packet, u32_t length, u32_t segment);
/** Something has happened to a connection. */
IMPORT(event) void host_event(u32_t id, u32_t what);

enum { EVENT_OPEN = 1, EVENT_DATA = 2, EVENT_END = 4, EVENT_ROOM = 8, EVENT_RESET = 16, EVENT_CLOSED = 32 };

#define IDS 4096
#define LINK_BYTES 14
/** Where the sum stands in a TCP header. */
#define SUM_AT 16
#define SCRATCH_BYTES (65536 + LINK_BYTES)
/** The longest packet, and the least payload that is put together: what a driver of a guest takes as one. */
#define PACKET_MAX 65535
#define JOINED_MIN 536
/** Connections that rest after their end; the oldest gives way. */
#define RESTING_MAX 256

/** What came from the guest and the host has not taken yet lies in a ring of TCP_WND bytes. */
struct connection {
  struct tcp_pcb *pcb;
  u8_t *ring;
  u32_t head;
  u32_t count;
};

static struct connection connections[IDS];
static struct netif gateway;
static struct tcp_pcb_listen *listener;
/** Packets from the host, and bytes for a connection. */
static u8_t scratch[SCRATCH_BYTES];
/** Packets to guests that lie in more than one piece. */
static u8_t outgoing[SCRATCH_BYTES];

unsigned short port_checksum(const void *data, int length) {
  const u8_t *at = data;
  u64_t sum = 0;
  while (length >= 4) {
    u32_t word;
    memcpy(&word, at, 4);
    sum += word;
    at += 4;
    length -= 4;
  }
  if (length >= 2) {
    u16_t half;
    memcpy(&half, at, 2);
    sum += half;
    at += 2;
    length -= 2;
  }
  if (length == 1) sum += *at;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (unsigned short)sum;
}

static u32_t header_length(const u8_t *packet) { return packet[0] >> 4 == 6 ? IP6_HLEN : IP_HLEN; }

/** Sums the segment of a packet, and lets it go. */
static void send_plain(u8_t *packet, u32_t length) {
  u32_t header = header_length(packet);
  u8_t *tcp = packet + header;
  u32_t is_ip6 = header == IP6_HLEN;
  u16_t bytes = (u16_t)(length - header), none = 0;
  memcpy(tcp + SUM_AT, &none, 2);
  u32_t sum = port_checksum(packet + (is_ip6 ? 8 : 12), is_ip6 ? 32 : 8);
  sum += lwip_htons(IP_PROTO_TCP) + (u32_t)lwip_htons(bytes) + port_checksum(tcp, bytes);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  u16_t complement = (u16_t)~sum;
  memcpy(tcp + SUM_AT, &complement, 2);
  host_output(packet, length, 0);
}

/** Segments that follow on each other go as one packet, at the latest when the host's call ends. */
static struct {
  u8_t packet[SCRATCH_BYTES];
  u32_t length;
  u32_t headers;
  u32_t segment;
  u32_t sequence;
} joined;
static u32_t joins;

static void send_joined(void) {
  u32_t length = joined.length;
  u8_t *packet = joined.packet + LINK_BYTES;
  if (length == 0) return;
  joined.length = 0;
  if (length <= joined.headers + joined.segment) return send_plain(packet, length);
  u32_t is_ip6 = header_length(packet) == IP6_HLEN;
  u16_t bytes = lwip_htons((u16_t)(is_ip6 ? length - IP6_HLEN : length));
  memcpy(packet + (is_ip6 ? 4 : 2), &bytes, 2);
  host_output(packet, length, joined.segment);
}

/** What of two segments has to be the same: all of the addresses and the TCP header but its sequence. */
static u32_t is_of_joined(const u8_t *packet, u32_t header) {
  const u8_t *first = joined.packet + LINK_BYTES;
  u32_t from = header == IP6_HLEN ? 8 : 12;
  if (header + TCP_HLEN != joined.headers || memcmp(packet + from, first + from, header + 4 - from) != 0) return 0;
  // The acknowledgement; then, behind the flags, the window.
  return memcmp(packet + header + 8, first + header + 8, 4) == 0 &&
         memcmp(packet + header + 14, first + header + 14, 2) == 0;
}

/** Puts a segment of nothing but bytes to those before it. 0: it has to go by itself. */
static u32_t join(const u8_t *packet, u32_t length) {
  u32_t header = header_length(packet);
  const u8_t *tcp = packet + header;
  u32_t headers = header + TCP_HLEN;
  if (length < headers + JOINED_MIN && joined.length == 0) return 0;
  if (length <= headers || tcp[12] != (TCP_HLEN / 4) << 4 || (tcp[13] & ~TCP_PSH) != TCP_ACK) return 0;
  u32_t bytes = length - headers, sequence;
  memcpy(&sequence, tcp + 4, 4);
  sequence = lwip_ntohl(sequence);
  u8_t *first = joined.packet + LINK_BYTES;
  if (joined.length > 0) {
    u32_t fits = bytes <= joined.segment && joined.length + bytes <= PACKET_MAX;
    if (!fits || sequence != joined.sequence || !is_of_joined(packet, header)) send_joined();
  }
  if (joined.length == 0) {
    if (bytes < JOINED_MIN) return 0;
    memcpy(first, packet, length);
    joined.length = length;
    joined.headers = headers;
    joined.segment = bytes;
  } else {
    memcpy(first + joined.length, packet + headers, bytes);
    joined.length += bytes;
    first[header + 13] |= tcp[13];
  }
  joined.sequence = sequence + bytes;
  if (bytes < joined.segment) send_joined();
  return 1;
}

static err_t send_packet(struct pbuf *p) {
  u8_t *packet;
  u32_t length = p->tot_len, is_whole = p->next == NULL && pbuf_add_header(p, LINK_BYTES) == 0;
  if (is_whole) {
    packet = (u8_t *)p->payload + LINK_BYTES;
    pbuf_remove_header(p, LINK_BYTES);
  } else {
    packet = outgoing + LINK_BYTES;
    pbuf_copy_partial(p, packet, p->tot_len, 0);
  }
  if (joins && join(packet, length)) return ERR_OK;
  send_joined();
  send_plain(packet, length);
  return ERR_OK;
}

static err_t send_packet4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to) {
  LWIP_UNUSED_ARG(netif);
  LWIP_UNUSED_ARG(to);
  return send_packet(p);
}

static err_t send_packet6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to) {
  LWIP_UNUSED_ARG(netif);
  LWIP_UNUSED_ARG(to);
  return send_packet(p);
}

/** The host knows who is where: of neighbour discovery lwIP's TCP and its interface ask no more than this. */
u16_t nd6_get_destination_mtu(const ip6_addr_t *to, struct netif *netif) {
  LWIP_UNUSED_ARG(to);
  return netif->mtu;
}
void nd6_init(void) {}
void nd6_restart_netif(struct netif *netif) { LWIP_UNUSED_ARG(netif); }
void nd6_cleanup_netif(struct netif *netif) { LWIP_UNUSED_ARG(netif); }

static err_t start_gateway(struct netif *netif) {
  netif->name[0] = 'v';
  netif->name[1] = 'b';
  netif->output = send_packet4;
  netif->output_ip6 = send_packet6;
  netif->flags = NETIF_FLAG_LINK_UP;
  return ERR_OK;
}

static u32_t id_of(void *argument) { return (u32_t)(uintptr_t)argument; }

static err_t on_data(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t err) {
  struct connection *connection = &connections[id_of(argument)];
  LWIP_UNUSED_ARG(pcb);
  LWIP_UNUSED_ARG(err);
  if (p == NULL) {
    host_event(id_of(argument), EVENT_END);
    return ERR_OK;
  }
  if (connection->ring == NULL) connection->ring = port_malloc(TCP_WND);
  if (connection->ring == NULL) return ERR_MEM; // lwIP offers it again.
  if (connection->count + p->tot_len > TCP_WND) return ERR_MEM;
  u32_t at = (connection->head + connection->count) % TCP_WND;
  u32_t first = LWIP_MIN(p->tot_len, TCP_WND - at);
  pbuf_copy_partial(p, connection->ring + at, (u16_t)first, 0);
  if (first < p->tot_len) pbuf_copy_partial(p, connection->ring, (u16_t)(p->tot_len - first), (u16_t)first);
  connection->count += p->tot_len;
  pbuf_free(p);
  host_event(id_of(argument), EVENT_DATA);
  return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t length) {
  LWIP_UNUSED_ARG(pcb);
  LWIP_UNUSED_ARG(length);
  host_event(id_of(argument), EVENT_ROOM);
  return ERR_OK;
}

static err_t on_open(void *argument, struct tcp_pcb *pcb, err_t err) {
  LWIP_UNUSED_ARG(pcb);
  if (err != ERR_OK) return err;
  host_event(id_of(argument), EVENT_OPEN);
  return ERR_OK;
}

/** lwIP has freed the connection, or will at once. What it had read can still be taken. */
static void on_gone(void *argument, err_t err) {
  connections[id_of(argument)].pcb = NULL;
  host_event(id_of(argument), err == ERR_CLSD ? EVENT_CLOSED : EVENT_RESET);
}

static void adopt(u32_t id, struct tcp_pcb *pcb) {
  connections[id].pcb = pcb;
  tcp_arg(pcb, (void *)(uintptr_t)id);
  tcp_recv(pcb, on_data);
  tcp_sent(pcb, on_sent);
  tcp_err(pcb, on_gone);
  tcp_nagle_disable(pcb);
  ip_set_option(pcb, SOF_KEEPALIVE);
}

/** Where the host puts packets and bytes. */
EXPORT(scratch) u8_t *port_scratch(void) { return scratch; }

/**
 * Once, before anything else. The gateway's address in the order of the wire; the longest packet; whether
 * `output` may be given packets of many segments.
 */
EXPORT(start) void port_start(u32_t address, u32_t mtu, u32_t may_join) {
  ip4_addr_t ip, mask;
  ip.addr = address;
  mask.addr = 0;
  lwip_init();
  netif_add(&gateway, &ip, &mask, &ip, NULL, start_gateway, NULL);
  gateway.mtu = (u16_t)mtu;
  joins = may_join;
  // Summed here, where it is known whether somebody behind cuts and sums.
  NETIF_SET_CHECKSUM_CTRL(&gateway, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP);
  netif_set_default(&gateway);
  netif_set_up(&gateway);
  struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
  tcp_bind(pcb, IP_ANY_TYPE, 1);
  listener = (struct tcp_pcb_listen *)tcp_listen(pcb);
  listener->local_port = 0; // Nothing comes to it but what `accept` lets through.
  tcp_accept((struct tcp_pcb *)listener, on_open);
}

/** After `start`: the gateway's IPv6 address is in the scratch. */
EXPORT(start6) void port_start6(void) {
  ip6_addr_t ip;
  memcpy(ip.addr, scratch, sizeof ip.addr);
  netif_ip6_addr_set(&gateway, 0, &ip);
  netif_ip6_addr_set_state(&gateway, 0, IP6_ADDR_PREFERRED);
}

/** The addresses of a packet. */
static void read_addresses(const u8_t *packet, ip_addr_t *source, ip_addr_t *target) {
  if (header_length(packet) == IP6_HLEN) {
    const struct ip6_hdr *header = (const struct ip6_hdr *)packet;
    ip_addr_copy_from_ip6_packed(*source, header->src);
    ip_addr_copy_from_ip6_packed(*target, header->dest);
  } else {
    const struct ip_hdr *header = (const struct ip_hdr *)packet;
    ip_addr_copy_from_ip4(*source, header->src);
    ip_addr_copy_from_ip4(*target, header->dest);
  }
}

/** The packet that `input` is about. */
static struct pbuf *incoming;

/** Where the host puts a packet of `length` bytes for `input`; 0 where there is no memory for it. */
EXPORT(place) u8_t *port_place(u32_t length) {
  if (incoming != NULL) pbuf_free(incoming);
  incoming = length <= IP_HLEN || length > PACKET_MAX ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);
  return incoming == NULL ? NULL : incoming->payload;
}

/**
 * The packet at `place`, for a connection that may be there. The host has checked its header, which has no
 * options and no others behind it, and says whether the sum of its segment is to be checked.
 */
EXPORT(input) void port_input(u32_t needs_sum) {
  struct pbuf *p = incoming;
  incoming = NULL;
  if (p == NULL) return;
  const u8_t *packet = p->payload;
  u32_t header = header_length(packet);
  if (p->tot_len <= header) {
    pbuf_free(p);
    return;
  }
  ip_data.current_netif = &gateway;
  ip_data.current_input_netif = &gateway;
  ip_data.current_ip4_header = header == IP6_HLEN ? NULL : p->payload;
  ip_data.current_ip6_header = header == IP6_HLEN ? p->payload : NULL;
  ip_data.current_ip_header_tot_len = (u16_t)header;
  read_addresses(packet, &ip_data.current_iphdr_src, &ip_data.current_iphdr_dest);
  pbuf_remove_header(p, header);
  u16_t all = gateway.chksum_flags;
  if (!needs_sum) NETIF_SET_CHECKSUM_CTRL(&gateway, all & ~NETIF_CHECKSUM_CHECK_TCP);
  tcp_input(p, &gateway);
  NETIF_SET_CHECKSUM_CTRL(&gateway, all);
  send_joined();
}

static u16_t port_at(const u8_t *at) { return (u16_t)((at[0] << 8) | at[1]); }

/** A guest may use the ports of a connection that rests again. */
static void end_resting(const ip_addr_t *source, const ip_addr_t *target, u16_t source_port, u16_t target_port) {
  for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
    if (pcb->remote_port != source_port || pcb->local_port != target_port) continue;
    if (!ip_addr_cmp(&pcb->remote_ip, source) || !ip_addr_cmp(&pcb->local_ip, target)) continue;
    tcp_abort(pcb);
    return;
  }
}

/** A guest's first packet of a connection, at `place`, answered. 1: it is opening and is `id`; 0: not. */
EXPORT(accept) u32_t port_accept(u32_t id) {
  ip_addr_t source, target;
  if (id >= IDS || incoming == NULL) return 0;
  const u8_t *packet = incoming->payload;
  if (incoming->tot_len < header_length(packet) + TCP_HLEN) return 0;
  read_addresses(packet, &source, &target);
  const u8_t *ports = packet + header_length(packet);
  u16_t source_port = port_at(ports), target_port = port_at(ports + 2);
  end_resting(&source, &target, source_port, target_port);
  struct tcp_pcb *before = tcp_active_pcbs;
  listener->local_port = target_port;
  listener->callback_arg = (void *)(uintptr_t)id;
  port_input(1);
  listener->local_port = 0;
  struct tcp_pcb *pcb = tcp_active_pcbs;
  if (pcb == NULL || pcb == before || pcb->state != SYN_RCVD || id_of(pcb->callback_arg) != id) return 0;
  adopt(id, pcb);
  return 1;
}

static u32_t open_to(u32_t id, const ip_addr_t *to, const ip_addr_t *from, u16_t port) {
  if (id >= IDS) return 0;
  struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(to));
  if (pcb == NULL) return 0;
  if (tcp_bind(pcb, from, 0) != ERR_OK) {
    tcp_abort(pcb);
    return 0;
  }
  adopt(id, pcb);
  if (tcp_connect(pcb, to, port, on_open) == ERR_OK) return 1; // Its first packet goes by itself.
  tcp_err(pcb, NULL);
  tcp_abort(pcb);
  connections[id].pcb = NULL;
  return 0;
}

/** Opens a connection to a guest. 1: it is opening. */
EXPORT(connect) u32_t port_connect(u32_t id, u32_t address, u32_t port) {
  ip_addr_t to;
  ip_addr_set_ip4_u32(&to, address);
  return open_to(id, &to, &gateway.ip_addr, (u16_t)port);
}

/** The same by IPv6: the address is in the scratch. */
EXPORT(connect6) u32_t port_connect6(u32_t id, u32_t port) {
  ip6_addr_p_t address;
  ip_addr_t to;
  memcpy(&address, scratch, sizeof address);
  ip_addr_copy_from_ip6_packed(to, address);
  return open_to(id, &to, &gateway.ip6_addr[0], (u16_t)port);
}

/** Where the next bytes from the guest lie; `readable` says how many do. */
EXPORT(bytes) u8_t *port_bytes(u32_t id) { return connections[id].ring + connections[id].head; }

/** Bytes that lie in one piece. */
EXPORT(readable) u32_t port_readable(u32_t id) {
  return LWIP_MIN(connections[id].count, TCP_WND - connections[id].head);
}

/** The host has taken so many; the guest may send as many more. */
EXPORT(taken) void port_taken(u32_t id, u32_t length) {
  struct connection *connection = &connections[id];
  connection->head = (connection->head + length) % TCP_WND;
  connection->count -= length;
  if (connection->count == 0) {
    port_free(connection->ring);
    connection->ring = NULL;
    connection->head = 0;
  }
  // Bound: TCP_WND in pieces of 65535.
  while (connection->pcb != NULL && length > 0) {
    u16_t part = (u16_t)LWIP_MIN(length, 0xffff);
    tcp_recved(connection->pcb, part);
    length -= part;
  }
  send_joined();
}

/** Bytes that `write` would take now. */
EXPORT(room) u32_t port_room(u32_t id) {
  struct tcp_pcb *pcb = connections[id].pcb;
  if (pcb == NULL || pcb->snd_queuelen >= TCP_SND_QUEUELEN - 8) return 0;
  return pcb->snd_buf; // `tcp_sndbuf` ends at 65535.
}

/** So many bytes of the scratch are to go to the guest. Answers how many will. */
EXPORT(write) u32_t port_write(u32_t id, u32_t length) {
  struct tcp_pcb *pcb = connections[id].pcb;
  if (pcb == NULL) return 0;
  length = LWIP_MIN(length, LWIP_MIN(port_room(id), 0xffff));
  // Bound: 16 halvings.
  while (length > 0 && tcp_write(pcb, scratch, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK) length /= 2;
  return length;
}

/** Sends what waits, acknowledgements too. */
EXPORT(flush) void port_flush(u32_t id) {
  struct tcp_pcb *pcb = connections[id].pcb;
  if (pcb == NULL || pcb->state == LISTEN) return;
  if (pcb->flags & TF_ACK_DELAY) tcp_ack_now(pcb);
  tcp_output(pcb);
  send_joined();
}

/** Nothing more will be written. 1: the end is on its way; 0: there was no memory for it. */
EXPORT(finish) u32_t port_finish(u32_t id) {
  struct tcp_pcb *pcb = connections[id].pcb;
  u32_t is_done = pcb == NULL || tcp_shutdown(pcb, 0, 1) == ERR_OK;
  send_joined();
  return is_done;
}

/** Whether both sides have ended it and seen that of each other. */
EXPORT(settled) u32_t port_settled(u32_t id) {
  return connections[id].pcb == NULL || connections[id].pcb->state == TIME_WAIT;
}

static void let_rest(void) {
  u32_t count = 0;
  for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
    if (++count < RESTING_MAX || pcb->next == NULL) continue;
    tcp_abort(pcb->next);
    return;
  }
}

/**
 * The host forgets the connection. One that both sides have ended is left to lwIP, which sees its last packets
 * through; else the guest is told by a reset.
 */
EXPORT(release) void port_release(u32_t id) {
  struct connection *connection = &connections[id];
  struct tcp_pcb *pcb = connection->pcb;
  port_free(connection->ring);
  memset(connection, 0, sizeof *connection);
  if (pcb == NULL) return;
  tcp_arg(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_err(pcb, NULL);
  if (pcb->state != TIME_WAIT) return tcp_abort(pcb);
  let_rest();
}

/** Every 50 ms while there is a connection. */
EXPORT(tick) void port_tick(void) {
  tcp_tmr();
  send_joined();
}

/** Whether nothing is left that needs `tick`. */
EXPORT(idle) u32_t port_idle(void) { return tcp_active_pcbs == NULL && tcp_tw_pcbs == NULL; }
