#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Static checks over every file of the tree, tracked or about to be.
#
#   scripts/lint.sh [STEP]...     all steps, or some
#   scripts/lint.sh --format      make C files pass the format step
#
# One line per step, "ok", "FAIL" or "skip", details below it.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
cache=$top/build/lint
lane=6.12
# Debian's tools, not another version that comes earlier in the path.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
work=$(mktemp -d)
# checkpatch caches names beside the sources.
trap 'rm -rf "$work" .checkpatch-camelcase.*' EXIT

# files PATTERN...: what git knows or would add, and is still there.
files()
{
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
		while IFS= read -r file; do
			if [[ -f $file ]]; then
				echo "$file"
			fi
		done
}

scripts()
{
	local file first

	files | while IFS= read -r file; do
		case $file in
		*.sh)
			echo "$file"
			;;
		*)
			IFS= read -r -n 64 first <"$file" 2>/dev/null || :
			if [[ $first =~ ^\#!.*[/\ ](ba|da)?sh ]]; then
				echo "$file"
			fi
			;;
		esac
	done 2>/dev/null
}

# The kernel's own checkers come in no package but the kernel's source.
fetch_checkers()
{
	local tree=$work/checkers options=()

	if ((EUID == 0)); then
		# The unprivileged download user may not be able to read the tree.
		options+=(-o APT::Sandbox::User=root)
		if ! apt-cache show linux-source-6.12 >/dev/null 2>&1; then
			apt-get -qq update || :
		fi
	fi
	mkdir -p "$tree" "$cache" &&
		(cd "$tree" && apt-get -qq "${options[@]}" download linux-source-6.12) &&
		dpkg -x "$tree"/linux-source-*.deb "$tree" &&
		tar -xf "$tree/usr/src/linux-source-6.12.tar.xz" -C "$cache" \
			--strip-components=2 --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch' '*/scripts/kernel-doc' &&
		(cd "$cache" && sha256sum checkpatch.pl spelling.txt \
			const_structs.checkpatch kernel-doc >stamp) &&
		rm -rf "$tree"
}

need_checkers()
{
	if [[ ! -f $cache/stamp ]] ||
	   ! (cd "$cache" && sha256sum --status -c stamp); then
		fetch_checkers
	fi
}

step_spdx()
{
	files '*.c' '*.h' '*.sh' '*.py' '*.mk' '*.yaml' '*.yml' '*.[1-8]' \
		'*Makefile' '*Kbuild' '*TESTS' '.ci/*' 'scripts/*' '.[!.]*' |
		while IFS= read -r file; do
			if ! head -n 3 "$file" |
			     grep -q 'SPDX-License-Identifier: .*GPL-2\.0-only'; then
				echo "$file: no GPL-2.0-only SPDX line in the first three"
			fi
		done
}

# The brackets keep these patterns from finding themselves.
step_places()
{
	git grep --untracked -nIE \
		-e '[/](work|root|home/[a-z]+)/' \
		-e '(deb|security|snapshot|ftp[.a-z]*)[.]debian[.]org' \
		-e '(npmjs|nodesource|pypi|packages[.][a-z]+)[.](org|com)' \
		-- . ':!LICENSE' || :
}

# A file that passed is not looked at again until it, the rules or the checker
# change: checkpatch takes half a second for each.
step_checkpatch()
{
	local rules key file

	need_checkers || return
	mkdir -p "$cache/passed"
	rules=$(cat .checkpatch.conf "$cache/stamp" | sha256sum | cut -c 1-16)
	files '*.c' '*.h' ':!*_gen.c' ':!*_gen.h' | xargs -r sha256sum |
		while read -r key file; do
			if [[ ! -e $cache/passed/$rules-$key ]]; then
				echo "$rules-$key $file"
			fi
		done >"$work/todo"
	cut -d ' ' -f 2- "$work/todo" |
		xargs -r -P "$(nproc)" -n 12 perl "$cache/checkpatch.pl" \
			--quiet --no-summary --terse --file >"$work/found" 2>&1 || :
	cat "$work/found"
	while read -r key file; do
		if ! grep -qF "$file" "$work/found"; then
			: >"$cache/passed/$key"
		fi
	done <"$work/todo"
}

# clang-format moves line breaks that a writer chose well, and no two versions
# agree on macros.  So a line is wrong if it is under both rules, fill up to the
# column limit and leave the breaks alone, and macros are laid out by hand.  Of a
# header with names in brackets it would believe that it is Objective-C.
step_format()
{
	local file as

	sed 's/^ColumnLimit:.*/ColumnLimit: 0/' .clang-format >"$work/loose"
	files '*.c' '*.h' ':!*_gen.c' ':!*_gen.h' |
		while IFS= read -r file; do
			as=${file%.*}.c
			clang-format --assume-filename="$as" <"$file" |
				diff -U 0 "$file" - >"$work/filled" && continue
			clang-format --style="file:$work/loose" --assume-filename="$as" <"$file" |
				diff -U 0 --label "$file" --label "$file" "$file" - |
				wrong_under_both "$work/filled" -
		done || :
}

# Of the second diff, the hunks that also the first one has something to say on.
wrong_under_both()
{
	awk '
		function flush() {
			if (hunk != "" && common && !by_hand) {
				printf "%s%s", head, hunk
				head = ""
			}
			hunk = ""; common = by_hand = 0
		}
		/^(---|\+\+\+) / {
			if (FNR != NR)
				head = head $0 "\n"
			next
		}
		/^@@/ {
			split(substr($2, 2), range, ",")
			count = range[2] == "" ? 1 : range[2]
			if (FNR != NR)
				flush()
			for (i = range[1]; i < range[1] + (count ? count : 1); i++) {
				if (FNR == NR)
					seen[i] = 1
				else if (i in seen)
					common = 1
			}
		}
		FNR == NR { next }
		/^-#define|^-.*\\$|clang-format on/	{ by_hand = 1 }
		/^-[ \t]*OTSEG_[A-Z0-9_]+( = [^,]*)?,$/	{ by_hand = 1 }
		/^-[ \t]*\.[a-z_]+ = |^-.*\?.*\?/	{ by_hand = 1 }
		{ hunk = hunk $0 "\n" }
		END { flush() }
	' "$@"
}

step_shellcheck()
{
	scripts | xargs -r shellcheck -x -f gcc -S warning || :
}

step_codespell()
{
	files ':!LICENSE' ':!*.pcap' ':!*.bin' |
		xargs -r codespell -q 6 -L keep-alives,nd,ot,te,hart,hel,datset,couse || :
}

step_yamllint()
{
	files '*.yaml' '*.yml' .yamllint | xargs -r yamllint -s -f parsable || :
}

step_kernel-doc()
{
	need_checkers || return
	files '*.c' '*.h' | xargs -r grep -lE '^[[:space:]]*/\*\*$' |
		xargs -r perl "$cache/kernel-doc" -none -Wall 2>&1 || :
}

# Generated files are what their specification generates.
step_netlink()
{
	local code=0

	scripts/ynl.sh --check || code=$?
	if ((code == 4)); then
		tail -n 1 "$work/out" >"$work/skip"
		return 0
	fi
	return "$code"
}

step_sparse()
{
	if [[ ! -f $top/build/lanes/$lane/lane.env || ! -f Kbuild ]]; then
		echo "no kernel lane yet: scripts/lane.sh $lane" >"$work/skip"
		return
	fi
	# A build of its own: checking must not touch what the tests load.
	make --no-print-directory kmod LANE="$lane" O="$cache/sparse" \
		KFLAGS='C=2' >"$work/sparse" 2>&1 || tail -n 5 "$work/sparse"
	sed -n "s|^$cache/sparse/$lane/||; /\(warning\|error\): /p" "$work/sparse"
}

# Warnings are errors in every build; here they are with the other compiler too.
step_clang()
{
	make --no-print-directory userspace bpf CC=clang O="$cache/clang" \
		>"$work/clang" 2>&1 || grep -E '(warning|error): ' "$work/clang"
	if [[ -f $top/build/lanes/$lane/lane.env ]]; then
		make --no-print-directory kmod LANE="$lane" O="$cache/clang" \
			KFLAGS='LLVM=1 W=1' >"$work/clang" 2>&1 || tail -n 5 "$work/clang"
		grep -E '(warning|error): ' "$work/clang" || :
	fi
}

if [[ ${1:-} == --format ]]; then
	step_format | git apply --unidiff-zero -p0 --allow-empty
	exit
fi

"$top/scripts/deps.sh" lint
steps=(spdx places checkpatch format shellcheck codespell yamllint kernel-doc netlink sparse clang)
if (($#)); then
	steps=("$@")
fi

failed=0
for step in "${steps[@]}"; do
	code=0
	rm -f "$work/skip"
	"step_$step" >"$work/out" 2>&1 || code=$?
	if [[ -f $work/skip ]]; then
		echo "skip $step: $(<"$work/skip")"
	elif ((code == 0)) && [[ ! -s $work/out ]]; then
		echo "ok   $step"
	else
		echo "FAIL $step"
		sed 's/^/     /' "$work/out"
		failed=1
	fi
done
exit "$failed"
