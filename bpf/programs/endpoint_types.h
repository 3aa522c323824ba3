/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the programs of an endpoint and the node agent tell each other. The
 * agent's side is Bpf.FastPath; a test compares it with the object's BTF.
 */
#ifndef FABRIC_ENDPOINT_TYPES_H
#define FABRIC_ENDPOINT_TYPES_H

#include <linux/types.h>

/* Deliver through the host end's queue, which redirect_peer passes by. */
#define ENDPOINT_QUEUED (1U << 0)
/* What the endpoint sends is given the DSCP of these bits. */
#define ENDPOINT_MARKED (1U << 1)
#define ENDPOINT_DSCP_SHIFT 8
#define ENDPOINT_DSCP_MASK 63U
/* It may send router advertisements. */
#define ENDPOINT_ADVERTISES (1U << 2)

/*
 * The handle of the queues inside of a sum's bucket, and how many there are: an
 * endpoint waits in one of its own, so that none crowds the others out.
 */
#define SUM_HANDLE 0x00040000U
#define SUM_QUEUES_BITS 6

/* In endpoint_shapers: frames of many endpoints come out, and their mark is the host end. */
#define SHAPER_OF_MANY 0U

/* One of the two devices of an endpoint, as seen from the other. */
struct endpoint_peer {
	__u32 ifindex;
	__u32 domain;  /* the routing domain; 0 leaves every frame to OVS */
	__u32 flags;   /* ENDPOINT_* */
	__u32 shaper;  /* of a host end: the device by which it sends through its shaper; 0 without one */
	__u32 sum_in;  /* the device by which it is sent what its subnet's sum is held to; 0 without one */
	__u32 sum_out; /* of a host end: the same for what it sends */
};

/*
 * Why a frame was left to OVS. Append only: the numbers are in pinned counters
 * of programs that an upgrade finds running, and are names in Bpf.FastPath.
 */
enum endpoint_miss {
	MISS_OFF,        /* not accelerated here, or the fast path is off */
	MISS_NOT_IP,     /* ARP, multicast, a VLAN, another protocol */
	MISS_FRAGMENT,   /* a fragment of an IP packet */
	MISS_OPTIONS,    /* IP options or extension headers */
	MISS_PROTOCOL,   /* neither TCP, UDP nor ICMP echo; link-local */
	MISS_MALFORMED,  /* headers that contradict the frame or themselves */
	MISS_CONTROL,    /* SYN, FIN or RST, which conntrack must see */
	MISS_UNKNOWN,    /* no entry for this direction */
	MISS_ONE_WAY,    /* no entry for the other direction */
	MISS_EPOCH,      /* policy or routes may have changed since */
	MISS_GENERATION, /* an address has moved or changed since */
	MISS_AGED,       /* OVS has not let such a frame out for too long */
	MISS_SENDER,     /* the other direction does not lead to this sender */
	MISS_TTL,        /* the TTL would run out */
	MISS_LONG,       /* longer than any that OVS has let out */
	MISS_HELD,       /* it was just sent to two places, or its VM is moving here */
	MISS_CONGESTED,  /* the underlay marked congestion */
	MISS_FAILED,     /* the kernel refused to rewrite the frame */
	MISS_MARKED,     /* it bears the mark of a refresh: dropped or cleaned */
	MISS_REASONS = 24,
};

/* What one device's program has seen, per CPU. */
struct endpoint_counters {
	__u64 packets; /* handed over; the segments of a GSO frame each count */
	__u64 bytes;   /* of those, Ethernet header included, once per frame */
	__u64 drops;   /* frames that had nowhere to go */
	__u64 fast_packets; /* of the packets, those that passed OVS by */
	__u64 fast_bytes;
	__u64 misses[MISS_REASONS]; /* frames left to OVS, by endpoint_miss */
};

#endif
