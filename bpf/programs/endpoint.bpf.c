/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Joins the two devices of an endpoint on its node: the host end of the pod's
 * veth, and the internal port of Open vSwitch that carries the iface-id.
 *
 *   pod eth0 <--veth--> host end --from_endpoint--> OVS port (OVS reads it)
 *   pod eth0 <------------------from_ovs----------- OVS port (OVS writes it)
 *
 * One object serves every endpoint of the node: a program finds the other
 * device by the one that it runs on. This is all that a node needs to run on
 * OVS alone, and what it runs where fastpath.bpf.c does not load.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "endpoint_maps.h"
#include "endpoint_types.h"
#include "include/guard.h"
#include "include/handover.h"
#include "include/dscp.h"

/* tc ingress of the host end, and of the far ends of its shapers: what the VM or pod sends goes to OVS. */
SEC("tc")
int from_endpoint(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	enum waited waited;
	struct endpoint_peer *ovs = sender_of(skb, &device, &waited);
	struct endpoint_counters *seen;
	int passes, verdict;

	/* Held back there, it comes out at the shaper's far end. */
	verdict = ovs ? hold_back(skb, ovs, device, waited) : -1;
	if (verdict >= 0)
		return verdict;
	seen = bpf_map_lookup_elem(&endpoint_stats, &device);
	passes = ovs && !is_forbidden(skb, ovs);
	count(skb, seen, passes);
	/* The node's own stack must never see a frame of an endpoint. */
	if (!passes)
		return TC_ACT_SHOT;
	mark(skb, ovs);
	return bpf_redirect(ovs->ifindex, 0);
}

/*
 * tc ingress of the OVS port: what OVS sends enters the pod's namespace
 * directly, past the host end's queue and a softirq.
 */
SEC("tc")
int from_ovs(struct __sk_buff *skb)
{
	__u32 device = skb->ifindex;
	struct endpoint_peer *endpoint = bpf_map_lookup_elem(&endpoint_peers, &device);
	struct endpoint_counters *seen = bpf_map_lookup_elem(&endpoint_stats, &device);

	count(skb, seen, endpoint != NULL);
	return endpoint ? enter(skb, endpoint, endpoint->ifindex) : TC_ACT_SHOT;
}

/* tc ingress of the far end where what a subnet is sent comes out of the shaper of its sum. */
SEC("tc")
int from_sum(struct __sk_buff *skb)
{
	return leave_sum(skb);
}

/* The kernel takes the object under the second of its two licences. */
char _license[] SEC("license") = "GPL";
