#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure the datapath against its peers, in one sitting, and say which targets it
# meets.
#
#   [QUICK=1 | FULL=1] bench.sh [cost|short|protocols|sweep|flows|forward|latency|swap|memory]...
#
# Without parts all of them: minutes; FULL=1 takes many more rounds, QUICK=1 only
# shows that it works. Needs root, build/otseg and build/otseg.bpf.o; works in
# map-backed mode, on any kernel with native XDP on veth. Raw figures go to
# build/bench/*.csv, plots made of them to build/bench/*.svg. Exits with 1 if
# something could not be measured, and says what; a missed target is no error.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench
object=${OTSEG_BPF_OBJECT:-$build/otseg.bpf.o}
tool=${OTSEG_TOOL:-$build/otseg}
status=0

# shellcheck source=selftests/bench/lanes.sh
. "$here/lanes.sh"

complain()
{
	echo "bench: $*" >&2
	status=1
}

note()
{
	echo "bench: $*" >&2
}

trap lanes_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# by_effort QUICK USUAL FULL: a number of rounds, or the like
by_effort()
{
	if [[ ${QUICK:-} ]]; then
		echo "$1"
	elif [[ ${FULL:-} ]]; then
		echo "$3"
	else
		echo "$2"
	fi
}

# Time that other machines took from this one, in hundredths of a second.
stolen()
{
	awk '/^cpu / { print $9 }' /proc/stat
}

load()
{
	cut -d ' ' -f 1 /proc/loadavg
}

# fact KEY VALUE: about the machine and the sitting
fact()
{
	echo "fact,$1,${2//,/;}" >>"$out/facts-$part.csv"
}

# What the sitting of a part was like; its seconds are told by the lines around it.
facts_begin()
{
	: >"$out/facts-$part.csv"
	fact date "$(date -u +%F)"
	fact kernel "$(uname -r)"
	fact processors "$(nproc)"
	fact model "$(sed -n 's/^model name[ \t]*: //p' /proc/cpuinfo | head -n 1)"
	fact effort "$(by_effort quick usual full)"
	fact load-before "$(load)"
	part_stolen=$(stolen)
	part_began=$SECONDS
}

facts_end()
{
	fact load-after "$(load)"
	fact seconds $((SECONDS - part_began))
	fact stolen-hundredths $(($(stolen) - part_stolen))
}

# image NAME ARGUMENT...: the policy of policy.sh, compiled to $out/NAME.image
image()
{
	local name=$1
	shift

	"$here/policy.sh" "$@" >"$out/$name.yaml" &&
		"$tool" policy compile "$out/$name.yaml" output "$out/$name.image" >/dev/null &&
		return
	complain "cannot compile the policy '$name'"
	return 1
}

# slices ARGUMENT...: runs $out/cost as often as $slices says, for $rounds each, so that
# memory lies elsewhere each time.
slices()
{
	local slice

	if [[ ! -e /run/netns/$lanes_prefix-cost ]]; then
		lane_parks cost || complain "runs will take long: no devices for the programs"
	fi
	for ((slice = 0; slice < slices; slice++)); do
		in_lane cost "$out/cost" -r "$rounds" -f $((slice * rounds)) "$@" >>"$out/$part.csv" ||
			return
	done
}

measure_cost()
{
	local slices rounds slice checksums=()

	slices=$(by_effort 1 5 15)
	rounds=$(by_effort 3 15 40)
	image 10-rules 10 && image 1000-rules 1000 || return
	for slice in modbus-read-request modbus-read-response modbus-read-poll; do
		checksums+=(-k "$slice")
	done
	slices "$object" "10-rules=$out/10-rules.image" "1000-rules=$out/1000-rules.image" ||
		complain "costs are incomplete"
	slices -c "${checksums[@]}" "$object" "10-rules-checksums=$out/10-rules.image" ||
		complain "costs with checksums are incomplete"
}

