/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Handing a frame over between an endpoint's two devices, and counting it. */
#ifndef FABRIC_HANDOVER_H
#define FABRIC_HANDOVER_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "../endpoint_maps.h"

#ifndef NULL
#define NULL ((void *)0)
#endif

/* Per CPU, and a tc program is not interrupted by another: no atomics. */
static __always_inline void count(struct __sk_buff *skb, struct endpoint_counters *seen, int passes)
{
	if (seen && passes) {
		seen->packets += skb->gso_segs ? skb->gso_segs : 1;
		seen->bytes += skb->len;
	} else if (seen) {
		seen->drops++;
	}
}

static __always_inline void count_fast(struct __sk_buff *skb, struct endpoint_counters *seen)
{
	if (seen) {
		__u64 packets = skb->gso_segs ? skb->gso_segs : 1;

		seen->packets += packets;
		seen->bytes += skb->len;
		seen->fast_packets += packets;
		seen->fast_bytes += skb->len;
	}
}

static __always_inline void count_miss(struct endpoint_counters *seen, __u32 reason)
{
	if (seen && reason < MISS_REASONS)
		seen->misses[reason]++;
}

/* The queues that a frame has waited in, which it meets in this order. */
enum waited {
	WAITED_NOWHERE,
	WAITED_ALONE,  /* in its endpoint's own */
	WAITED_IN_SUM, /* in that of its subnet's sum */
};

/*
 * Whose frame came in by a device: a host end's, or that of the host end which
 * the far end of a shaper stands for. `device` becomes the host end.
 */
static __always_inline struct endpoint_peer *sender_of(struct __sk_buff *skb, __u32 *device, enum waited *waited)
{
	struct endpoint_peer *ovs = bpf_map_lookup_elem(&endpoint_peers, device);
	__u32 *host;

	*waited = WAITED_NOWHERE;
	if (ovs)
		return ovs;
	host = bpf_map_lookup_elem(&endpoint_shapers, device);
	if (!host)
		return NULL;
	if (*host != SHAPER_OF_MANY) {
		*waited = WAITED_ALONE;
		*device = *host;
	} else {
		*waited = WAITED_IN_SUM;
		*device = skb->mark;
		skb->mark = 0;
	}
	return bpf_map_lookup_elem(&endpoint_peers, device);
}

/*
 * Into the shaper of a subnet's sum. The mark stays on the way through a veth
 * pair of one namespace; nobody outside can set it, for it does not stay on the
 * way from another.
 */
static __always_inline int wait_in_sum(struct __sk_buff *skb, __u32 sum, __u32 host)
{
	skb->mark = host;
	/* Neighbours in number are far from each other (Knuth, TAOCP 3, 6.4). */
	skb->priority = SUM_HANDLE | ((host * 0x9e3779b1U >> (32 - SUM_QUEUES_BITS)) + 1);
	return bpf_redirect(sum, 0);
}

/* Into the next queue that holds the sender back. Returns the verdict, or -1 when there is none left. */
static __always_inline int hold_back(struct __sk_buff *skb, struct endpoint_peer *ovs, __u32 device, enum waited waited)
{
	if (waited < WAITED_ALONE && ovs->shaper)
		return bpf_redirect(ovs->shaper, 0);
	if (waited < WAITED_IN_SUM && ovs->sum_out)
		return wait_in_sum(skb, ovs->sum_out, device);
	return -1;
}

/*
 * Into the VM or pod, whose host end is `host`. redirect_peer works only at tc
 * ingress and passes the host end's qdisc by, so an endpoint with a shaper there
 * goes through it.
 */
static __always_inline int enter_now(struct endpoint_peer *row, __u32 host)
{
	return row->flags & ENDPOINT_QUEUED ? bpf_redirect(host, 0) : bpf_redirect_peer(host, 0);
}

/* The same, behind what else its subnet is sent when their sum is limited. `row` is that of either device. */
static __always_inline int enter(struct __sk_buff *skb, struct endpoint_peer *row, __u32 host)
{
	return row->sum_in ? wait_in_sum(skb, row->sum_in, host) : enter_now(row, host);
}

/* What came out of the shaper of a sum enters the endpoint that its mark names. */
static __always_inline int leave_sum(struct __sk_buff *skb)
{
	__u32 host = skb->mark;
	struct endpoint_peer *row = bpf_map_lookup_elem(&endpoint_peers, &host);

	skb->mark = 0;
	return row ? enter_now(row, host) : TC_ACT_SHOT;
}

#endif
