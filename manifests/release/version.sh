#!/usr/bin/env bash
# Print the version of this checkout: its tag. A commit that has none is called what Go calls it where no release came before, and what
# is not committed adds +dirty. Only a tag is taken for a release, by which install knows its image.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null) ||
	version=$(TZ=UTC git log -1 --abbrev=12 --date=format-local:%Y%m%d%H%M%S --format=v0.0.0-%cd-%h)
if [ -n "$(git status --porcelain)" ]; then
	version+=+dirty
fi
echo "$version"