# Many runs of few frames each: not the mean of a long run, but how runs differ.
measure_short()
{
	local rounds slices

	slices=$(by_effort 1 3 10)
	rounds=$(by_effort 50 3000 6000)
	image 1000-rules 1000 || return
	slices -n 200 -k no-rule -k udp-one-flow -k modbus-read-poll "$object" \
		"1000-rules=$out/1000-rules.image" || complain "short runs are incomplete"
}

# image_protocols ip|link: the policy of policy_protocols.sh, compiled to $out/protocols-$1.image
image_protocols()
{
	"$here/policy_protocols.sh" "$1" >"$out/protocols-$1.yaml" &&
		"$tool" policy compile "$out/protocols-$1.yaml" output "$out/protocols-$1.image" \
			>/dev/null && return
	complain "cannot compile the policy for the protocols ($1)"
	return 1
}

# most_steps TEST: what it allows the verifier
most_steps()
{
	sed -n 's/^max_steps=//p' "$here/../$1"
}

# What the verifier has to do for each inspector by itself.
measure_inspectors()
{
	local proto=$here/../proto name id said programs=$build/selftests/proto most

	most=$(most_steps proto/effort.sh)
	while read -r name id _; do
		if make -s -C "$proto" O="$build" "$programs/effort" "$programs/effort-$id.bpf.o" &&
		   said=$("$programs/effort" "$programs/effort-$id.bpf.o"); then
			sed -n "s/^steps \([0-9]*\), instructions \([0-9]*\),.*/effort,$name,\1,\2,$most/p" \
				<<<"$said" >>"$out/protocols.csv"
		else
			complain "no effort of the inspector of $name"
		fi
	done < <("$proto/services.sh" | sort -u -k 3,3)
}

measure_protocols()
{
	local slices rounds slice

	slices=$(by_effort 1 5 15)
	rounds=$(by_effort 2 9 30)
	image_protocols ip && image_protocols link || return
	"$out/protocols" -e "$object" | sed "s/$/,$(most_steps vm/verifier.sh)/" >>"$out/protocols.csv" ||
		complain "no effort of the programs"
	measure_inspectors
	lane_parks cost || complain "runs will take long: no devices for the programs"
	for ((slice = 0; slice < slices; slice++)); do
		in_lane cost "$out/protocols" -r "$rounds" -f $((slice * rounds)) "$object" \
			"$out/protocols-ip.image" "$out/protocols-link.image" "$here/../proto" \
			>>"$out/protocols.csv" || complain "the protocols are incomplete"
	done
}

