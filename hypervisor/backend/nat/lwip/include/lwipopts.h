// What of lwIP is built: TCP over IPv4 and IPv6, driven from outside; no ARP, no ICMP, no UDP, no timers, no sockets.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_IPV6_SCOPES 0
#define LWIP_IPV6_MLD 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FORWARD 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_ICMP6 0
#define LWIP_ND6_QUEUEING 0
#define LWIP_ND6_ALLOW_RA_UPDATES 0
#define LWIP_ND6_TCP_REACHABILITY_HINTS 0
#define LWIP_ARP 0
#define LWIP_ICMP 0
#define LWIP_RAW 0
#define LWIP_UDP 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_TCP 1
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_SINGLE_NETIF 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_STATS 0

// Memory comes from port.c, for everything: its bound is the module's memory, which the host sets.
#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define PBUF_POOL_SIZE 1
#define PBUF_POOL_BUFSIZE 2048

// A round of timers is 50 ms, so that a lost frame is sent again after 200 ms or so and not after seconds.
#define TCP_TMR_INTERVAL 50
#define LWIP_TCP_RTO_TIME 1000
#define TCP_MSS 65495
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 3
#define TCP_WND 262144
#define TCP_SND_BUF 262144
#define TCP_SND_QUEUELEN 512
#define MEMP_NUM_TCP_SEG 512
// Segments may be as long as a packet: the checks know windows of 64 KiB and callers that we don't have.
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1
#define TCP_OVERSIZE 0
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define TCP_OOSEQ_MAX_PBUFS 256
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_KEEPALIVE 1

__attribute__((import_module("host"), import_name("random"))) unsigned host_random(void);
#define LWIP_RAND() host_random()
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) host_random()

unsigned short port_checksum(const void *data, int length);
#define LWIP_CHKSUM port_checksum

#endif
