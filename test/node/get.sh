#!/bin/bash
# get.sh [DIR]: puts what a Kubernetes node needs from its operating system into DIR (default: the user's cache) without touching
# the system's packages: containerd, runc, the CNI plugins, iptables and conntrack.
#
# They come from the Debian suite this machine runs, so that they fit its libraries, are checked by apt against Debian's keys, and
# are only unpacked: no package is installed and no service is started. DIR gets bin, cni, lib and xtables. A DIR that is complete
# is left as it is. Needs apt-get with package lists, dpkg-deb and ip (iproute2), and no root.
set -euo pipefail

layout=1
packages=(containerd runc containernetworking-plugins iptables conntrack
  libnetfilter-conntrack3 libnfnetlink0 libnftnl11 libip4tc2 libip6tc2 libxtables12 libmnl0)

fail() {
  echo "get.sh: $*" >&2
  exit 1
}

dir=$(realpath -m "${1:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-externalsecret/node}")
if [ "$(cat "$dir/layout" 2>/dev/null)" = "$layout" ]; then
  echo "$dir"
  exit 0
fi
[ -e "$dir/layout" ] || [ -z "$(ls -A "$dir" 2>/dev/null)" ] || fail "$dir has something else in it"
for tool in apt-get dpkg-deb ip; do
  command -v "$tool" >/dev/null || fail "$tool is missing: a node can only be had on a Debian system with iproute2"
done

# Everything happens in a folder of its own beside DIR, so that a killed run leaves no half of it.
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{debs,root,bin,cni,lib,xtables}

echo "get.sh: fetching ${packages[*]}" >&2
(cd "$work/debs" && apt-get -qq -o "APT::Sandbox::User=$(id -un)" download "${packages[@]}" >&2) ||
  fail "the packages could not be fetched: run apt-get update first"
for deb in "$work"/debs/*.deb; do
  dpkg-deb -x "$deb" "$work/root"
done
cd "$work/root/usr"
cp bin/{containerd,containerd-shim-runc-v2,ctr} sbin/{runc,conntrack,xtables-nft-multi} "$work/bin"
# Debian makes these links when the package is installed.
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s xtables-nft-multi "$work/bin/$name"
done
cp lib/cni/{bridge,host-local,loopback} "$work/cni"
cp -a lib/*-linux-gnu/*.so* "$work/lib"
cp lib/*-linux-gnu/xtables/*.so "$work/xtables"
cd "$work"
rm -rf debs root

for program in "containerd --version" "runc --version" "conntrack --version" "iptables --version"; do
  LD_LIBRARY_PATH=$work/lib "$work"/bin/$program >/dev/null || fail "$program does not run here"
done
echo "$layout" >"$work/layout"

rm -rf "$dir"
chmod 755 "$work"
mv -T "$work" "$dir"
echo "$dir"
