#!/bin/sh
# Makes docs/report.png anew: the top of the report on the sample, as Chromium draws it. Run it in the repository's root.
set -eu
cargo run --release -- run
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$(mktemp -d)" --window-size=1200,3000 \
    --screenshot=docs/report.png "file://$PWD/runs/sample/evaluate/report.html"
