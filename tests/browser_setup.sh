#!/usr/bin/env bash
# What the browser and crash tests need beside Python: a Chromium and a C compiler. Installs Debian's where that is
# allowed (as root, or where CI=true), else says how.
set -euo pipefail

wanted=()
found=""
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then found="$name"; fi
done
if [ -z "$found" ]; then wanted+=(chromium); fi
if ! command -v cc >/dev/null; then wanted+=(gcc libc6-dev); fi
if [ ${#wanted[@]} = 0 ]; then exit 0; fi
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ]; }; then
  as_root=""
  if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
  $as_root apt-get update -qq
  $as_root apt-get install -qq -y --no-install-recommends "${wanted[@]}"
else
  echo "Some tests are skipped: install ${wanted[*]} (for example: sudo apt-get install ${wanted[*]}) to run them."
fi
