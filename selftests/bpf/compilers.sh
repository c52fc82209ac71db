#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every compiler that Debian builds the datapath with makes an object that the
# kernel takes: the verifier sees what the compiler made of the source.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${O:-$top/build}
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

pins=/sys/fs/bpf/otseg-compilers-$$
trap 'rm -rf "$pins"' EXIT

loads()
{
	local dir=$out/selftests/bpf/$1

	make -s -C "$top" bpf CLANG="$1" O="$dir" &&
		bpftool prog loadall "$dir/otseg.bpf.o" "$pins" >"$dir/log" 2>&1 || {
			tail -n 5 "$dir/log"
			return 1
		}
	rm -rf "$pins"
}

compilers=()
for compiler in clang clang-19; do
	if command -v "$compiler" >/dev/null; then
		compilers+=("$compiler")
	fi
done
ktap_begin "${#compilers[@]}"
for compiler in "${compilers[@]}"; do
	ktap "$("$compiler" --version | head -n 1)" loads "$compiler"
done
ktap_end
