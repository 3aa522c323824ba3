/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Geneve over IPv4 as OVN uses it (RFC 8926): one option of class 0x0102 with
 * the ports a frame comes from and goes to. Whatever looks otherwise is OVS's.
 */
#ifndef FABRIC_GENEVE_H
#define FABRIC_GENEVE_H

#include "packet.h"

#define GENEVE_PORT 6081
#define GENEVE_FIRST_WORD 0x02406558 /* two words of options, critical, Ethernet inside */
#define OVN_OPTION 0x01028001        /* class 0x0102, type 0x80 (critical), one word */

/* BPF_F_ADJ_ROOM_DECAP_L3_* of linux/bpf.h, which Linux has since 6.3 and Debian 12's headers have not. */
#define DECAP_L3_IPV4 (1ULL << 7)
#define DECAP_L3_IPV6 (1ULL << 8)

struct geneve_outer {
	struct iphdr ip;
	struct udphdr udp;
	__be32 first;
	__be32 vni;
	__be32 option_header;
	__be32 option;
};

_Static_assert(sizeof(struct geneve_outer) + ETH_HLEN == TUNNEL_BYTES, "what the tunnel adds");

/* Returns the outer headers of a frame in OVN's layout whose inner Ethernet header is whole, or null. */
static __always_inline struct geneve_outer *read_geneve(struct __sk_buff *skb)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *eth = data;
	struct geneve_outer *outer = data + ETH_HLEN;

	if ((void *)(outer + 1) + ETH_HLEN > end)
		return NULL;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || *(__u8 *)outer != 0x45 || outer->ip.protocol != IPPROTO_UDP ||
	    (outer->ip.frag_off & bpf_htons(0x3fff)) || outer->udp.dest != bpf_htons(GENEVE_PORT))
		return NULL;
	if (outer->first != bpf_htonl(GENEVE_FIRST_WORD) || outer->option_header != bpf_htonl(OVN_OPTION))
		return NULL;
	return outer;
}

static __always_inline __u32 vni_of(struct geneve_outer *outer)
{
	return bpf_ntohl(outer->vni) >> 8;
}

/* Of the outer header, from what is written into it: to read that back at once, in other sizes, is what a CPU waits for. */
static __always_inline __sum16 ip_checksum(const struct fast_flow *flow, __u8 tos, __be16 bytes)
{
	__u32 sum = bpf_htons(0x4500 | tos) + bytes + bpf_htons(0x4000) + bpf_htons(flow->outer_ttl << 8 | IPPROTO_UDP) +
		    (flow->outer_source & 0xffff) + (flow->outer_source >> 16) + (flow->outer_destination & 0xffff) + (flow->outer_destination >> 16);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * Puts the frame into a tunnel as the flow says. Returns 0, or -1 with the
 * frame as it was.
 *
 * ENCAP_L2 is the inner Ethernet header alone: the Geneve header counts as part
 * of UDP's, and with more than that software segmentation breaks the packets.
 */
static __always_inline int encapsulate(struct __sk_buff *skb, struct fast_flow *flow, struct packet *p)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
		      BPF_F_ADJ_ROOM_ENCAP_L2_ETH | BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) | BPF_F_ADJ_ROOM_NO_CSUM_RESET;
	__u8 ecn = p->tos & 3, tos;
	struct geneve_outer *outer;
	struct ethhdr *eth, *inner;
	void *data, *end;
	__u16 bytes;

	if (bpf_skb_adjust_room(skb, TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, flags))
		return -1;
	data = frame_start(skb);
	end = frame_end(skb);
	if (data + TUNNEL_BYTES + ETH_HLEN + sizeof(struct iphdr) > end)
		return -2;
	eth = data;
	outer = data + ETH_HLEN;
	inner = data + TUNNEL_BYTES;
	copy_mac(eth->h_dest, flow->outer_destination_mac);
	copy_mac(eth->h_source, flow->outer_source_mac);
	eth->h_proto = bpf_htons(ETH_P_IP);
	copy_mac(inner->h_dest, flow->destination_mac);
	copy_mac(inner->h_source, flow->source_mac);
	inner->h_proto = p->is_v6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);

	bytes = skb->len - ETH_HLEN;
	/* As OVS does (RFC 6040 in its older form): CE becomes ECT(0) outside. */
	tos = flow->outer_tos | (ecn == 3 ? 2 : ecn);
	*(__u8 *)outer = 0x45;
	outer->ip.tos = tos;
	outer->ip.tot_len = bpf_htons(bytes);
	outer->ip.id = 0;
	outer->ip.frag_off = bpf_htons(0x4000);
	outer->ip.ttl = flow->outer_ttl;
	outer->ip.protocol = IPPROTO_UDP;
	outer->ip.check = ip_checksum(flow, tos, bpf_htons(bytes));
	outer->ip.saddr = flow->outer_source;
	outer->ip.daddr = flow->outer_destination;
	outer->udp.source = flow->outer_source_port;
	outer->udp.dest = bpf_htons(GENEVE_PORT);
	outer->udp.len = bpf_htons(bytes - sizeof(struct iphdr));
	outer->udp.check = 0;
	outer->first = bpf_htonl(GENEVE_FIRST_WORD);
	outer->vni = flow->vni;
	outer->option_header = bpf_htonl(OVN_OPTION);
	outer->option = flow->option;
	return 0;
}

/* Takes a frame out of its tunnel. Returns 0, or -1 with the frame as it was. */
static __always_inline int decapsulate(struct __sk_buff *skb, struct packet *p)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | (p->is_v6 ? DECAP_L3_IPV6 : DECAP_L3_IPV4);

	return bpf_skb_adjust_room(skb, -TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, flags) ? -1 : 0;
}

#endif
