#!/usr/bin/env bash
# Finds a Chromium for the browser tests; installs Debian's where that is allowed, else says how.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ]; }; then
  as_root=""
  if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
  $as_root apt-get update -qq
  $as_root apt-get install -qq -y --no-install-recommends chromium
else
  echo "The browser tests are skipped: install Chromium (for example: sudo apt-get install chromium) to run them."
fi
