#!/usr/bin/env bash
# Installs from Debian what Fabric, its lab and its tests need and this machine lacks. Does nothing, fast, when all is there.
# Services that the packages bring (Open vSwitch, OVN, containerd) are not started: the lab runs its own.
# usage: sudo deploy/install.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
artifacts=$(dirname "$here")/artifacts

packages=(
  openvswitch-switch ovn-central ovn-host   # the overlay
  clang libbpf-dev libbpf1                  # eBPF programs: built with clang, loaded with libbpf
  containerd runc                           # pods
  containernetworking-plugins podman        # tests: CNI plugins to be chained with, and another runtime that calls ours
  qemu-system-x86 busybox-static lz4 cpio   # VMs: QEMU, and a guest made from Debian's kernel and busybox
  libc6-dev zlib1g-dev                      # what NativeAOT links, with clang
  iproute2 nftables iputils-ping kmod       # namespaces, masquerade, tunnel neighbours
  ethtool                                   # tests without offloads
  containernetworking-plugins               # what fabric bench cni compares with
  libsqlite3-0 ca-certificates
)
# Debian's kubernetes-client, which the tests also drive as the oldest kubectl that must work.
kubectl=$artifacts/kubectl/usr/bin/kubectl

say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }

missing() {
  local name
  for name in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
  done
}

refreshed=
refresh() {
  [ -z "$refreshed" ] || return 0
  say "reading the package lists"
  apt-get update -qq || fail "apt-get update failed: check /etc/apt/sources.list and the network"
  refreshed=yes
}

# Keeps dpkg from starting services while packages are installed; an own policy of the machine stays in force.
hold_services() {
  local policy=/usr/sbin/policy-rc.d
  [ ! -e "$policy" ] || return 0
  printf '#!/bin/sh\n# Made by fabric deploy/install.sh for the time of an installation.\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

# A run that was killed may have left its policy behind.
drop_stale_policy() {
  if grep -q 'fabric deploy/install.sh' /usr/sbin/policy-rc.d 2>/dev/null; then
    rm -f /usr/sbin/policy-rc.d
  fi
}

main() {
  if [ -z "$(missing)" ] && [ -x "$kubectl" ]; then
    return 0
  fi
  [ "$(id -u)" -eq 0 ] || fail "needs root to install packages: run it with sudo"
  command -v apt-get >/dev/null || fail "this script installs with apt-get (Debian 12); elsewhere install by hand: ${packages[*]} kubernetes-client"
  export DEBIAN_FRONTEND=noninteractive
  drop_stale_policy

  local wanted
  mapfile -t wanted < <(missing)
  if [ "${#wanted[@]}" -gt 0 ]; then
    refresh
    say "installing ${wanted[*]}"
    hold_services
    dpkg --configure -a >/dev/null
    apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null \
      || fail "apt-get could not install: ${wanted[*]}"
  fi

  if [ ! -x "$kubectl" ]; then
    refresh
    say "fetching kubernetes-client"
    local work
    work=$(mktemp -d "${TMPDIR:-/tmp}/fabric-kubectl.XXXXXX")
    (
      cd "$work"
      apt-get -o APT::Sandbox::User=root download -qq kubernetes-client
      dpkg-deb -x kubernetes-client_*.deb tree
    ) || { rm -rf "$work"; fail "could not fetch Debian's kubernetes-client"; }
    mkdir -p "$artifacts"
    rm -rf "$artifacts/kubectl"
    mv "$work/tree" "$artifacts/kubectl"
    rm -rf "$work"
  fi
}

main
