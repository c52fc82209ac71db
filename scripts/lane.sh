#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prepare a kernel lane: one Debian kernel with its modules and headers,
# unpacked under build/lanes/LANE and installed nowhere. The lane "debug" is built from
# Debian's source instead, with scripts/debug.config, which takes minutes.
#
#   scripts/lane.sh LANE
#   scripts/lane.sh --list          the lanes that there are, but for "debug"
#   scripts/lane.sh --cost LANE     how many times the memory and time a test takes there
#
# build/lanes/LANE/lane.env then says, for shells and makefiles alike:
#   KVER     release string of the kernel
#   VMLINUZ  what to boot
#   KDIR     where to build a module: KMAKE -C KDIR M=...
#   MODDIR   the kernel's own modules
#   KMAKE    make, as this kernel's compiler needs it
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
lane=${1:-}

fail()
{
	echo "lane.sh: $*" >&2
	exit 1
}

# A lane is a kernel series and one of Debian's flavours of it: of the release that runs,
# or of another one, which then brings its compiler and all that this needs.
suite=''
case $lane in
6.12)	series=6.12 flavour=amd64 common=common ;;
6.12-rt) series=6.12 flavour=rt-amd64 common=common-rt ;;
7)	suite=forky flavour=amd64 ;;
debug)	series=6.12 flavour=debug ;;
--list)
	echo "6.12 6.12-rt 7"
	exit
	;;
--cost)
	[[ ${2:-} == debug ]] && echo 3 || echo 1
	exit
	;;
*)	fail "usage: lane.sh 6.12|6.12-rt|7|debug|--list|--cost LANE" ;;
esac

if [[ $(dpkg --print-architecture) != amd64 ]]; then
	fail "lanes exist for amd64 only"
fi

dir=$top/build/lanes/$lane
mkdir -p "$top/build/lanes"
# Two tests may want the lane at once: the second waits for the first.
exec 9>"$top/build/lanes/.$lane.lock"
flock 9

"$top/scripts/deps.sh" vm
if [[ $lane == debug ]]; then
	"$top/scripts/deps.sh" debug
fi

# What a kernel of our own is made of. Without package lists there is no other source than
# the one it was made of.
source_key()
{
	local version

	version=$(apt-cache show --no-all-versions "linux-source-$series" 2>/dev/null |
		grep '^Version:') || version=$(head -qn 1 "$dir/key" 2>/dev/null) || :
	echo "$version"
	gcc -dumpfullversion
	sha256sum <"$top/scripts/debug.config"
}

# The headers name the compiler that built the kernel.
need_compiler()
{
	local cc

	cc=$(grep -so 'gcc-[0-9]*' "$1/.kernelvariables" | head -n 1) || cc=gcc
	if ! command -v "$cc" >/dev/null; then
		"$top/scripts/deps.sh" "pkg:$cc"
	fi
}

# A lane may have been copied here from another tree, which lane.env then still names.
move_here()
{
	local from sum

	from=$(sed -n "s|^MODDIR=\(.*\)/build/lanes/$lane/.*|\1|p" "$dir/lane.env")
	if [[ -z $from || $from == "$top" ]]; then
		return
	fi
	sed -i "s#\([=' ]\)$from/#\1$top/#g" "$dir/lane.env"
	sum=$(cd "$dir" && sha256sum lane.env)
	sed -i "s|.*  lane\.env\$|$sum|" "$dir/stamp"
}

# Every file and link of the folder at hand: name, bytes, where it points.
list_files()
{
	find root ! -type d -printf '%P %s %l\n' | LC_ALL=C sort
}

# A cached lane counts only if it still is what was unpacked.
if [[ -f $dir/lane.env && -f $dir/stamp && -f $dir/files ]] && grep -q "^KMAKE=." "$dir/lane.env" &&
   [[ $lane != debug || $(source_key) == $(<"$dir/key") ]] &&
   (cd "$dir" && sha256sum --quiet --status -c stamp && list_files | cmp -s - files); then
	move_here
	if [[ -z $suite ]]; then
		need_compiler "$dir/kdir"
	fi
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

