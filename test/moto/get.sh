#!/bin/bash
# get.sh [DIR]: puts moto, an emulator of AWS, into DIR (default: the user's cache) without touching the system's packages.
#
# moto and the pure Python packages it needs come from Debian's unstable suite; the two with compiled parts come from the suite
# this machine runs, so that they fit its /usr/bin/python3. All are fetched from the Debian mirror apt already uses, checked by
# apt against Debian's keys, and only unpacked. Afterwards DIR/serve PORT runs the server on 127.0.0.1. A DIR that is complete is
# left as it is. Needs apt-get, dpkg-deb and /usr/bin/python3 (3.9 or later), and no root.
set -euo pipefail

version=5.2.4
newest=sid
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
pure=(moto antlr4 boto3 botocore s3transfer jmespath responses werkzeug flask flask-cors xmltodict blinker click itsdangerous
  jinja2 markupsafe dateutil six requests urllib3 certifi charset-normalizer idna yaml joserfc)
compiled=(cryptography cffi-backend)

fail() {
  echo "get.sh: $*" >&2
  exit 1
}

dir=$(realpath -m "${1:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-externalsecret/moto}")
if [ "$(cat "$dir/version" 2>/dev/null)" = "$version" ]; then
  echo "$dir"
  exit 0
fi
[ -e "$dir/serve" ] || [ -z "$(ls -A "$dir" 2>/dev/null)" ] || fail "$dir has something else in it"
for tool in apt-get dpkg-deb /usr/bin/python3; do
  command -v "$tool" >/dev/null || fail "$tool is missing: moto can only be had on a Debian system with Python"
done
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(SITE)' 2>/dev/null |
  awk -v suite="$suite" '$1 == suite && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || fail "apt knows no mirror of '$suite': run apt-get update first, or use a Debian system"
[ -e "$keyring" ] || fail "$keyring is missing: install the package debian-archive-keyring"

# Everything happens in a folder of its own beside DIR, so that a killed run leaves no half of it.
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
apt=$work/apt
mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,etc/apt.conf.d,etc/preferences.d,etc/sources.list.d} "$work"/{debs,root}
: >"$apt/status"
for s in "$newest" "$suite"; do
  echo "deb [signed-by=$keyring] $mirror $s main"
done >"$apt/etc/sources.list"
cat >"$apt/apt.conf" <<EOF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc "$apt/etc";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "$apt/etc/sources.list.d";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
// A mirror may be a snapshot, whose lists are older than Debian lets them be. Their signatures are checked all the same, and the
// one version wanted is pinned, so that an old list can't bring another.
Acquire::Check-Valid-Until "false";
EOF
export APT_CONFIG=$apt/apt.conf

echo "get.sh: fetching moto $version from $newest, $(printf '%s ' "${compiled[@]}")from $suite" >&2
apt-get -qq update >&2 || fail "the package lists could not be fetched"
packages=()
for p in "${pure[@]}"; do packages+=("python3-$p/$newest"); done
for p in "${compiled[@]}"; do packages+=("python3-$p/$suite"); done
(cd "$work/debs" && apt-get -qq download "${packages[@]}" >&2) || fail "the packages could not be fetched"

found=$(dpkg-deb -f "$work"/debs/python3-moto_*.deb Version)
[ "${found%-*}" = "$version" ] ||
  fail "$newest now has moto $found, not $version: check the table of differences in the contract tests against it, then change the pin"

for deb in "$work"/debs/*.deb; do
  dpkg-deb -x "$deb" "$work/root"
done
rm -rf "$apt" "$work/debs" "$work/root/usr/share"
cat >"$work/serve" <<'EOF'
#!/bin/bash
# serve PORT: runs moto on 127.0.0.1 until a signal comes.
cd "$(dirname "$0")"
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
exec /usr/bin/python3 root/usr/bin/moto_server -H 127.0.0.1 -p "${1:?usage: serve PORT}"
EOF
chmod +x "$work/serve"
PYTHONPATH=$work/root/usr/lib/python3/dist-packages /usr/bin/python3 -c 'import moto.server, cryptography.x509' ||
  fail "moto $version does not run with $(/usr/bin/python3 --version)"
echo "$version" >"$work/version"

rm -rf "$dir"
chmod 755 "$work"
mv -T "$work" "$dir"
echo "$dir"
