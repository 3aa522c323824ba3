/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Says in which class a frame waits for the node's uplink, by the endpoint that
 * sent it. That is read from the frame: it may have come here past Open vSwitch
 * or through its userspace, where marks and priorities are lost.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "fastpath_types.h"
#include "tunnel_map.h"
#include "uplink_types.h"
#include "include/packet.h"
#include "include/geneve.h"

/* Where an ARP packet has its sender's IPv4 address (RFC 826). */
#define ARP_SENDER 14

/* What an endpoint may send from -> its priority; the longest prefix counts, and no row is as good as 0. Written by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct uplink_prefix);
	__type(value, __u32);
} uplink_priority SEC(".maps");

static __always_inline __u32 priority_of(struct __sk_buff *skb, __u32 vni)
{
	struct fast_tunnel *domain = bpf_map_lookup_elem(&fast_tunnels, &vni);
	struct uplink_prefix sender = { .bits = UPLINK_ADDRESS_BITS };
	__u32 at = TUNNEL_BYTES + ETH_HLEN, *priority;
	__be16 type;

	if (!domain || bpf_skb_load_bytes(skb, at - 2, &type, 2))
		return 0;
	sender.domain = domain->space;
	if (type == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, at + __builtin_offsetof(struct ipv6hdr, saddr), sender.address, 16))
			return 0;
	} else {
		__u32 offset = type == bpf_htons(ETH_P_ARP) ? ARP_SENDER : __builtin_offsetof(struct iphdr, saddr);

		sender.address[2] = bpf_htonl(0xffff);
		if (bpf_skb_load_bytes(skb, at + offset, &sender.address[3], 4))
			return 0;
	}
	priority = bpf_map_lookup_elem(&uplink_priority, &sender);
	return priority ? *priority & 7 : 0;
}

/* tc egress of the NIC. */
SEC("tc")
int to_wire(struct __sk_buff *skb)
{
	struct geneve_outer *outer;
	__u32 class = UPLINK_NODE_CLASS;

	pull(skb, TUNNEL_BYTES + ETH_HLEN);
	outer = read_geneve(skb);
	if (outer)
		class = UPLINK_FIRST_CLASS + priority_of(skb, vni_of(outer));
	skb->priority = UPLINK_HANDLE | class;
	return TC_ACT_UNSPEC;
}

/* The kernel takes the object under the second of its two licences. */
char _license[] SEC("license") = "GPL";
