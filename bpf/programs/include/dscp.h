/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Marking what an endpoint sends. */
#ifndef FABRIC_DSCP_H
#define FABRIC_DSCP_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The first two bytes of both headers hold the six bits (RFC 2474 §3); those of ECN stay (RFC 3168 §5). */
#define IPV4_REST 0xff03
#define IPV4_SHIFT 2
#define IPV4_CHECKSUM (ETH_HLEN + 10)
#define IPV6_REST 0xf03f
#define IPV6_SHIFT 6

/* A frame that is not IP, or has a VLAN, is left as it is. */
static __always_inline void set_dscp(struct __sk_buff *skb, __u32 dscp)
{
	__be16 type, before, after;

	if (skb->vlan_present || bpf_skb_load_bytes(skb, ETH_HLEN - 2, &type, 2) || bpf_skb_load_bytes(skb, ETH_HLEN, &before, 2))
		return;
	if (type == bpf_htons(ETH_P_IP)) {
		after = (before & bpf_htons(IPV4_REST)) | bpf_htons(dscp << IPV4_SHIFT);
		if (after != before && !bpf_l3_csum_replace(skb, IPV4_CHECKSUM, before, after, 2))
			bpf_skb_store_bytes(skb, ETH_HLEN, &after, 2, 0);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		after = (before & bpf_htons(IPV6_REST)) | bpf_htons(dscp << IPV6_SHIFT);
		if (after != before)
			bpf_skb_store_bytes(skb, ETH_HLEN, &after, 2, BPF_F_RECOMPUTE_CSUM);
	}
}

/* What is done with every frame of an endpoint before anybody sees it. */
static __always_inline void mark(struct __sk_buff *skb, const struct endpoint_peer *sender)
{
	if (sender->flags & ENDPOINT_MARKED)
		set_dscp(skb, (sender->flags >> ENDPOINT_DSCP_SHIFT) & ENDPOINT_DSCP_MASK);
}

#endif
