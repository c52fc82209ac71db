# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the tests that are shell scripts: results in KTAP. A test ends with
# ktap_end, whose exit code is 0 (passed), 1 (failed) or 4 (skipped as a whole).

ktap_number=0
ktap_failed=0

# ktap_begin COUNT
ktap_begin()
{
	ktap_count=$1
	echo "TAP version 13"
	echo "1..$1"
}

# ktap_skip_all REASON: nothing can be tested here.
ktap_skip_all()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 4
}

# ktap_result CODE NAME
ktap_result()
{
	ktap_number=$((ktap_number + 1))
	if (($1)); then
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_number - $2"
	else
		echo "ok $ktap_number - $2"
	fi
}

# ktap NAME COMMAND...: passes if the command succeeds; else shows what it said,
# and what ktap_autopsy says, if the test has such a function. The command runs
# in this shell and may set variables.
ktap()
{
	local name=$1 said code=0
	shift

	said=$(mktemp)
	"$@" >"$said" 2>&1 || code=$?
	if ((code)); then
		printf '# %s: exit code %d\n' "$*" "$code"
		sed 's/^/# /' "$said"
		if declare -F ktap_autopsy >/dev/null; then
			ktap_autopsy 2>&1 | sed 's/^/#   /'
		fi
	fi
	rm -f "$said"
	ktap_result "$code" "$name"
}

# ktap_skip NAME REASON
ktap_skip()
{
	ktap_number=$((ktap_number + 1))
	echo "ok $ktap_number - $1 # SKIP $2"
}

ktap_note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

ktap_end()
{
	if ((ktap_number != ktap_count)); then
		echo "# planned $ktap_count tests, ran $ktap_number"
		ktap_failed=$((ktap_failed + 1))
	fi
	exit $((ktap_failed != 0))
}
