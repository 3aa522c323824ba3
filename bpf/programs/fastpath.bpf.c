/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * A cache beside OVN: OVS decides where the first frames of a flow go, these
 * programs remember it and let the others pass it by.
 *
 *   pod eth0 <--veth--> host end --from_endpoint--> OVS port, an endpoint or the NIC
 *   pod eth0 <------------------from_ovs----------- OVS port
 *   pod eth0 <---------------from_underlay--------- NIC
 *                       OVS --to_underlay---------> NIC
 *
 * A frame goes fast only if both directions of its flow are known and current
 * and the other one leads to whoever sends this one. In every other case it
 * takes the way it would take without these programs.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "endpoint_maps.h"
#include "fastpath_maps.h"
#include "include/guard.h"
#include "include/handover.h"
#include "include/dscp.h"
#include "include/packet.h"
#include "include/geneve.h"
#include "include/recall.h"
#include "include/learn.h"

/* To an endpoint of this node. Returns the verdict, or -1 with the frame as it was when the endpoint is gone. */
static __always_inline int deliver(struct __sk_buff *skb, struct endpoint_peer *to, struct fast_flow *flow, struct packet *p)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *eth = data;
	__u32 counted = to->ifindex;

	if (p->is_v6) {
		if (data + ETH_HLEN + sizeof(struct ipv6hdr) > end)
			return -1;
	} else if (data + ETH_HLEN + sizeof(struct iphdr) > end) {
		return -1;
	}
	copy_mac(eth->h_dest, flow->destination_mac);
	copy_mac(eth->h_source, flow->source_mac);
	eth->h_proto = p->is_v6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
	if (flow->ttl_fall)
		lower_ttl(eth + 1, p->is_v6, flow->ttl_fall);
	count_fast(skb, bpf_map_lookup_elem(&endpoint_stats, &counted));
	return enter(skb, to, flow->ifindex);
}

/* The endpoint that a flow leads to, if it is still there and in the same domain. */
static __always_inline struct endpoint_peer *endpoint_of(struct fast_flow *flow, __u32 domain)
{
	__u32 device = flow->ifindex;
	struct endpoint_peer *to = bpf_map_lookup_elem(&endpoint_peers, &device);

	return to && to->domain == domain ? to : NULL;
}

/* Into the tunnel. Returns the verdict, or -1 with the frame as it was. */
static __always_inline int tunnel(struct __sk_buff *skb, struct fast_flow *flow, struct packet *p)
{
	void *data, *ip;
	int failed = encapsulate(skb, flow, p);

	if (failed)
		return failed == -1 ? -1 : TC_ACT_SHOT;
	if (flow->ttl_fall) {
		data = frame_start(skb);
		ip = data + TUNNEL_BYTES + ETH_HLEN;
		if (ip + sizeof(struct iphdr) > frame_end(skb))
			return TC_ACT_SHOT;
		lower_ttl(ip, p->is_v6, flow->ttl_fall);
	}
	return bpf_redirect(flow->ifindex, 0);
}

/*
 * Only a refresh may bear the mark. IPv4's must be zero, so the frame is none
 * that has to be carried; a flow label may be chosen by chance and is only a
 * hint (RFC 6437 §2: a gateway may set it to zero).
 */
static __always_inline int unmark(struct __sk_buff *skb, struct packet *p, struct endpoint_counters *seen)
{
	__be32 first;

	if (!p->is_v6 || bpf_skb_load_bytes(skb, p->at, &first, 4)) {
		count_miss(seen, MISS_MARKED);
		return TC_ACT_SHOT;
	}
	first &= bpf_htonl(0xfff00000);
	bpf_skb_store_bytes(skb, p->at, &first, 4, BPF_F_RECOMPUTE_CSUM);
	return -1 - MISS_MARKED;
}

