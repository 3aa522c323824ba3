/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What an endpoint may not send and OVN cannot keep it from: northd lets all
 * of neighbour discovery pass before any rule.
 */
#ifndef FABRIC_GUARD_H
#define FABRIC_GUARD_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../endpoint_types.h"

#define ROUTER_ADVERTISEMENT 134 /* RFC 4861 §4.2 */

/* More extension headers than these no host sends before an advertisement. */
#define MAX_EXTENSION_HEADERS 6

/*
 * A router advertisement, also behind extension headers (RFC 7113 §2). Of
 * fragments hosts take no neighbour discovery (RFC 6980 §5).
 */
static __always_inline int is_advertisement(struct __sk_buff *skb)
{
	__u32 at = ETH_HLEN + sizeof(struct ipv6hdr);
	__u8 next, type, header[2];

	if (skb->protocol != bpf_htons(ETH_P_IPV6) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + __builtin_offsetof(struct ipv6hdr, nexthdr), &next, 1))
		return 0;
	for (int i = 0; i <= MAX_EXTENSION_HEADERS; i++) {
		if (next == IPPROTO_ICMPV6)
			return !bpf_skb_load_bytes(skb, at, &type, 1) && type == ROUTER_ADVERTISEMENT;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			return 0;
		if (bpf_skb_load_bytes(skb, at, header, sizeof(header)))
			return 0;
		next = header[0];
		at += (header[1] + 1) * 8;
	}
	return 1;
}

/* Whether the endpoint may not send it. */
static __always_inline int is_forbidden(struct __sk_buff *skb, struct endpoint_peer *ovs)
{
	return !(ovs->flags & ENDPOINT_ADVERTISES) && is_advertisement(skb);
}

#endif
