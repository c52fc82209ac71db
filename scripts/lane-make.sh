#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make, with the compiler of another release, which lies unpacked in ROOT. The
# project, and the place that it is built in, have the same names there as here;
# what lies in ROOT, has its own.
#
#   scripts/lane-make.sh ROOT ARGUMENT...
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
out=$(realpath -m "${O:-$top/build}")
root=${1:?usage: lane-make.sh ROOT ARGUMENT...}
shift

if ((EUID != 0)); then
	echo "lane-make.sh: another release's compiler runs in its own root: that needs root here" >&2
	exit 1
fi
mkdir -p "$root$top" "$root$out" "$root"/{proc,dev,tmp}
# The mounts end with this shell's own view of them.
# shellcheck disable=SC2016
exec unshare --mount --propagation private bash -euc '
	root=$1 top=$2 out=$3
	shift 3
	mount --bind "$top" "$root$top"
	case $out in
	"$top"/*) ;;
	*)	mount --bind "$out" "$root$out" ;;
	esac
	mount --bind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	# What takes away an O that make hands down takes away more from newer headers.
	for argument; do
		shift
		[[ $argument == O= ]] || set -- "$@" "$argument"
	done
	exec env -i PATH=/usr/bin:/usr/sbin HOME=/ chroot "$root" make --no-print-directory "$@"
' lane-make "$root" "$top" "$out" "${@/#"$root"/}"
