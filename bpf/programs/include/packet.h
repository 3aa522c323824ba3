/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Reads a frame down to its ports, or says why it is not for the fast path.
 * Everything here comes from an endpoint or the wire: each read is within the
 * frame, and a length is believed only if it fits.
 */
#ifndef FABRIC_PACKET_H
#define FABRIC_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../endpoint_types.h"
#include "../fastpath_types.h"

/* Ethernet, IP, TCP without options; and what Geneve with OVN's option puts before them. */
#define IPV4_HEADERS (ETH_HLEN + 20 + 20)
#define IPV6_HEADERS (ETH_HLEN + 40 + 20)
#define TUNNEL_BYTES 58

/*
 * A refresh goes through OVS as a copy of a frame that bears a mark OVS passes
 * through: the reserved bit of IPv4 (RFC 791: must be zero), a flow label of
 * IPv6 that is kept for it.
 */
#define IPV4_MARK 0x8000
#define IPV6_MARK_LABEL 0xfab1c

struct packet {
	struct fast_key key;
	__u32 at;      /* offset of the IP header */
	__u16 longest; /* the IP packet; of a GSO frame, its longest segment */
	__u8 ttl;
	__u8 tos;
	__u8 control;  /* SYN, FIN or RST */
	__u8 marked;
	__u8 is_v6;
	__u8 pad;
};

/*
 * By assembler, or clang keeps skb plus offset in a register across calls and
 * the verifier refuses the program.
 */
static __always_inline void *frame_start(struct __sk_buff *skb)
{
	void *at;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(at) : "r"(skb), "i"(__builtin_offsetof(struct __sk_buff, data)));
	return at;
}

static __always_inline void *frame_end(struct __sk_buff *skb)
{
	void *at;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(at) : "r"(skb), "i"(__builtin_offsetof(struct __sk_buff, data_end)));
	return at;
}

/*
 * Makes the headers of the frame at `offset` readable at once; what is shorter
 * stays as short as it is. No more than they need: TCP's data lies elsewhere,
 * and to fetch one byte of it would have the kernel copy the headers.
 */
static __always_inline void pull(struct __sk_buff *skb, __u32 offset)
{
	struct ethhdr *eth = frame_start(skb) + offset;
	__u32 wanted = offset + IPV6_HEADERS;

	if ((void *)(eth + 1) <= frame_end(skb) && eth->h_proto == bpf_htons(ETH_P_IP))
		wanted = offset + IPV4_HEADERS;
	if (frame_start(skb) + wanted > frame_end(skb))
		bpf_skb_pull_data(skb, skb->len < wanted ? skb->len : wanted);
}

static __always_inline int mac_is(const __u8 *left, const __u8 *right)
{
	return *(__u16 *)left == *(__u16 *)right && *(__u16 *)(left + 2) == *(__u16 *)(right + 2) &&
	       *(__u16 *)(left + 4) == *(__u16 *)(right + 4);
}

static __always_inline void copy_mac(__u8 *to, const __u8 *from)
{
	*(__u16 *)to = *(__u16 *)from;
	*(__u16 *)(to + 2) = *(__u16 *)(from + 2);
	*(__u16 *)(to + 4) = *(__u16 *)(from + 4);
}

/* The ports, and how long the packet is. `ip_bytes` is the whole packet by its IP header, `headers` what of it is IP's. */
static __always_inline int read_ports(void *at, void *end, struct packet *p, __u32 ip_bytes, __u32 headers, __u32 gso_size)
{
	if (p->key.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = at;

		if ((void *)(tcp + 1) > end)
			return MISS_MALFORMED;
		p->key.source_port = tcp->source;
		p->key.destination_port = tcp->dest;
		p->control = ((__u8 *)tcp)[13] & 7;
		if (tcp->doff < 5 || headers + tcp->doff * 4 > ip_bytes)
			return MISS_MALFORMED;
		headers += tcp->doff * 4;
	} else if (p->key.protocol == IPPROTO_UDP) {
		struct udphdr *udp = at;
		__u32 bytes;

		if ((void *)(udp + 1) > end)
			return MISS_MALFORMED;
		bytes = bpf_ntohs(udp->len);
		if (!gso_size && (bytes < sizeof(*udp) || headers + bytes > ip_bytes))
			return MISS_MALFORMED;
		p->key.source_port = udp->source;
		p->key.destination_port = udp->dest;
		headers += sizeof(*udp);
	} else {
		__u8 *icmp = at;
		__u8 request = p->is_v6 ? 128 : 8, reply = p->is_v6 ? 129 : 0;

		if ((void *)(icmp + 8) > end)
			return MISS_MALFORMED;
		if (icmp[1] || (icmp[0] != request && icmp[0] != reply))
			return MISS_PROTOCOL;
		if (icmp[0] == request)
			p->key.source_port = *(__be16 *)(icmp + 4);
		else
			p->key.destination_port = *(__be16 *)(icmp + 4);
		headers += 8;
	}
	p->longest = gso_size ? headers + gso_size : ip_bytes;
	return -1;
}

