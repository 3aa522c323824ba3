/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef FABRIC_ENDPOINT_MAPS_H
#define FABRIC_ENDPOINT_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "endpoint_types.h"

/* Entries are two for each endpoint; the agent sets the size before the load. */
#define ENDPOINT_MAP_ENTRIES 8192

/*
 * ifindex of a device -> the endpoint's other device. Written by the agent
 * before it attaches and after it detaches; read by both programs; nothing is
 * ever evicted, a full map refuses the endpoint.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENDPOINT_MAP_ENTRIES);
	__type(key, __u32);
	__type(value, struct endpoint_peer);
} endpoint_peers SEC(".maps");

/*
 * ifindex of a shaper's far end -> that of the host end whose frames come out
 * of it, or SHAPER_OF_MANY. Written by the agent before a host end is told of its shaper; read by
 * from_endpoint; nothing is ever evicted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENDPOINT_MAP_ENTRIES);
	__type(key, __u32);
	__type(value, __u32);
} endpoint_shapers SEC(".maps");

/*
 * ifindex of a device -> what came in by it. The row is made and removed by
 * the agent and counted up by the programs; each CPU has its own.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, ENDPOINT_MAP_ENTRIES);
	__type(key, __u32);
	__type(value, struct endpoint_counters);
} endpoint_stats SEC(".maps");

#endif
