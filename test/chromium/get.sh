#!/bin/bash
# get.sh [DIR]: puts Chromium, without a window, into DIR (default: the user's cache) without touching the system's packages.
#
# It comes from the Debian suite this machine runs, with those of the libraries it needs that are not installed and a font, is checked
# by apt against Debian's keys, and is only unpacked. Afterwards DIR/chromium runs it. A DIR that is complete is left as it is. Needs
# apt-get with package lists and dpkg-deb, and no root.
set -euo pipefail

layout=1

fail() {
  echo "get.sh: $*" >&2
  exit 1
}

dir=$(realpath -m "${1:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-externalsecret/chromium}")
if [ "$(cat "$dir/layout" 2>/dev/null)" = "$layout" ]; then
  echo "$dir"
  exit 0
fi
[ -e "$dir/layout" ] || [ -z "$(ls -A "$dir" 2>/dev/null)" ] || fail "$dir has something else in it"
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "$tool is missing: Chromium can only be had on a Debian system"
done
# What an installation would fetch is what this machine does not have. Chromium and the font are wanted also where they are installed.
missing=$(apt-get -qq --simulate --no-install-recommends install chromium fonts-dejavu-core 2>/dev/null | awk '$1 == "Inst" { print $2 }') ||
  fail "apt knows no chromium: run apt-get update first, or use a Debian system"
mapfile -t packages < <(printf '%s\n' chromium chromium-common fonts-dejavu-core $missing | sort -u)

# Everything happens in a folder of its own beside DIR, so that a killed run leaves no half of it.
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{debs,root}

echo "get.sh: fetching ${packages[*]}" >&2
(cd "$work/debs" && apt-get -qq -o "APT::Sandbox::User=$(id -un)" download "${packages[@]}" >&2) ||
  fail "the packages could not be fetched: run apt-get update first"
for deb in "$work"/debs/*.deb; do
  dpkg-deb -x "$deb" "$work/root"
done
rm -rf "$work/debs" "$work"/root/usr/share/{doc,man,icons,locale,lintian}
# A page looks the same wherever the tests run: no other fonts than this one.
cat >"$work/fonts.conf" <<'EOF2'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">root/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
EOF2
cat >"$work/chromium" <<'EOF2'
#!/bin/bash
# chromium [ARGUMENTS]: runs Chromium with the libraries beside it.
here=$(dirname "$(realpath "$0")")
libraries=$(printf '%s:' "$here"/root/usr/lib/*-linux-gnu "$here"/root/usr/lib/*-linux-gnu/* "$here"/root/lib/*-linux-gnu)
export LD_LIBRARY_PATH=${libraries%:} FONTCONFIG_FILE=$here/fonts.conf
exec "$here/root/usr/lib/chromium/chromium" "$@"
EOF2
chmod +x "$work/chromium"
said=$("$work/chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --dump-dom 'data:text/html,<p>hello' 2>"$work/said") &&
  [[ $said == *hello* ]] || fail "Chromium does not run here: $(tail -n 5 "$work/said")"
rm -rf "$work/profile" "$work/said"
echo "$layout" >"$work/layout"

rm -rf "$dir"
chmod 755 "$work"
mv -T "$work" "$dir"
echo "$dir"
