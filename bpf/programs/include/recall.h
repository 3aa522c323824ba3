/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Whether a frame may take the way that OVS gave another before it. */
#ifndef FABRIC_RECALL_H
#define FABRIC_RECALL_H

#include "../fastpath_maps.h"
#include "packet.h"

static __always_inline void happened(__u32 event)
{
	__u64 *times = bpf_map_lookup_elem(&fast_events, &event);

	if (times)
		(*times)++;
}

static __always_inline struct fast_config *settings(void)
{
	__u32 row = 0;

	return bpf_map_lookup_elem(&fast_config, &row);
}

static __always_inline int is_on(const struct fast_config *c)
{
	return c && c->enabled && !c->held;
}

/* Multiplies and shifts: Bpf.FastPath does the same. */
static __always_inline struct fast_generation *generation_of(__u32 domain, const __be32 *address)
{
	__u32 row = domain;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		row = (row ^ address[i]) * 0x9e3779b1U;
		row ^= row >> 15;
	}
	row >>= 32 - GENERATION_ROW_BITS;
	return bpf_map_lookup_elem(&fast_generations, &row);
}

/* Of both addresses of a frame. Each number only ever rises, so the sum is new when either is. */
static __always_inline struct fast_generation generation_of_both(const struct fast_key *key)
{
	struct fast_generation *source = generation_of(key->domain, key->source);
	struct fast_generation *destination = generation_of(key->domain, key->destination);
	struct fast_generation both = { .held = 1 };

	if (source && destination) {
		both.raised = source->raised + destination->raised;
		both.held = source->held | destination->held;
	}
	return both;
}

/* A frame that spent longer inside OVS says nothing of what it would do now. */
#define PENDING_AGE 1000000000ULL

/* A frame is about to enter OVS: what it looks like, and what was in force. */
static __always_inline void note(struct fast_config *c, struct packet *p, __u32 device, __be32 tunnel, __u32 generation, __u64 now)
{
	struct fast_pending pending = {
		.noted = now,
		.epoch = c->epoch,
		.generation = generation,
		.device = device,
		.tunnel = tunnel,
		.ttl = p->ttl,
		.tos = p->tos,
	};
	struct fast_pending *before = bpf_map_lookup_elem(&fast_pending, &p->key);

	if (before && (before->mixed || before->ttl != p->ttl) && now - before->noted <= PENDING_AGE) {
		pending.mixed = 1;
		/* Until the first of them must be through. */
		pending.noted = before->mixed ? before->noted : now;
	}
	bpf_map_update_elem(&fast_pending, &p->key, &pending, BPF_ANY);
}

struct recalled {
	struct fast_flow *flow;
	struct fast_flow *reverse;
};

/* Finds both directions. Returns -1 when both are current, else an endpoint_miss. Whose they are is for the caller to see. */
static __always_inline int recall(struct fast_config *c, struct packet *p, struct fast_generation generation, __u64 now, struct recalled *r)
{
	struct fast_key reverse;
	struct fast_flow *flow = bpf_map_lookup_elem(&fast_flows, &p->key), *back;

	if (!flow)
		return p->control ? MISS_CONTROL : MISS_UNKNOWN;
	reverse_key(&reverse, &p->key);
	back = bpf_map_lookup_elem(&fast_flows, &reverse);
	if (!back)
		return p->control ? MISS_CONTROL : MISS_ONE_WAY;
	r->flow = flow;
	r->reverse = back;
	if (p->control)
		return MISS_CONTROL;
	if (generation.held)
		return MISS_HELD;
	if (flow->epoch != c->epoch || back->epoch != c->epoch)
		return MISS_EPOCH;
	if (flow->generation != generation.raised || back->generation != generation.raised)
		return MISS_GENERATION;
	if (now - flow->learned > c->hard_age || now - back->learned > c->reverse_age)
		return MISS_AGED;
	if (now < flow->held_until)
		return MISS_HELD;
	if (p->ttl <= flow->ttl_fall)
		return MISS_TTL;
	if (p->longest > flow->longest)
		return MISS_LONG;
	return -1;
}

/* The handshake and the end of a connection: what was known of it is forgotten. */
static __always_inline void forget(struct packet *p)
{
	struct fast_key reverse;

	reverse_key(&reverse, &p->key);
	bpf_map_delete_elem(&fast_flows, &p->key);
	bpf_map_delete_elem(&fast_flows, &reverse);
}

/* Whether it is time to have OVS asked again, and nobody else has done so. */
static __always_inline int is_due(struct fast_config *c, struct fast_flow *flow, int silent, __u64 now)
{
	__u64 asked = flow->asked;

	if (now - flow->learned <= (silent ? c->silent_age : c->soft_age) || now - asked < (silent ? c->silent_age : c->retry_age))
		return 0;
	return __sync_val_compare_and_swap(&flow->asked, asked, now) == asked;
}

/* Sends a marked copy to a device of OVS; the frame itself is afterwards as before. */
static __always_inline void ask(struct __sk_buff *skb, struct packet *p, __u32 device)
{
	happened(EVENT_ASKED);
	if (p->is_v6) {
		__be32 first, marked;

		if (bpf_skb_load_bytes(skb, p->at, &first, 4))
			return;
		marked = (first & bpf_htonl(0xfff00000)) | bpf_htonl(IPV6_MARK_LABEL);
		if (bpf_skb_store_bytes(skb, p->at, &marked, 4, BPF_F_RECOMPUTE_CSUM))
			return;
		bpf_clone_redirect(skb, device, 0);
		bpf_skb_store_bytes(skb, p->at, &first, 4, BPF_F_RECOMPUTE_CSUM);
	} else {
		__be16 plain, marked;

		if (bpf_skb_load_bytes(skb, p->at + 6, &plain, 2))
			return;
		marked = plain | bpf_htons(IPV4_MARK);
		if (bpf_l3_csum_replace(skb, p->at + 10, plain, marked, 2) || bpf_skb_store_bytes(skb, p->at + 6, &marked, 2, 0))
			return;
		bpf_clone_redirect(skb, device, 0);
		bpf_l3_csum_replace(skb, p->at + 10, marked, plain, 2);
		bpf_skb_store_bytes(skb, p->at + 6, &plain, 2, 0);
	}
}

/* A frame of this direction just took the fast path in; written seldom, so that CPUs do not fight over it. */
static __always_inline void touch(struct fast_flow *flow, __u64 now)
{
	if (now - flow->used > 100000000ULL)
		flow->used = now;
}

#endif
