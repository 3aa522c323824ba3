/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef FABRIC_TUNNEL_MAP_H
#define FABRIC_TUNNEL_MAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "fastpath_types.h"

/* The tunnel key of a logical datapath -> its routing domain. Written by the agent from OVN's southbound database. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct fast_tunnel);
} fast_tunnels SEC(".maps");

#endif
