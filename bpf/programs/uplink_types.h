/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The classes in which frames wait for the node's uplink. The agent's side is
 * Bpf.FastPath.
 */
#ifndef FABRIC_UPLINK_TYPES_H
#define FABRIC_UPLINK_TYPES_H

/* An endpoint's address in its routing domain. An IPv4 address is written as IPv6 writes it, ::ffff:a.b.c.d. */
struct uplink_address {
	__u32 domain;
	__be32 address[4];
};

/* The handle of the NIC's class queue. */
#define UPLINK_HANDLE 0x00050000U

/* Of what an endpoint of priority 0 sends, which goes last; those of the others follow to that of 7. */
#define UPLINK_FIRST_CLASS 0x10U

/* Of what the node itself sends. */
#define UPLINK_NODE_CLASS 0x18U

#endif