static __always_inline int read_ipv4(struct __sk_buff *skb, void *at, void *end, struct packet *p, __u32 gso_size)
{
	struct iphdr *ip = at;
	__u32 bytes;

	if ((void *)(ip + 1) > end)
		return MISS_MALFORMED;
	if (*(__u8 *)ip != 0x45)
		return ip->version == 4 && ip->ihl > 5 ? MISS_OPTIONS : MISS_MALFORMED;
	if (ip->frag_off & bpf_htons(0x3fff))
		return MISS_FRAGMENT;
	bytes = bpf_ntohs(ip->tot_len);
	/* A super-packet of more than 64 KiB has no length in its header. */
	if (bytes < sizeof(*ip) || (!gso_size && p->at + bytes > skb->len))
		return MISS_MALFORMED;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_ICMP)
		return MISS_PROTOCOL;
	/* Link-local addresses mean another host on each segment (RFC 3927). */
	if ((ip->saddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000) || (ip->daddr & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000))
		return MISS_PROTOCOL;
	p->key.source[2] = p->key.destination[2] = bpf_htonl(0xffff);
	p->key.source[3] = ip->saddr;
	p->key.destination[3] = ip->daddr;
	p->key.protocol = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->marked = !!(ip->frag_off & bpf_htons(IPV4_MARK));
	return read_ports(ip + 1, end, p, bytes, sizeof(*ip), gso_size);
}

static __always_inline int read_ipv6(struct __sk_buff *skb, void *at, void *end, struct packet *p, __u32 gso_size)
{
	struct ipv6hdr *ip = at;
	__u32 bytes, first;

	if ((void *)(ip + 1) > end)
		return MISS_MALFORMED;
	if (ip->version != 6)
		return MISS_MALFORMED;
	if (ip->nexthdr == IPPROTO_FRAGMENT)
		return MISS_FRAGMENT;
	bytes = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	if (!gso_size && (bytes == sizeof(*ip) || p->at + bytes > skb->len))
		return MISS_MALFORMED;
	if (ip->nexthdr == 0 || ip->nexthdr == 43 || ip->nexthdr == 60 || ip->nexthdr == 51 || ip->nexthdr == 135)
		return MISS_OPTIONS;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP && ip->nexthdr != IPPROTO_ICMPV6)
		return MISS_PROTOCOL;
	/* Link-local, and what could be taken for an IPv4 address. */
	if ((ip->saddr.s6_addr32[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000) ||
	    (ip->daddr.s6_addr32[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000) ||
	    !ip->saddr.s6_addr32[0] || !ip->daddr.s6_addr32[0])
		return MISS_PROTOCOL;
	__builtin_memcpy(p->key.source, &ip->saddr, 16);
	__builtin_memcpy(p->key.destination, &ip->daddr, 16);
	p->key.protocol = ip->nexthdr;
	p->ttl = ip->hop_limit;
	first = bpf_ntohl(*(__be32 *)ip);
	p->tos = first >> 20;
	p->marked = (first & 0xfffff) == IPV6_MARK_LABEL;
	p->is_v6 = 1;
	if (gso_size && bytes == sizeof(*ip))
		bytes = 0xffff;
	return read_ports(ip + 1, end, p, bytes, sizeof(*ip), gso_size);
}

/*
 * Reads the frame whose Ethernet header is at `offset`.
 * Returns -1 when it may take the fast path, else an endpoint_miss. `p` is zero before.
 */
static __always_inline int read_packet(struct __sk_buff *skb, __u32 offset, __u32 domain, struct packet *p)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *eth = data + offset;
	__u32 gso_size = skb->gso_size;

	if ((void *)(eth + 1) > end)
		return MISS_MALFORMED;
	if (eth->h_dest[0] & 1)
		return MISS_NOT_IP;
	p->key.domain = domain;
	p->at = offset + ETH_HLEN;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return read_ipv4(skb, eth + 1, end, p, gso_size);
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return read_ipv6(skb, eth + 1, end, p, gso_size);
	return MISS_NOT_IP;
}

static __always_inline void reverse_key(struct fast_key *reverse, const struct fast_key *key)
{
	reverse->domain = key->domain;
	__builtin_memcpy(reverse->source, key->destination, 16);
	__builtin_memcpy(reverse->destination, key->source, 16);
	reverse->source_port = key->destination_port;
	reverse->destination_port = key->source_port;
	reverse->protocol = key->protocol;
	reverse->pad[0] = reverse->pad[1] = reverse->pad[2] = 0;
}

/* What routers on the way have taken from the TTL; `ip` has room for a header. */
static __always_inline void lower_ttl(void *ip, int is_v6, __u8 fall)
{
	if (is_v6) {
		((struct ipv6hdr *)ip)->hop_limit -= fall;
	} else {
		struct iphdr *v4 = ip;
		__u32 sum = v4->check + bpf_htons((__u16)fall << 8);

		v4->check = (sum & 0xffff) + (sum >> 16);
		v4->ttl -= fall;
	}
}

#endif