/* Returns a verdict, or -1 - endpoint_miss when the frame goes to OVS. */
static __always_inline int send_fast(struct __sk_buff *skb, __u32 device, struct endpoint_peer *ovs, struct endpoint_counters *seen)
{
	struct fast_config *c = settings();
	struct fast_generation generation;
	struct recalled r = {};
	struct packet p = {};
	struct ethhdr *eth;
	struct endpoint_peer *to;
	int miss, verdict;
	__u64 now;

	if (!is_on(c) || !ovs->domain)
		return -1 - MISS_OFF;
	if (skb->vlan_present)
		return -1 - MISS_NOT_IP;
	pull(skb, 0);
	miss = read_packet(skb, 0, ovs->domain, &p);
	if (p.marked)
		return unmark(skb, &p, seen);
	if (miss >= 0)
		return -1 - miss;
	now = bpf_ktime_get_coarse_ns();
	generation = generation_of_both(&p.key);
	miss = recall(c, &p, generation, now, &r);
	if (r.flow && r.reverse) {
		/*
		 * The other direction must lead to this very endpoint, with these
		 * MACs: or a neighbour that takes its address would ride on its verdict.
		 */
		eth = frame_start(skb);
		if ((void *)(eth + 1) > frame_end(skb))
			return -1 - MISS_MALFORMED;
		if (r.reverse->place != PLACE_LOCAL || r.reverse->ifindex != device || !mac_is(r.reverse->destination_mac, eth->h_source) ||
		    !mac_is(r.reverse->source_mac, eth->h_dest))
			miss = p.control ? MISS_CONTROL : MISS_SENDER;
		else if (p.control)
			forget(&p);
	}
	if (miss >= 0) {
		if (!p.control)
			note(c, &p, device, 0, generation.raised, now);
		return -1 - miss;
	}
	if (is_due(c, r.flow, r.flow->place == PLACE_REMOTE && now - r.reverse->used > c->silent_age, now)) {
		note(c, &p, device, 0, generation.raised, now);
		ask(skb, &p, ovs->ifindex);
	}
	touch(r.flow, now);
	if (r.flow->place == PLACE_LOCAL) {
		to = endpoint_of(r.flow, p.key.domain);
		if (!to)
			return -1 - MISS_GENERATION;
		count_fast(skb, seen);
		verdict = deliver(skb, to, r.flow, &p);
		return verdict < 0 ? -1 - MISS_MALFORMED : verdict;
	}
	verdict = tunnel(skb, r.flow, &p);
	if (verdict < 0)
		return -1 - MISS_FAILED;
	count_fast(skb, seen);
	return verdict;
}

/* tc ingress of the host end, and of the far ends of its shapers: what the VM or pod sends. */
SEC("tc")
int from_endpoint(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	enum waited waited;
	struct endpoint_peer *ovs = sender_of(skb, &device, &waited);
	struct endpoint_counters *seen;
	int verdict;

	/* Held back there before any way is chosen for it, it comes out at the shaper's far end. */
	verdict = ovs ? hold_back(skb, ovs, device, waited) : -1;
	if (verdict >= 0)
		return verdict;
	seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	/* The node's own stack must never see a frame of an endpoint. */
	if (!ovs) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	mark(skb, ovs);
	verdict = send_fast(skb, device, ovs, seen);
	if (verdict >= 0)
		return verdict;
	/* Never fast: only echo of ICMPv6 is. */
	if (is_forbidden(skb, ovs)) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	count_miss(seen, -1 - verdict);
	count(skb, seen, 1);
	return bpf_redirect(ovs->ifindex, 0);
}

/* tc ingress of the OVS port: what OVS sends to the endpoint. */
SEC("tc")
int from_ovs(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	struct endpoint_peer *endpoint = bpf_map_lookup_elem(&endpoint_peers, &device);
	struct endpoint_counters *seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	struct fast_config *c = settings();
	struct fast_flow place = {};
	struct packet p = {};
	struct ethhdr *eth;
	int miss;

	if (!endpoint) {
		count(skb, seen, 0);
		return TC_ACT_SHOT;
	}
	if (is_on(c) && endpoint->domain && !skb->vlan_present) {
		pull(skb, 0);
		miss = read_packet(skb, 0, endpoint->domain, &p);
		eth = frame_start(skb);
		if (miss < 0 && !p.control && (void *)(eth + 1) <= frame_end(skb)) {
			place.place = PLACE_LOCAL;
			place.ifindex = endpoint->ifindex;
			copy_mac(place.destination_mac, eth->h_dest);
			copy_mac(place.source_mac, eth->h_source);
			learn(c, &p, &place, bpf_ktime_get_coarse_ns());
		}
		/* The frame that this is a copy of is there already. */
		if (p.marked)
			return TC_ACT_SHOT;
	}
	count(skb, seen, 1);
	return enter(skb, endpoint, endpoint->ifindex);
}

/* tc ingress of the far end where what a subnet is sent comes out of the shaper of its sum. */
SEC("tc")
int from_sum(struct __sk_buff *skb)
{
	return leave_sum(skb);
}

/* The frame's way goes on with whatever else is attached to the device. */
#define GO_ON TC_ACT_UNSPEC