# sweep DIMENSION VALUE=ARGUMENTS...: each VALUE is a policy of policy.sh ARGUMENTS.
sweep()
{
	local name=$1 value policies=()
	shift

	for value in "$@"; do
		# shellcheck disable=SC2086 # the arguments are words
		image "$name-${value%%=*}" ${value#*=} || return
		policies+=("$name-${value%%=*}=$out/$name-${value%%=*}.image")
	done
	slices -k udp-5000-flows -k no-rule-5000 -k udp-new-flow "$object" "${policies[@]}" ||
		complain "the sweep over $name is incomplete"
}

measure_sweep()
{
	local slices rounds

	slices=$(by_effort 1 4 15)
	rounds=$(by_effort 2 12 30)
	sweep rules "10=-c 10 10" "100=-c 10 100" "1000=-c 10 1000" "10000=-c 10 10000" \
		"30000=-c 10 30000"
	sweep zones "2=-c 1 3" "16=-c 15 17" "64=-c 63 65" "256=-c 255 257"
	sweep prefixes "1=-c 1 3" "4=-c 3 5" "256=-c 3 -p 256 5" "4096=-c 3 -p 4096 5" \
		"65536=-c 3 -p 65534 5"
}

measure_flows()
{
	local slices rounds flows cases=()

	slices=$(by_effort 1 5 15)
	rounds=$(by_effort 2 5 10)
	image flows -f 262144 10 || return
	for flows in 1000 10000 100000 250000; do
		cases+=(-k "flows-$flows" -k "among-$flows")
	done
	slices "${cases[@]}" "$object" "flows=$out/flows.image" ||
		complain "the sweep over live flows is incomplete"
}

# make_lanes LANE...: namespaces, with nothing in them that forwards but the kernel
make_lanes()
{
	local number=0 lane

	lanes_begin || return
	for lane in "$@"; do
		lane_make "$number" "${lane%%=*}" || return
		number=$((number + 1))
	done
}

# Whether nftables can do better than conntrack and maps here.
add_flowtable()
{
	if lane_has_flowtable "$1"; then
		nft_conntrack flowtable | lane_nft "$1" && return
	else
		fact flowtable no
		note "this kernel has no nftables flowtable: no lane for it"
	fi
	return 1
}

measure_forward()
{
	local rounds ms lanes=(redirect=redirect kernel=none kernel-xdp=pass
		nft-conntrack=none nft-set=none nft-linear=none nft-flowtable=none
		otseg-wire=none otseg-allow=none drop=drop otseg-deny=none/shut
		modbus-redirect=redirect/modbus modbus-nft-conntrack=none/modbus
		modbus-wire=none/modbus modbus-suricata=none/modbus@0)

	rounds=$(by_effort 1 9 31)
	ms=$(by_effort 50 400 400)
	image forward 1000 && image forward-wire -w 1000 || return
	if ! make_lanes "${lanes[@]}" ||
	   ! nft_conntrack | lane_nft nft-conntrack || ! nft_set | lane_nft nft-set ||
	   ! nft_linear | lane_nft nft-linear || ! nft_conntrack | lane_nft modbus-nft-conntrack ||
	   ! lane_govern otseg-wire "$out/forward-wire.image" ||
	   ! lane_govern modbus-wire "$out/forward-wire.image" ||
	   ! lane_govern otseg-allow "$out/forward.image" ||
	   ! lane_govern otseg-deny "$out/forward.image"; then
		complain "no throughput: cannot build the namespaces"
		return
	fi
	add_flowtable nft-flowtable || lane_unnamed nft-flowtable
	if ! command -v suricata >/dev/null; then
		fact suricata no
		note "there is no suricata: no lane for it"
		lane_unnamed modbus-suricata
	elif lane_suricata modbus-suricata "$out/suricata"; then
		fact suricata "$(suricata -V | sed 's/.*version //')"
	else
		complain "suricata does not start: no lane for it"
		lane_unnamed modbus-suricata
	fi
	"$out/forward" -r "$rounds" -t "$ms" "$lanes_prefix" "${lanes[@]}" \
		>"$out/forward.csv" || complain "throughput is incomplete"
	if [[ $lanes_suricata ]]; then
		sleep 2 # it writes its counters once a second
		fact suricata-modbus-flows "$(suricata_count "$out/suricata" app_layer.flow.modbus)"
		fact suricata-modbus-requests "$(suricata_count "$out/suricata" app_layer.tx.modbus)"
		fact suricata-dropped "$(suricata_count "$out/suricata" ips.blocked)"
	fi
}

# lane_unnamed NAME: leaves a place in $lanes free, because devices are numbered
lane_unnamed()
{
	local i

	for i in "${!lanes[@]}"; do
		if [[ ${lanes[i]%%=*} == "$1" ]]; then
			lanes[i]=-
		fi
	done
}

measure_latency()
{
	local rounds ms
	local lanes=(redirect=redirect nft-conntrack=none nft-flowtable=none otseg-wire=none)

	rounds=$(by_effort 1 9 31)
	ms=$(by_effort 100 400 600)
	image forward-wire -w 1000 || return
	if ! make_lanes "${lanes[@]}" || ! nft_conntrack | lane_nft nft-conntrack ||
	   ! lane_govern otseg-wire "$out/forward-wire.image"; then
		complain "no latency: cannot build the namespaces"
		return
	fi
	add_flowtable nft-flowtable || lane_unnamed nft-flowtable
	"$out/latency" -r "$rounds" -t "$ms" -g nft-conntrack "$lanes_prefix" "${lanes[@]}" \
		>"$out/latency.csv" || complain "latency is incomplete"
}

# The tool is run by the program that measures it, so the lane is not in_lane's.
measure_swap()
{
	local rounds rules policies=()

	rounds=$(by_effort 1 5 25)
	for rules in 10 100 1000 10000 30000; do
		image "swap-$rules-a" -w -c 10 "$rules" &&
			image "swap-$rules-b" -w -c 10 -u 4001 "$rules" || return
		policies+=("$rules=$out/swap-$rules-a.image,$out/swap-$rules-b.image")
	done
	if ! make_lanes swap=none; then
		complain "no swap: cannot build the namespaces"
		return
	fi
	lanes_governed+=(swap)
	OTSEG_PIN_DIR=$(lane_pins swap) OTSEG_BPF_OBJECT=$object \
		"$out/swap" -r "$rounds" "$tool" "$lanes_prefix" swap 0 "${policies[@]}" \
		>"$out/swap.csv" || complain "swap times are incomplete"
}

# inner_maps PINNED: ids of the maps in a map of maps, whose values they are
inner_maps()
{
	local a b c d

	bpftool map dump pinned "$1" | sed -n 's/.*value: //p' | while read -r a b c d; do
		echo $((16#$d$c$b$a))
	done
}

# maps_of LANE: ids of all maps that its otseg has: pinned, used by its programs, and
# the maps inside these
maps_of()
{
	local pinned type

	find "$(lane_pins "$1")" -type f | while IFS= read -r pinned; do
		bpftool -j prog show pinned "$pinned" 2>/dev/null | jq -r '.map_ids[]?'
		bpftool -j map show pinned "$pinned" 2>/dev/null | jq -r '.id // empty'
		type=$(bpftool -j map show pinned "$pinned" 2>/dev/null | jq -r '.type // empty')
		if [[ $type == *_of_maps ]]; then
			inner_maps "$pinned"
		fi
	done | sort -nu
}

# memory_of LANE LABEL RULES: "memory,LABEL,MAP,BYTES,RULES" for each map
memory_of()
{
	local id

	maps_of "$1" | while IFS= read -r id; do
		bpftool -j map show id "$id" | jq -r --arg policy "$2" --arg rules "$3" \
			'"memory,\($policy),\(.name),\(.bytes_memlock),\($rules)"'
	done >>"$out/memory.csv"
}

measure_memory()
{
	local example=$top/../shared/examples/bottling-line.yaml rules
	local policies=(10:10 1000:1000 10000:10000 30000:30000)

	if [[ ! -e $example ]]; then
		example=$top/Documentation/examples/demo.yaml
	fi
	"$tool" policy compile "$example" output "$out/memory-example.image" \
		>/dev/null 2>&1 || complain "cannot compile the example"
	for rules in 10 1000 10000 30000; do
		image "memory-$rules" -c 10 -f 4096 "$rules" || return
	done
	image memory-capacity -c 255 -p 32768 30000 || return
	lanes_begin || return
	for rules in "${policies[@]}" example:0 capacity:0; do
		lane_space memory && lane_govern memory "$out/memory-${rules%:*}.image" \
			2>/dev/null || complain "memory: cannot apply ${rules%:*}"
		memory_of memory "${rules%:*}" "${rules#*:}"
		fact "image-${rules%:*}" "$(stat -c %s "$out/memory-${rules%:*}.image")"
		lanes_end
	done
}

if ((EUID != 0)); then
	echo "bench: needs root" >&2
	exit 1
fi
if (($(nproc) < 2)); then
	echo "bench: needs two processors" >&2
	exit 1
fi
parts=("$@")
if ((${#parts[@]} == 0)); then
	parts=(cost short protocols sweep flows forward latency swap memory)
fi
for needed in "$object" "$tool"; do
	if [[ ! -e $needed ]]; then
		echo "bench: $needed is not there: build first" >&2
		exit 1
	fi
done

files=()
for part in "${parts[@]}"; do
	if ! declare -F "measure_$part" >/dev/null; then
		complain "there is no part '$part'"
		continue
	fi
	note "$part ..."
	: >"$out/$part.csv"
	facts_begin
	"measure_$part"
	lanes_end
	facts_end
	files+=("$out/facts-$part.csv" "$out/$part.csv")
done
"$here/report.sh" print "$out" "${files[@]}" || complain "the report is incomplete"
exit "$status"
