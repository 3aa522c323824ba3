/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the programs of a migrating VM's endpoint and the node agent tell each
 * other. The agent's side is Bpf.FastPath; a test compares the layouts with
 * the object's BTF.
 */
#ifndef FABRIC_MIGRATION_TYPES_H
#define FABRIC_MIGRATION_TYPES_H

#include <linux/types.h>

/* Frames kept, a power of two: a tap's queue of 1000, and what comes in a pause of half a second at 6 kHz. */
#define HELD_SLOTS 4096

/* Of each, bytes: any of a guest whose MTU is below 2000. */
#define HELD_BYTES 2016

/* Frames remembered that went into the guest's tap, a power of two. */
#define READ_SLOTS 8192

/* Of a frame that much is looked at: its headers, and their checksums over the rest. */
#define HASHED_BYTES 96

/* The shortest frame: an Ethernet header. */
#define ETH_HLEN_BYTES 14

enum gate_mode {
	GATE_OPEN,  /* frames pass */
	GATE_HOLD,  /* frames are kept, the newest in place of the oldest */
	GATE_DRAIN, /* the agent delivers what was kept; what comes is put behind */
};

/* A frame kept. */
struct held_frame {
	__u64 number; /* its place in the order they came in, from 1; written last */
	__u64 came;   /* monotonic nanoseconds */
	__u64 hash;
	__u32 length;
	__u32 pad;
	__u8 data[HELD_BYTES];
};

/* One row. Times are monotonic nanoseconds. */
struct gate_state {
	__u32 mode;     /* gate_mode */
	__u32 spoken;   /* the guest has sent a frame */
	__u64 spoke;    /* when its first */
	__u64 lease;    /* the agent is alive until then: a gate outlives it no longer */
	__u64 settle;   /* draining does not end before */
	__u64 head;     /* frames kept so far */
	__u64 drained;  /* of them, those the agent is done with */
	__u64 opened;   /* when it opened */
	__u64 expired;  /* set when it opened by itself because the agent's time was over */
	__u64 too_long; /* frames longer than a slot: dropped */
	__u64 silenced; /* frames that somebody sent in the guest's place before it was there: dropped */
	__u64 queued;   /* frames that went into the tap since the program is on it */
	__u64 base;     /* the agent's: what the tap had sent and dropped by then */
};

#endif
