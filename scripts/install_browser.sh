#!/bin/sh
# Makes sure of a Chromium: Playwright's own where it can be downloaded, else the system's or its package.
set -eu
playwright=$1

have() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

if timeout 300 "$playwright" install chromium >/dev/null 2>&1; then
    # Its system libraries; needs root, and most desktops have them already.
    "$playwright" install-deps chromium >/dev/null 2>&1 || true
    exit 0
fi
if have; then exit 0; fi
echo "Playwright's Chromium cannot be downloaded here; installing the distribution's."
sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
if $sudo apt-get update -qq && $sudo apt-get install -y -qq chromium >/dev/null; then exit 0; fi
echo "No browser could be installed. Install Chromium or Google Chrome, then run make again." >&2
exit 1
