/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the fast path remembers, and what the node agent tells it. The agent's
 * side is Bpf.FastPath; a test compares the layouts with the object's BTF.
 */
#ifndef FABRIC_FASTPATH_TYPES_H
#define FABRIC_FASTPATH_TYPES_H

#include <linux/types.h>

/*
 * Raised by hand when a map's meaning changes but not its layout: a new agent
 * takes over the maps of a running program only if this is the same.
 */
#define FAST_LAYOUT 2

/*
 * What became of an address. Many share a row, found by a hash that the agent
 * computes as well: what is said of one costs the others' flows an exchange
 * through OVS, and there is no row to look for and none too many.
 */
struct fast_generation {
	__u32 raised; /* how often one has moved or changed */
	__u32 held;   /* not 0: one's VM is moving to this node, which must get every frame from OVS */
};

#define GENERATION_ROW_BITS 16

/* One direction of a flow. An IPv4 address is written as IPv6 writes it, ::ffff:a.b.c.d. ICMP echo: a request's id is its source port, a reply's its destination port. */
struct fast_key {
	__u32 domain;
	__be32 source[4];
	__be32 destination[4];
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 pad[3];
};

enum fast_place {
	PLACE_LOCAL = 1,  /* an endpoint of this node */
	PLACE_REMOTE = 2, /* another node, through the tunnel */
};

/* What OVS did with a frame of this direction: learned where it came out. Times are monotonic nanoseconds. */
struct fast_flow {
	__u64 learned;    /* when OVS last let one out */
	__u64 asked;      /* when a marked copy was last sent through OVS */
	__u64 used;       /* when one last took the fast path in, to 100 ms */
	__u64 held_until; /* not used before: OVS was sending to two places */
	__u32 epoch;      /* as they were when the frame went in, not when it came out */
	__u32 generation;
	__u32 place;      /* fast_place */
	__u32 ifindex;    /* the endpoint's host end, or the NIC */
	__u16 longest;    /* the longest IP packet seen to come out */
	__u8 ttl_fall;
	__u8 outer_tos;
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__u8 outer_destination_mac[6];
	__u8 outer_source_mac[6];
	__be32 outer_source;
	__be32 outer_destination;
	__be32 vni;       /* the second word of the Geneve header as on the wire */
	__be32 option;    /* OVN's: the ports it came from and goes to */
	__u8 outer_ttl;
	__u8 pad;
	__be16 outer_source_port; /* OVS's, so that a fabric of several paths carries both alike */
};

/* A frame that went into OVS and has not come out yet. */
struct fast_pending {
	__u64 noted;
	__u32 epoch;
	__u32 generation;
	__u32 device;  /* where it came in */
	__be32 tunnel; /* the node it came from, 0 if from this one */
	__u8 ttl;
	__u8 tos;
	__u8 mixed; /* frames of several TTLs are inside: what comes out does not tell how far it fell */
	__u8 pad;
	__u32 pad2;
};

/* Written by the agent; one row. */
struct fast_config {
	__u64 learn_after; /* nothing is learned before */
	__u64 soft_age;    /* then a copy goes through OVS to renew the entry */
	__u64 hard_age;    /* then the entry is not used */
	__u64 reverse_age; /* the same for the entry of the other direction */
	__u64 retry_age;   /* between two copies */
	__u64 silent_age;  /* a flow that nobody answers is asked for again after it */
	__u64 policy;      /* the agent's: the version of the configuration the epoch belongs to */
	__u32 epoch;
	__u32 enabled;
	__u32 underlay;      /* the tunnel's NIC; 0 when only this node's own flows are fast */
	__u32 underlay_port; /* the switch's port that is joined to it */
	__u32 layout;        /* FAST_LAYOUT */
	__u32 held;          /* set by an operator: enabled is not looked at */
};

/* The routing domain of a logical datapath. */
struct fast_tunnel {
	__u32 domain; /* 0 leaves its frames to OVS */
	__u32 space;  /* the same, also where they are left to OVS: within it an address is one endpoint's */
};

/* Index of fast_events. Append only. */
enum fast_event {
	EVENT_LEARNED_LOCAL,
	EVENT_LEARNED_REMOTE,
	EVENT_NO_PENDING,  /* came out as another tuple, or did not come in here */
	EVENT_OLD_EPOCH,   /* went in before the last change of policy */
	EVENT_GRACE,       /* a change of policy is not installed for sure yet */
	EVENT_CHANGED,     /* OVS changed more than the TTL */
	EVENT_ASKED,       /* a marked copy was sent through OVS */
	EVENT_ANSWERED,    /* a marked copy came out */
	EVENT_HELD,        /* the same flow came out at two places */
	EVENT_MOVED,       /* an answer came from elsewhere than the flow goes to */
	EVENT_COUNT = 16,
};

#endif