# unpack_own ROOT: kernel and headers of the release that runs.
unpack_own()
{
	local options=(-qq) deb

	if ! find_packages; then
		if ((EUID == 0)); then
			apt-get -qq update || true
		fi
		find_packages ||
			fail "the package lists offer no complete Linux $series ($flavour)"
	fi
	echo "lane.sh: $lane is ${packages[0]#linux-image-}"
	if ((EUID == 0)); then
		# The unprivileged download user may not be able to read the tree.
		options+=(-o APT::Sandbox::User=root)
	fi
	mkdir -p debs
	(cd debs && apt-get "${options[@]}" download "${packages[@]}") || fail "download failed"
	(cd debs && sha256sum ./*.deb) >debs.sha256
	for deb in debs/*.deb; do
		dpkg -x "$deb" "$1"
	done
	rm -rf debs
}

# unpack_suite ROOT: kernel, headers and a compiler of another release. Nothing of it is
# installed, so nothing of it runs but what make calls. Lists of a release to come may be old.
unpack_suite()
{
	local tools=base-files,dash,coreutils,sed,grep,mawk,findutils,make,gcc,libelf1t64,pahole

	"$top/scripts/deps.sh" pkg:mmdebstrap
	mmdebstrap -q --variant=extract \
		--include="$tools,linux-image-$flavour,linux-headers-$flavour" \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' "$suite" "$1" ||
		fail "download failed"
	ln -sf mawk "$1/usr/bin/awk"
	rm -rf "$1"/var/cache/apt "$1"/var/lib/apt "$1"/usr/share/{doc,locale,man}
	(cd "$1" && sha256sum usr/bin/x86_64-linux-gnu-gcc-[0-9]* usr/bin/make) >debs.sha256
}

# build_source ROOT: a kernel from Debian's source, laid out as packages would be.
build_source()
{
	local root=$1 package=linux-source-$series source kver headers options=(-qq)

	if ((EUID == 0)); then
		options+=(-o APT::Sandbox::User=root)
		apt-cache show "$package" >/dev/null 2>&1 || apt-get -qq update || true
	fi
	source_key >key
	apt-get "${options[@]}" download "$package" || fail "download failed"
	sha256sum ./*.deb >debs.sha256
	dpkg --fsys-tarfile ./*.deb | tar -xO "./usr/src/$package.tar.xz" | tar -xJ
	rm ./*.deb
	source=$work/$package
	mkdir out
	# What make was told for otseg is not meant for the kernel.
	unset MAKEFLAGS MFLAGS MAKELEVEL O BUILD V CC CLANG BPFTOOL CFLAGS LDFLAGS DESTDIR PREFIX
	make -s -C "$source" O="$work/out" tinyconfig >/dev/null
	"$source/scripts/kconfig/merge_config.sh" -m -O out out/.config \
		"$top/scripts/debug.config" >/dev/null
	make -s -C "$source" O="$work/out" olddefconfig
	# What lacks something else is left out in silence.
	if grep '^CONFIG_' "$top/scripts/debug.config" | grep -vxFf out/.config >&2; then
		fail "this is in debug.config, and not in the kernel's configuration"
	fi
	echo "lane.sh: building a kernel of $package"
	make -s -C "$source" O="$work/out" LOCALVERSION=-otseg-debug -j"$(nproc)" bzImage modules \
		>build.log 2>&1 || {
		tail -n 20 build.log >&2
		fail "the kernel cannot be built"
	}
	kver=$(<out/include/config/kernel.release)
	headers=$root/usr/src/linux-headers-$kver
	mkdir -p "$root/boot" "$root/lib/modules/$kver/kernel"
	cp out/arch/x86/boot/bzImage "$root/boot/vmlinuz-$kver"
	make -s -C "$source" O="$work/out" LOCALVERSION=-otseg-debug \
		INSTALL_MOD_PATH="$work/$root" modules_install
	make -s -C "$source" O="$work/out" LOCALVERSION=-otseg-debug run-command \
		KBUILD_RUN_COMMAND="\$(srctree)/scripts/package/install-extmod-build $work/$headers"
	# Types stay, what only a debugger reads does not.
	strip -g -o "$headers/vmlinux" out/vmlinux
	rm -rf "$source" out
}

work=$dir.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root"
cd "$work"
if [[ $suite ]]; then
	unpack_suite root
elif [[ $lane == debug ]]; then
	build_source root
else
	unpack_own root
fi

kernels=(root/usr/src/linux-headers-*-"$flavour")
kdir=${kernels[0]}
kver=${kdir##*/linux-headers-}
# Merged-/usr kernels carry their modules in usr/lib, newer ones themselves beside them.
moddir=root/lib/modules/$kver
if [[ ! -d $moddir ]]; then
	moddir=root/usr/lib/modules/$kver
fi
vmlinuz=$moddir/vmlinuz
if [[ ! -e $vmlinuz ]]; then
	vmlinuz=root/boot/vmlinuz-$kver
fi
for part in "$vmlinuz" "$kdir/Makefile" "$kdir/vmlinux" "$moddir/kernel"; do
	[[ -e $part ]] || fail "Linux $kver lacks ${part#root/}"
done

# The headers expect to live in /usr/src, and the modules point there.
if [[ -z $suite ]]; then
	sed -i "s|/usr/src/|\$(dir \$(lastword \$(MAKEFILE_LIST)))../|" "$kdir/Makefile"
fi
rm -f "$moddir/build" "$moddir/source"
/sbin/depmod -b "${moddir%/lib/modules/*}" "$kver"
ln -s "$kdir" kdir

{
	echo "KVER=$kver"
	echo "VMLINUZ=$dir/$vmlinuz"
	echo "MODDIR=$dir/$moddir"
	if [[ $suite ]]; then
		# Newer headers want to be known by the name that they have in there.
		echo "KDIR=$dir/$kdir"
		echo "KMAKE='$top/scripts/lane-make.sh $dir/root'"
	else
		echo "KDIR=$dir/kdir"
		echo "KMAKE=make"
	fi
} >lane.env
list_files >files
sha256sum lane.env debs.sha256 files "$vmlinuz" "$kdir/Makefile" "$kdir/vmlinux" \
	"$kdir/Module.symvers" "$kdir/include/generated/autoconf.h" \
	"$moddir/modules.dep" >stamp

cd "$top"
if [[ -z $suite ]]; then
	need_compiler "$work/$kdir"
fi
rm -rf "$dir"
mv "$work" "$dir"
trap - EXIT
