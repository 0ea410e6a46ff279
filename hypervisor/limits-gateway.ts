// Bounds of gateways, a part of `limits.ts`, which gives them on.

/** How long changes of who is planned on a network are gathered for its gateways, milliseconds. */
export const UPLINK_TELL_MS = 10;
/** How long changes of a gateway's facts are gathered, milliseconds. */
export const NAT_TELL_MS = 50;

/** Memory of one gateway's TCP, pages of 64 KiB: beyond it segments are dropped and writes wait. */
export const NAT_MEMORY_PAGES = 2048;
/** TCP connections of one gateway, and of one guest's address. One more is answered by a reset. */
export const NAT_CONNECTIONS_MAX = 1024;
export const NAT_CONNECTIONS_EACH_MAX = 512;
/** How long a place may take to answer a guest's connection, milliseconds; then it is unreachable. */
export const NAT_CONNECT_MS = 20_000;
/** Bytes that a socket of the host holds for the other side before the guest's window closes. */
export const NAT_SOCKET_BYTES = 256 * 1024;
/** What is read of a socket of the host's at once; a guest has room for it, or the socket is not read. */
export const NAT_READ_BYTES = 64 * 1024;
/** Writes of fewer bytes have a buffer of their own, which may wait with them. */
export const NAT_PIECE_BYTES_MIN = 16 * 1024;
/** How often TCP's timers run while there is a connection, milliseconds; lwIP is built for it. */
export const NAT_TICK_MS = 50;
/** UDP flows of one gateway, and of one guest's address. A datagram for one more is dropped. */
export const NAT_FLOWS_MAX = 1024;
export const NAT_FLOWS_EACH_MAX = 256;
/** A flow ends after so long without a datagram, milliseconds; how often that is looked for. */
export const NAT_FLOW_IDLE_MS = 60_000;
export const NAT_SWEEP_MS = 5_000;
/** Bytes that wait in one flow's socket; a datagram beyond is dropped. */
export const NAT_FLOW_QUEUE_BYTES = 1024 * 1024;
/** Messages of a flow that wait until its socket is there; more are lost. */
export const NAT_FLOW_WAITING_MAX = 8;
/** Stations known beside planned ones, IPv6 addresses of one, and how long it keeps them silent (ms). */
export const NAT_NEIGHBOURS_MAX = 1024;
export const NAT_ADDRESSES_EACH_MAX = 16;
export const NAT_NEIGHBOUR_MS = 30_000;
/** Frames that wait for the address of their station, one each; the oldest is lost. */
export const NAT_PARKED_MAX = 64;
/** Datagrams whose pieces wait for each other, and how long, milliseconds; the oldest is lost. */
export const NAT_FRAGMENTED_MAX = 32;
export const NAT_FRAGMENT_MS = 10_000;
/** Bytes of headers before what an IPv6 packet carries; one with more is dropped. */
export const NAT_HEADER_BYTES_MAX = 256;
/** Addresses leased to those who are not planned, and for how long, seconds. One more gets no answer. */
export const NAT_LEASES_MAX = 256;
export const NAT_LEASE_S = 3600;
/** Names asked of the host's servers at once; one more fails. How long each of them has, milliseconds. */
export const NAT_DNS_PENDING_MAX = 64;
export const NAT_DNS_MS = 2_500;
export const NAT_DNS_SERVERS_MAX = 3;
/** Bytes of questions that wait in one TCP connection; more ends it. */
export const NAT_DNS_STREAM_BYTES = 65_537;
