#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
# usage: sudo tests/run.sh [--fast] [--only NAME]...
#   --fast       leave out the end-to-end tests (Lab.Tests)
#   --only NAME  run only this project: Fabric.Primitives or Fabric.Primitives.Tests; may be repeated
# With CI set, lock files must fit and a test that cannot run here counts as failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
results=$root/artifacts/test-results

# The quick ones first, so that a mistake shows early; a project that is not named here runs before Lab.Tests.
order=(
  Architecture Fabric.Primitives Fabric.Resources Fabric.Telemetry Fabric.Policy Vmnet.KubeVirt Cni.Protocol Fabric.Grains Fabric.Kube
  Fabric.ApiServer Ovs.Ovsdb Fabric.Realization Cni.Netlink Bpf.FastPath Cni.Agent Fabric.Server
  Lab.Runner Lab.Cluster
)
last=Lab
limit=600        # seconds for one project
last_limit=2400  # seconds for the end-to-end tests

fail() { echo "tests: $*" >&2; exit 2; }

usage() { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# The names of all test projects without ".Tests", in the order they run.
projects() {
  local name
  for name in "${order[@]}"; do
    [ ! -d "$here/$name.Tests" ] || echo "$name"
  done
  for name in "$here"/*.Tests; do
    name=$(basename "$name" .Tests)
    [[ " ${order[*]} $last " == *" $name "* ]] || echo "$name"
  done
  [ ! -d "$here/$last.Tests" ] || echo "$last"
}

# sudo's secure_path may leave out where the SDK is.
find_dotnet() {
  local home place
  home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
  for place in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet \
    /usr/local/share/dotnet/dotnet "$home/.dotnet/dotnet"; do
    if [ -n "$place" ] && [ -x "$place" ]; then
      readlink -f "$place"
      return 0
    fi
  done
  fail "the .NET 10 SDK was not found: install it, or set DOTNET_ROOT to its folder"
}

# Builds as the user who called sudo, so that the tree stays theirs.
as_owner() {
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] && [ "$(stat -c %U "$root")" = "$SUDO_USER" ]; then
    runuser -u "$SUDO_USER" -- "$@"
  else
    "$@"
  fi
}

passed=0 failed=0 skipped=0
failures=

# The last line of every run that got as far as building, whatever happened.
finish() {
  [ -z "$failures" ] || printf '\nFailed:\n%s\n' "$failures"
  local skips=
  [ "$skipped" -eq 0 ] || skips=", $skipped skipped"
  printf '\n%d passed, %d failed%s\n' "$passed" "$failed" "$skips"
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

# Counts one failure that no test reported.
broken() {
  failed=$((failed + 1))
  failures+=$'\n'"$1"$'\n'"$(sed 's/^/  /' <<<"$2")"$'\n'
}

# build [NAME]...: these test projects, or without names everything at once.
build() {
  local flags=(-c Release -v quiet --nologo --disable-build-servers -p:AnalyzeTests=false)
  [ -z "${CI:-}" ] || flags+=(-p:RestoreLockedMode=true)
  local log=$results/build.log began=$SECONDS
  local targets=("$root/Fabric.sln") target
  [ $# -eq 0 ] || targets=("${@/#/$here/}")
  for target in "${targets[@]}"; do
    echo "building $(basename "$target")"
    if ! as_owner "$dotnet" build "$target" "${flags[@]}" >>"$log" 2>&1; then
      broken "the build of $(basename "$target")" \
        "$(grep -E ' error |: error' "$log" | sed -E 's/ \[[^]]*\]$//' | sort -u | head -n 40 | grep . || tail -n 40 "$log")"
      finish
    fi
  done
  echo "built in $((SECONDS - began)) s"
}

child=
interrupted() {
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
  broken "the run" "It was interrupted."
  finish
}

# run NAME SECONDS: one project; a process that ends without a report counts as one failure.
run() {
  local name=$1.Tests seconds=$2 status=0 counts
  local assembly=$here/$name/bin/Release/net10.0/$name.dll log=$results/$name.log report=$results/$name.xml
  local options=(-noLogo -noColor -longRunning 60 -xml "$report")
  [ -z "${CI:-}" ] || options+=(-failSkips)
  [ ! -t 1 ] || printf '%-26s ...' "$name"

  local began=$EPOCHREALTIME
  timeout --kill-after=20 "$seconds" "$dotnet" "$assembly" "${options[@]}" >"$log" 2>&1 </dev/null &
  child=$!
  wait "$child" 2>/dev/null || status=$?
  child=
  local took
  took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  [ ! -t 1 ] || printf '\r'

  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    printf '%-26s stopped after %s s\n' "$name" "$took"
    broken "$name" "It did not end within $seconds s and was stopped. Its last lines:"$'\n'"$(tail -n 15 "$log")"
  elif [ ! -s "$report" ] || ! counts=$(awk -v assembly="$name" -f "$here/results.awk" "$report") || [ -z "$counts" ]; then
    printf '%-26s crashed with exit code %d after %s s\n' "$name" "$status" "$took"
    broken "$name" "It ended with exit code $status and no report. Its last lines:"$'\n'"$(tail -n 30 "$log")"
  else
    local ok bad left
    read -r ok bad left <<<"${counts%%$'\n'*}"
    printf '%-26s %5d passed, %d failed, %d skipped  %s s\n' "$name" "$ok" "$bad" "$left" "$took"
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    [ "$bad" -eq 0 ] || failures+=${counts#*$'\n'}$'\n'
    if [ $((ok + bad + left)) -eq 0 ]; then
      broken "$name" "It has no tests."
    elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
      broken "$name" "All its tests passed, but it ended with exit code $status. Its last lines:"$'\n'"$(tail -n 15 "$log")"
    fi
  fi
}

main() {
  local fast= only=() all name
  while [ $# -gt 0 ]; do
    case $1 in
      --fast) fast=yes ;;
      --only)
        [ $# -ge 2 ] || fail "--only needs the name of a project"
        only+=("${2%.Tests}")
        shift
        ;;
      -h | --help) usage; exit 0 ;;
      *) fail "unknown option '$1'; see --help" ;;
    esac
    shift
  done
  mapfile -t all < <(projects)
  for name in "${only[@]}"; do
    [[ " ${all[*]} " == *" $name "* ]] || fail "there is no project '$name.Tests'; there are: ${all[*]}"
  done
  [ "$(id -u)" -eq 0 ] || fail "needs root, because tests make network namespaces and devices and load eBPF: run it with sudo"

  # Some tests look for exactly this.
  [ -z "${CI:-}" ] || export CI=true
  dotnet=$(find_dotnet)
  mkdir -p "$results"
  rm -f "$results"/*
  [ ! -x "$root/deploy/install.sh" ] || "$root/deploy/install.sh"
  chown --reference="$root" "$root/artifacts" "$results"
  trap interrupted INT TERM
  build "${only[@]/%/.Tests}"
  if [ -x "$root/deploy/build.sh" ] && ! "$root/deploy/build.sh"; then
    broken "deploy/build.sh" "It failed; what it said is above."
  fi

  for name in "${all[@]}"; do
    if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $name "* ]]; then
      continue
    elif [ "$name" = "$last" ]; then
      [ -n "$fast" ] || run "$name" "$last_limit"
    else
      run "$name" "$limit"
    fi
  done
  finish
}

main "$@"
