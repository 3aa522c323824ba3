#!/usr/bin/env bash
# Builds artifacts/bin/fabric and artifacts/bin/fabric-cni. Does nothing, fast, when no source has changed.
# usage: deploy/build.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
artifacts=$root/artifacts
stamp=$artifacts/.built

fail() { echo "build: $*" >&2; exit 1; }

# sudo's secure_path may leave out where the SDK is.
find_dotnet() {
  local place
  for place in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet \
    /usr/local/share/dotnet/dotnet "${HOME:-}/.dotnet/dotnet"; do
    if [ -n "$place" ] && [ -x "$place" ]; then
      readlink -f "$place"
      return 0
    fi
  done
  fail "the .NET 10 SDK was not found: install it, or set DOTNET_ROOT to its folder"
}

# What the two programs are built from: names, sizes and times of all sources, and the SDK.
fingerprint() {
  "$1" --version
  cd "$root"
  find Directory.Build.props Directory.Packages.props global.json .editorconfig deploy/crds fabric vmnet cni bpf ovs lab \
    \( -name bin -o -name obj \) -prune -o -type f -printf '%p %s %T@\n' | sort
}

main() {
  # Built as the user who called sudo, so that the tree stays theirs.
  if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] && [ "$(stat -c %U "$root")" = "$SUDO_USER" ]; then
    mkdir -p "$artifacts"
    chown "$SUDO_USER" "$artifacts"
    exec runuser -u "$SUDO_USER" -- "${BASH_SOURCE[0]}"
  fi

  local dotnet now
  dotnet=$(find_dotnet)
  now=$(fingerprint "$dotnet" | sha256sum)
  if [ -x "$artifacts/bin/fabric" ] && [ -x "$artifacts/bin/fabric-cni" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then
    return 0
  fi

  # The analyzers hold the house rules in every other build and in CI; a user's build need not wait for them.
  local speed=()
  [ "${CI:-}" = true ] || speed=(-p:RunAnalyzers=false)

  mkdir -p "$artifacts/bin" "$artifacts/lib"
  rm -f "$stamp"
  # At the same time: they share nothing.
  echo "build: fabric, and fabric-cni (native)"
  "$dotnet" publish "$root/cni/Cni.Plugin" -c Release -o "$artifacts/lib/fabric-cni" --nologo -v quiet "${speed[@]}" &
  local plugin=$!
  "$dotnet" publish "$root/fabric/Fabric.Cli" -c Release -o "$artifacts/lib/fabric" --nologo -v quiet "${speed[@]}" || { wait "$plugin" || true; exit 1; }
  wait "$plugin"

  # The folder of the SDK that built it has the runtime that runs it, also where sudo hides the variable.
  cat >"$artifacts/bin/fabric.new" <<LAUNCHER
#!/bin/sh
: "\${DOTNET_ROOT:=$(dirname "$dotnet")}"
export DOTNET_ROOT
exec "\$(dirname "\$(readlink -f "\$0")")/../lib/fabric/fabric" "\$@"
LAUNCHER
  chmod 755 "$artifacts/bin/fabric.new"
  mv "$artifacts/bin/fabric.new" "$artifacts/bin/fabric"
  cp "$artifacts/lib/fabric-cni/fabric-cni" "$artifacts/bin/fabric-cni.new"
  mv "$artifacts/bin/fabric-cni.new" "$artifacts/bin/fabric-cni"
  echo "$now" >"$stamp"
}

main
