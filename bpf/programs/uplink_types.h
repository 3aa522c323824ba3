/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The classes in which frames wait for the node's uplink. The agent's side is
 * Bpf.FastPath.
 */
#ifndef FABRIC_UPLINK_TYPES_H
#define FABRIC_UPLINK_TYPES_H

/*
 * What an endpoint may send from, in its routing domain: struct bpf_lpm_trie_key, whose bits count from the domain's first. An
 * IPv4 address is written as IPv6 writes it, ::ffff:a.b.c.d.
 */
struct uplink_prefix {
	__u32 bits;
	__u32 domain;
	__be32 address[4];
};

/* Those of one address. */
#define UPLINK_ADDRESS_BITS 160

/* The handle of the NIC's class queue. */
#define UPLINK_HANDLE 0x00050000U

/* Of what an endpoint of priority 0 sends, which goes last; those of the others follow to that of 7. */
#define UPLINK_FIRST_CLASS 0x10U

/* Of what the node itself sends. */
#define UPLINK_NODE_CLASS 0x18U

#endif
