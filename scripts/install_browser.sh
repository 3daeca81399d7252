#!/bin/sh
# Installs a Chromium: Playwright's own where it can be downloaded, else the distribution's package.
set -eu
playwright=$1

have() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

if have; then exit 0; fi
if timeout 300 "$playwright" install chromium >/dev/null 2>&1; then
    echo "Installed Playwright's Chromium."
    # Its system libraries; needs root, and most desktops have them already.
    "$playwright" install-deps chromium >/dev/null 2>&1 || true
    exit 0
fi
echo "Playwright's Chromium cannot be downloaded here; installing the distribution's."
sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
if $sudo apt-get update -qq && $sudo apt-get install -y -qq chromium >/dev/null; then exit 0; fi
echo "No browser could be installed. Install Chromium or Google Chrome, then run make again." >&2
exit 1
