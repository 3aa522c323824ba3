/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What a frame that leaves OVS teaches. */
#ifndef FABRIC_LEARN_H
#define FABRIC_LEARN_H

#include "recall.h"

/* How long a flow that OVS sends to two places is left to it, counted from the last sign of that. */
#define HOLD_AGE 1000000000ULL

/* No subnet has a smaller MTU than these (RFC 8200 §5 for IPv6), so shorter packets need not be seen first. */
#define SHORT_IPV4 576
#define SHORT_IPV6 1280

static __always_inline int is_same_place(const struct fast_flow *left, const struct fast_flow *right)
{
	return left->place == right->place && left->ifindex == right->ifindex && left->outer_destination == right->outer_destination &&
	       left->outer_source == right->outer_source && left->vni == right->vni && left->option == right->option &&
	       left->ttl_fall == right->ttl_fall && left->outer_tos == right->outer_tos && left->outer_ttl == right->outer_ttl &&
	       mac_is(left->destination_mac, right->destination_mac) && mac_is(left->source_mac, right->source_mac) &&
	       mac_is(left->outer_destination_mac, right->outer_destination_mac) && mac_is(left->outer_source_mac, right->outer_source_mac);
}

/*
 * The answer to a flow must come from where the flow goes to. When OVS takes
 * it from elsewhere the other end has moved, and what is remembered is wrong.
 */
static __always_inline void compare_origin(struct packet *p, const struct fast_pending *pending)
{
	struct fast_key reverse;
	struct fast_flow *back;

	reverse_key(&reverse, &p->key);
	back = bpf_map_lookup_elem(&fast_flows, &reverse);
	if (back && (back->ifindex != pending->device || (back->place == PLACE_REMOTE) != !!pending->tunnel ||
		     (pending->tunnel && back->outer_destination != pending->tunnel))) {
		bpf_map_delete_elem(&fast_flows, &reverse);
		happened(EVENT_MOVED);
	}
}

/* Remembers where a frame came out, unless what went in is not known to be the same frame under what is in force. `now_at` is filled in by the caller but for what is compared. */
static __always_inline void learn(struct fast_config *c, struct packet *p, struct fast_flow *now_at, __u64 now)
{
	struct fast_pending *pending = bpf_map_lookup_elem(&fast_pending, &p->key);
	struct fast_flow *known;
	__u8 fall;

	if (!pending)
		return happened(EVENT_NO_PENDING);
	if (pending->epoch != c->epoch || now - pending->noted > PENDING_AGE)
		return happened(EVENT_OLD_EPOCH);
	if (now < c->learn_after)
		return happened(EVENT_GRACE);
	fall = pending->ttl - p->ttl;
	if (pending->mixed || fall > 8 || pending->tos != p->tos)
		return happened(EVENT_CHANGED);
	compare_origin(p, pending);
	now_at->learned = now_at->asked = now;
	now_at->epoch = pending->epoch;
	now_at->generation = pending->generation;
	now_at->ttl_fall = fall;
	now_at->longest = p->is_v6 ? SHORT_IPV6 : SHORT_IPV4;
	if (p->longest > now_at->longest)
		now_at->longest = p->longest;
	known = bpf_map_lookup_elem(&fast_flows, &p->key);
	if (known && known->epoch == now_at->epoch && known->generation == now_at->generation) {
		if (is_same_place(known, now_at)) {
			if (now_at->longest > known->longest)
				known->longest = now_at->longest;
			known->learned = now;
			goto learned;
		}
		now_at->held_until = now + HOLD_AGE;
		now_at->used = known->used;
		happened(EVENT_HELD);
	}
	bpf_map_update_elem(&fast_flows, &p->key, now_at, BPF_ANY);
learned:
	happened(now_at->place == PLACE_LOCAL ? EVENT_LEARNED_LOCAL : EVENT_LEARNED_REMOTE);
	if (p->marked)
		happened(EVENT_ANSWERED);
}

#endif
