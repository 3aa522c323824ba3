#!/usr/bin/env bash
# The main job, end to end: installs what is missing, builds, and shows a VM and a pod talking across two nodes.
# usage: sudo deploy/demo.sh [--keep] [--json]
#   --keep  leave the lab running to look around in; `sudo artifacts/bin/fabric lab down` ends it
#   --json  print the result for programs
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

case "${1:-}" in
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
if [ "$(id -u)" -ne 0 ]; then
  echo "deploy/demo.sh needs root, because it makes network namespaces, devices and eBPF programs: run it with sudo" >&2
  exit 1
fi

# Standard output carries the result alone, so that --json can be piped.
"$here/install.sh" >&2
"$here/build.sh" >&2
exec "$root/artifacts/bin/fabric" lab demo --samples "$here/samples" "$@"
