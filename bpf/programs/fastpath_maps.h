/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef FABRIC_FASTPATH_MAPS_H
#define FABRIC_FASTPATH_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "fastpath_types.h"
#include "tunnel_map.h"

/* Sizes are those of a small node; the agent sets its own before the load. */

/* Switches and what is in force. Written by the agent, read by every program. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fast_config);
} fast_config SEC(".maps");

/* Both directions of the flows OVS lets pass. Written where frames leave OVS, read where they enter; the least used go. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct fast_key);
	__type(value, struct fast_flow);
} fast_flows SEC(".maps");

/* Frames inside OVS. Written where they enter, read where they leave; the oldest go. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fast_key);
	__type(value, struct fast_pending);
} fast_pending SEC(".maps");

/* What became of addresses, by their hash. Written by the agent, which has it in its memory; read where frames enter OVS. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << GENERATION_ROW_BITS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct fast_generation);
} fast_generations SEC(".maps");

/* What was learned and why not, by fast_event. Counted up by the programs, each CPU its own. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} fast_events SEC(".maps");

#endif
