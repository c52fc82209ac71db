#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every compiler that Debian builds the datapath with makes an object that the
# kernel takes: the verifier sees what the compiler made of the source. So it does with
# other code in the room of a policy of every capacity, which is no power of two.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${O:-$top/build}
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

pins=/sys/fs/bpf/otseg-compilers-$$
capacity=$(mktemp)
trap 'rm -rf "$pins" "$capacity" "$capacity.yaml"' EXIT

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

# loads_capacity COMPILER: in a namespace without its interfaces, so that nothing is attached.
loads_capacity()
{
	local dir=$out/selftests/bpf/$1 room

	room=$(OTSEG_BPF_OBJECT=$dir/otseg.bpf.o OTSEG_PIN_DIR=$pins unshare --net -- bash -c "
		'$out/otseg' policy apply '$capacity' backend map >'$dir/log' 2>&1
		'$out/otseg' -j status | jq .room.image_size
		'$out/otseg' policy detach >>'$dir/log' 2>&1")
	if ((room != 3 << 22)); then
		echo "room for $room bytes"
		tail -n 5 "$dir/log"
		return 1
	fi
}

compilers=()
for compiler in clang clang-19; do
	if command -v "$compiler" >/dev/null; then
		compilers+=("$compiler")
	fi
done
"$out/selftests/unit/gen_policy" >"$capacity.yaml"
"$out/otseg" policy compile "$capacity.yaml" output "$capacity" >/dev/null
ktap_begin $((2 * ${#compilers[@]}))
for compiler in "${compilers[@]}"; do
	version=$("$compiler" --version | head -n 1)
	ktap "$version" loads "$compiler"
	ktap "$version, every capacity" loads_capacity "$compiler"
done
ktap_end
