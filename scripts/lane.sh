#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prepare a kernel lane: one Debian kernel with its modules and headers,
# unpacked under build/lanes/LANE and installed nowhere.
#
#   scripts/lane.sh LANE
#
# build/lanes/LANE/lane.env then says, for shells and makefiles alike:
#   KVER     release string of the kernel
#   VMLINUZ  what to boot
#   KDIR     where to build a module: make -C KDIR M=...
#   MODDIR   the kernel's own modules
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
lane=${1:-}

fail()
{
	echo "lane.sh: $*" >&2
	exit 1
}

# A lane is a kernel series and one of Debian's flavours of it.
case $lane in
6.12)	series=6.12 flavour=amd64 common=common ;;
6.12-rt) series=6.12 flavour=rt-amd64 common=common-rt ;;
*)	fail "usage: lane.sh 6.12|6.12-rt" ;;
esac

if [[ $(dpkg --print-architecture) != amd64 ]]; then
	fail "lanes exist for amd64 only"
fi

dir=$top/build/lanes/$lane
mkdir -p "$top/build/lanes"
# Two tests may want the lane at once: the second waits for the first.
exec 9>"$top/build/lanes/.lock"
flock 9

"$top/scripts/deps.sh" vm

# The headers name the compiler that built the kernel.
need_compiler()
{
	local cc

	cc=$(grep -o 'gcc-[0-9]*' "$1/.kernelvariables" | head -n 1) || cc=gcc
	if ! command -v "$cc" >/dev/null; then
		"$top/scripts/deps.sh" "pkg:$cc"
	fi
}

# A cached lane counts only if it still is what was unpacked, where it was.
if [[ -f $dir/lane.env && -f $dir/stamp ]] &&
   grep -qxF "KDIR=$dir/kdir" "$dir/lane.env" &&
   (cd "$dir" && sha256sum --quiet --status -c stamp); then
	need_compiler "$dir/kdir"
	exit 0
fi

# Newest version first, a signed image before an unsigned one of the same
# version, and only versions of which every part is there to download.
find_packages()
{
	local pattern version image

	pattern="^linux-image-(${series//./\\.}\.[^-]+(-[0-9]+)?)-$flavour(-unsigned)?\$"
	while read -r version image; do
		packages=(
			"$image"
			"linux-headers-$version-$flavour"
			"linux-headers-$version-$common"
			"linux-kbuild-$version"
		)
		if apt-cache show --no-all-versions "${packages[@]}" \
			>/dev/null 2>&1; then
			return 0
		fi
	done < <(apt-cache pkgnames "linux-image-$series." |
		sed -nE "s/$pattern/\1 &/p" | sort -k1,1Vr -k2,2)
	return 1
}

if ! find_packages; then
	if ((EUID == 0)); then
		apt-get -qq update || true
	fi
	find_packages || fail "the package lists offer no complete Linux $series ($flavour)"
fi

work=$dir.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debs" "$work/root"

echo "lane.sh: $lane is ${packages[0]#linux-image-}"
options=(-qq)
if ((EUID == 0)); then
	# The unprivileged download user may not be able to read the tree.
	options+=(-o APT::Sandbox::User=root)
fi
(cd "$work/debs" && apt-get "${options[@]}" download "${packages[@]}") ||
	fail "download failed"
(cd "$work/debs" && sha256sum ./*.deb) >"$work/debs.sha256"
for deb in "$work"/debs/*.deb; do
	dpkg -x "$deb" "$work/root"
done
rm -rf "$work/debs"

cd "$work"
kernels=(root/boot/vmlinuz-*)
vmlinuz=${kernels[0]}
kver=${vmlinuz#root/boot/vmlinuz-}
kdir=root/usr/src/linux-headers-$kver
# Merged-/usr kernels carry their modules in usr/lib.
moddir=root/lib/modules/$kver
if [[ ! -d $moddir ]]; then
	moddir=root/usr/lib/modules/$kver
fi
for part in "$vmlinuz" "$kdir/Makefile" "$kdir/vmlinux" "$moddir/kernel"; do
	[[ -e $part ]] || fail "${packages[0]} lacks ${part#root/}"
done

# The headers expect to live in /usr/src, and the modules point there.
sed -i "s|/usr/src/|\$(dir \$(lastword \$(MAKEFILE_LIST)))../|" "$kdir/Makefile"
rm -f "$moddir/build" "$moddir/source"
/sbin/depmod -b "${moddir%/lib/modules/*}" "$kver"
ln -s "$kdir" kdir

{
	echo "KVER=$kver"
	echo "VMLINUZ=$dir/$vmlinuz"
	echo "KDIR=$dir/kdir"
	echo "MODDIR=$dir/$moddir"
} >lane.env
sha256sum lane.env debs.sha256 "$vmlinuz" "$kdir/Makefile" "$kdir/vmlinux" \
	"$kdir/Module.symvers" "$kdir/include/generated/autoconf.h" \
	"$moddir/modules.dep" >stamp

cd "$top"
need_compiler "$work/$kdir"
rm -rf "$dir"
mv "$work" "$dir"
trap - EXIT
