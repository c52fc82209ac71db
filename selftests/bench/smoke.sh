#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark measures what it says. Runs its programs for moments and proves that
# each case and lane yields a figure, that no frame was judged for another reason
# than the one the figure is about, and that tables and plots come of it. Says
# nothing about how fast anything is.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"
top=$(cd "$here/../.." && pwd)
build=$(realpath "${O:-$top/build}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Programs are the tree's, figures of a test do not replace measured ones.
bench()
{
	QUICK=1 BUILD=$folder OTSEG_TOOL=$build/otseg OTSEG_BPF_OBJECT=$build/otseg.bpf.o \
		"$here/bench.sh" "$@"
}

# lines PART COUNT PATTERN: that many different ones
lines()
{
	local n

	n=$(grep -E "$3" "$folder/bench/$1.csv" | cut -d , -f 1-3 | sort -u | wc -l)
	echo "$n lines of $1 like $3, $2 expected"
	((n == $2))
}

none_mixed_or_lost()
{
	awk -F , '{ print; n++; bad += $7 + $8 } END { exit !n || bad }' "$folder/bench/swap.csv"
}

# The rows of all targets, and not the word for one that was not measured.
targets()
{
	awk -f "$here/summary.awk" "$folder"/bench/{facts-,}{cost,protocols,flows,forward,latency,swap}.csv |
		tee "$folder/tables" | grep -cE ' (yes|no)$'
}

all_targets()
{
	local n

	n=$(targets)
	cat "$folder/tables"
	((n >= 36))
}

document()
{
	printf 'a\n<!-- figures: swap -->\nold\n<!-- end -->\nb\n' >"$folder/doc.md" &&
		"$here/report.sh" write "$folder/bench" "$folder/doc.md" &&
		[[ $(sed -n '1p;$p' "$folder/doc.md" | tr -d '\n') == ab ]] &&
		grep -q '^| 30000 |' "$folder/doc.md" && ! grep -q old "$folder/doc.md"
}

if ((EUID != 0)); then
	ktap_skip_all "needs root"
fi
if (($(nproc) < 2)); then
	ktap_skip_all "needs two processors"
fi
mkdir -p "$folder/bench"
for program in cost forward latency protocols swap; do
	ln -s "$build/bench/$program" "$folder/bench/"
done

ktap_begin 15
ktap "costs are measured" bench cost
ktap "of every case, with two policies" lines cost 28 '^cost,(10|1000)-rules,'
ktap "and checksums" lines cost 3 '^cost,10-rules-checksums,'
ktap "protocols are measured" bench protocols
# One is left out (protocols.c), and Modbus is there twice.
ktap "of each service but one, and of Modbus once more" \
	lines protocols "$("$here/../proto/services.sh" | wc -l)" '^cost,protocols,'
ktap "live flows are measured" bench flows
ktap "up to a quarter of a million" lines flows 8 '^cost,flows,(flows|among)-(1|10|100|250)000,'
ktap "latency is measured" bench latency
ktap "of three peers under three loads" lines latency 9 '^latency,(redirect|nft-conntrack|otseg-wire),'
ktap "swaps are measured" bench swap
ktap "and no frame was lost or had a verdict of both policies" none_mixed_or_lost
ktap "throughput is measured" bench forward
ktap "of UDP and of Modbus connections" lines forward 13 \
	'^forward,(redirect|kernel|kernel-xdp|nft-(conntrack|set|linear)|otseg-.*|drop|modbus-(redirect|wire|nft-.*)),'
ktap "each table has its targets" all_targets
ktap "a report replaces the old figures, and nothing else" document
ktap_end
