/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * A VM's endpoint around a live migration. One object for each VM: the two
 * programs on its tap stay, those of the gate are there only while it is the
 * target of a migration, in place of the usual ones.
 *
 *   guest --tap--guest_speaks--> bridge --> veth --gate_from_vm--> OVS port
 *   guest <-tap--guest_hears---- bridge <-- veth <---gate_to_vm--- OVS port
 *
 * While the guest runs elsewhere, what is sent to it is kept here, and what it
 * read there is known there. Its first frame here wakes the agent, which
 * delivers the rest; a frame that finds nothing before it opens the gate, so
 * that none overtakes another.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "endpoint_maps.h"
#include "migration_types.h"
#include "include/dscp.h"
#include "include/guard.h"
#include "include/handover.h"

/* The frame's way goes on with whatever else is attached to the device. */
#define GO_ON TC_ACT_UNSPEC

/* Kept frames, by their number; mapped into the agent, which sleeps while it is filled. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HELD_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct held_frame);
} held_frames SEC(".maps");

/* Mapped into the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct gate_state);
} gate_state SEC(".maps");

/* The hashes of the frames that went into the tap, in order: it is a queue, and its counter says how many were read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, READ_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} heard_frames SEC(".maps");

/* Wakes the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} gate_wake SEC(".maps");

static __always_inline struct gate_state *state(void)
{
	__u32 row = 0;

	return bpf_map_lookup_elem(&gate_state, &row);
}

/* FNV-1a by words: two frames that differ within what is looked at have the same value once in 2^64. Returns 0 for what is no frame. */
static __always_inline __u64 hash_of(struct __sk_buff *skb)
{
	__u64 words[HASHED_BYTES / 8] = {}, hash = 0xcbf29ce484222325ULL ^ skb->len;
	__u32 length = skb->len;

	if (length > HASHED_BYTES)
		length = HASHED_BYTES;
	if (length < ETH_HLEN_BYTES || bpf_skb_load_bytes(skb, 0, words, length))
		return 0;
#pragma unroll
	for (int i = 0; i < HASHED_BYTES / 8; i++) {
		hash ^= words[i];
		hash *= 0x100000001b3ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

static __always_inline void keep(struct __sk_buff *skb, struct gate_state *s, __u64 now)
{
	__u32 length = skb->len, slot;
	struct held_frame *frame;
	__u64 number;

	if (length < ETH_HLEN_BYTES || length > HELD_BYTES) {
		__sync_fetch_and_add(&s->too_long, 1);
		return;
	}
	number = __sync_fetch_and_add(&s->head, 1);
	slot = number & (HELD_SLOTS - 1);
	frame = bpf_map_lookup_elem(&held_frames, &slot);
	if (!frame)
		return;
	frame->number = 0;
	frame->length = 0;
	frame->came = now;
	frame->hash = hash_of(skb);
	/* For the verifier, which has forgotten what was asked above. */
	length &= 0x7ff;
	if (length >= ETH_HLEN_BYTES && length <= HELD_BYTES && !bpf_skb_load_bytes(skb, 0, frame->data, length))
		frame->length = length;
	asm volatile("" ::: "memory");
	frame->number = number + 1;
}

/* tc ingress of the OVS port: what is sent to the VM. */
SEC("tc")
int gate_to_vm(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	struct endpoint_peer *endpoint = bpf_map_lookup_elem(&endpoint_peers, &device);
	struct endpoint_counters *seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	struct gate_state *s = state();
	__u64 now = bpf_ktime_get_ns();

	if (!endpoint || !s) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	if (s->mode != GATE_OPEN && now > s->lease) {
		s->expired = 1;
		s->opened = now;
		s->mode = GATE_OPEN;
	} else if (s->mode == GATE_DRAIN && s->head == s->drained && now >= s->settle) {
		s->opened = now;
		s->mode = GATE_OPEN;
	}
	if (s->mode != GATE_OPEN) {
		keep(skb, s, now);
		return TC_ACT_SHOT;
	}
	count(skb, seen, 1);
	return enter(skb, endpoint, endpoint->ifindex);
}

/* tc ingress of the host end: what comes from the VM's pod. */
SEC("tc")
int gate_from_vm(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	struct endpoint_peer *ovs = bpf_map_lookup_elem(&endpoint_peers, &device);
	struct endpoint_counters *seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	struct gate_state *s = state();
	int verdict;

	if (!ovs || !s) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	/* The VM is elsewhere; its launcher, which has its address until it is bound, must not speak for it. */
	if (s->mode == GATE_HOLD && !s->spoken && bpf_ktime_get_ns() <= s->lease) {
		__sync_fetch_and_add(&s->silenced, 1);
		return TC_ACT_SHOT;
	}
	/* Limits hold now as well: it comes out at the shaper's far end, where the usual program is. */
	verdict = hold_back(skb, ovs, device, WAITED_NOWHERE);
	if (verdict >= 0)
		return verdict;
	if (is_forbidden(skb, ovs)) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	count(skb, seen, 1);
	mark(skb, ovs);
	return bpf_redirect(ovs->ifindex, 0);
}

/* tc ingress of the tap: what the guest sends. Nobody else can write here, so its first frame says that it runs. */
SEC("tc")
int guest_speaks(struct __sk_buff *skb __attribute__((unused)))
{
	struct gate_state *s = state();
	__u64 now;

	if (!s || s->spoken)
		return GO_ON;
	now = bpf_ktime_get_ns();
	s->spoke = now;
	s->spoken = 1;
	bpf_ringbuf_output(&gate_wake, &now, sizeof(now), BPF_RB_FORCE_WAKEUP);
	return GO_ON;
}

/* tc egress of the tap: what the guest is to read. */
SEC("tc")
int guest_hears(struct __sk_buff *skb)
{
	struct gate_state *s = state();
	__u64 *heard, number;
	__u32 slot;

	if (!s)
		return GO_ON;
	number = __sync_fetch_and_add(&s->queued, 1);
	slot = number & (READ_SLOTS - 1);
	heard = bpf_map_lookup_elem(&heard_frames, &slot);
	if (heard)
		*heard = hash_of(skb);
	return GO_ON;
}

/* The kernel takes the object under the second of its two licences. */
char _license[] SEC("license") = "GPL";
