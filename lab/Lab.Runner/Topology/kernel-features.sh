#!/bin/sh
# Tries, in a network namespace of its own that goes away with it, each kernel feature that a lab is built from.
# Prints one line for each that is missing: what, and the module or package that brings it. Needs root.
if [ "${1:-}" != inside ]; then
  exec unshare --net -- /bin/sh "$0" inside
fi

try() {
  needs=$1
  shift
  "$@" >/dev/null 2>&1 || echo "$needs"
}

try 'veth pairs (kernel module veth)' ip link add name a type veth peer name b
try 'bridges (kernel module bridge)' ip link add name br type bridge
try 'tap devices (kernel module tun)' ip tuntap add dev t mode tap
try 'the clsact queueing discipline (kernel module sch_ingress)' tc qdisc add dev a clsact
try 'the u32 classifier (kernel module cls_u32)' tc filter add dev a ingress protocol all prio 1 u32 match u32 0 0 flowid 1:1
try 'the redirect action (kernel module act_mirred)' tc filter add dev a ingress protocol all prio 2 u32 match u32 0 0 action mirred egress redirect dev b
try 'the bpf classifier (kernel module cls_bpf)' tc filter add dev a ingress protocol all prio 3 bpf da bytecode '1,6 0 0 0,'
try 'nf_tables address translation (kernel modules nf_tables, nft_nat, nft_masq; package nftables)' \
  nft 'add table ip n; add chain ip n c { type nat hook postrouting priority 100; }; add rule ip n c masquerade'
exit 0