/* Returns a verdict, or -1 - endpoint_miss when the frame goes to OVS. */
static __always_inline int receive_fast(struct __sk_buff *skb, struct fast_config *c, struct endpoint_counters *seen)
{
	__u32 device = skb->ifindex, vni;
	struct fast_generation generation;
	struct geneve_outer *outer;
	struct fast_tunnel *domain;
	struct recalled r = {};
	struct packet p = {};
	struct endpoint_peer *to;
	struct ethhdr *inner;
	__be32 from, at;
	__be16 checksum, none = 0;
	int miss, congested;
	__u64 now;

	pull(skb, TUNNEL_BYTES);
	outer = read_geneve(skb);
	if (!outer)
		return -1 - MISS_NOT_IP;
	vni = vni_of(outer);
	from = outer->ip.saddr;
	at = outer->ip.daddr;
	congested = (outer->ip.tos & 3) == 3;
	checksum = outer->udp.check;
	domain = bpf_map_lookup_elem(&fast_tunnels, &vni);
	if (!domain || !domain->domain)
		return -1 - MISS_OFF;
	miss = read_packet(skb, TUNNEL_BYTES, domain->domain, &p);
	if (p.marked) {
		/* No node lets a refresh out. */
		count_miss(seen, MISS_MARKED);
		return TC_ACT_SHOT;
	}
	if (miss >= 0)
		return -1 - miss;
	now = bpf_ktime_get_coarse_ns();
	generation = generation_of_both(&p.key);
	miss = recall(c, &p, generation, now, &r);
	if (r.flow && r.reverse) {
		/* From the node that the answer would go to, and for the endpoint that OVS gave it to. */
		inner = frame_start(skb) + TUNNEL_BYTES;
		if ((void *)(inner + 1) > frame_end(skb))
			return -1 - MISS_MALFORMED;
		if (r.flow->place != PLACE_LOCAL || r.reverse->place != PLACE_REMOTE || r.reverse->outer_destination != from ||
		    r.reverse->outer_source != at || !mac_is(r.flow->destination_mac, inner->h_dest) ||
		    !mac_is(r.flow->source_mac, inner->h_source))
			miss = p.control ? MISS_CONTROL : MISS_SENDER;
		else if (p.control)
			forget(&p);
		else if (miss < 0 && congested)
			miss = MISS_CONGESTED;
	}
	if (miss >= 0) {
		if (!p.control)
			note(c, &p, device, from, generation.raised, now);
		return -1 - miss;
	}
	to = endpoint_of(r.flow, p.key.domain);
	if (!to)
		return -1 - MISS_GENERATION;
	if (is_due(c, r.flow, 0, now)) {
		note(c, &p, device, from, generation.raised, now);
		/* The mark of IPv6 is not in balance with anything, so the outer checksum must not count it. */
		if (p.is_v6 && checksum)
			bpf_skb_store_bytes(skb, ETH_HLEN + sizeof(struct iphdr) + 6, &none, 2, 0);
		ask(skb, &p, c->underlay_port);
	}
	touch(r.flow, now);
	if (decapsulate(skb, &p))
		return -1 - MISS_FAILED;
	count_fast(skb, seen);
	miss = deliver(skb, to, r.flow, &p);
	return miss < 0 ? TC_ACT_SHOT : miss;
}

/* tc ingress of the NIC: what other nodes send. */
SEC("tc")
int from_underlay(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	struct endpoint_counters *seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	struct fast_config *c = settings();
	int verdict;

	if (!is_on(c))
		return GO_ON;
	verdict = receive_fast(skb, c, seen);
	if (verdict >= 0)
		return verdict;
	count_miss(seen, -1 - verdict);
	count(skb, seen, 1);
	return GO_ON;
}

/* tc ingress of the switch's port that leads to the NIC: what OVS sends to other nodes. */
SEC("tc")
int to_underlay(struct __sk_buff *skb)
{
	struct fast_config *c = settings();
	struct geneve_outer *outer;
	struct fast_tunnel *domain;
	struct fast_flow place = {};
	struct ethhdr *eth, *inner;
	struct packet p = {};
	__u32 vni;
	int miss;

	if (!is_on(c) || !c->underlay)
		return GO_ON;
	pull(skb, TUNNEL_BYTES);
	outer = read_geneve(skb);
	if (!outer)
		return GO_ON;
	vni = vni_of(outer);
	domain = bpf_map_lookup_elem(&fast_tunnels, &vni);
	if (!domain || !domain->domain)
		return GO_ON;
	eth = frame_start(skb);
	inner = frame_start(skb) + TUNNEL_BYTES;
	place.place = PLACE_REMOTE;
	place.ifindex = c->underlay;
	place.outer_source = outer->ip.saddr;
	place.outer_destination = outer->ip.daddr;
	place.outer_tos = outer->ip.tos & 0xfc;
	place.outer_ttl = outer->ip.ttl;
	place.outer_source_port = outer->udp.source;
	place.vni = outer->vni;
	place.option = outer->option;
	if ((void *)(eth + 1) > frame_end(skb) || (void *)(inner + 1) > frame_end(skb))
		return GO_ON;
	copy_mac(place.outer_destination_mac, eth->h_dest);
	copy_mac(place.outer_source_mac, eth->h_source);
	copy_mac(place.destination_mac, inner->h_dest);
	copy_mac(place.source_mac, inner->h_source);
	miss = read_packet(skb, TUNNEL_BYTES, domain->domain, &p);
	if (miss < 0 && !p.control)
		learn(c, &p, &place, bpf_ktime_get_coarse_ns());
	/* The frame that this is a copy of is on its way already. */
	return p.marked ? TC_ACT_SHOT : GO_ON;
}

/* The kernel takes the object under the second of its two licences. */
char _license[] SEC("license") = "GPL";
