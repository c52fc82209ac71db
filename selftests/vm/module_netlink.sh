#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Messages to the module's family that are nearly right, as admin and as somebody else:
# none that is refused changes anything, and the kernel does not complain.
# OTSEG_NETLINK_MESSAGES says how many (60,000), OTSEG_SEED which ones.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

if [[ ${1:-} != --guest ]]; then
	module_host "$0" "${OTSEG_NETLINK_MESSAGES:-60000}" "${OTSEG_SEED:-1}"
fi
messages=$2 seed=$3
third=$(((messages + 2) / 3))

begin()
{
	insmod /otseg/otseg.ko && ip link add dev0 type dummy && ip link set dev0 up &&
		client "push /otseg/a.img" "push-try /otseg/b.img 600000" "bind dev0"
}

# Half of them with an unconfirmed policy in force: whoever confirms it, that is a change.
as_admin()
{
	genl_fuzz "$seed" "$third" >/tmp/fuzzed.1 && client "push /otseg/b.img" &&
		genl_fuzz $((seed + 1)) "$third" >/tmp/fuzzed.2
}

# All that anybody can see, but for what time and traffic change.
seen()
{
	state
	genl_client status interfaces conduits | sed 's/since=[0-9]*//; s/seconds-left=[0-9]*//; s/unguarded=[0-9]*//'
}

as_anybody()
{
	seen >/tmp/before && genl_fuzz $((seed + 2)) "$third" 65534 >/tmp/fuzzed.3 &&
		seen >/tmp/after && diff /tmp/before /tmp/after
}

# Whatever state that has led to, a client that knows what it wants gets it.
still_works()
{
	client "may change 5" "push /otseg/a.img" "read /tmp/back" && cmp /otseg/a.img /tmp/back &&
		[[ $(<$sysfs/state) == active && $(<$sysfs/policy) == module-a ]]
}

ktap_begin 7
ktap "a policy, another one that waits, an interface" begin
ktap "twice $third messages as admin" as_admin
ktap "allowed and refused frames come meanwhile" eval 'client "push /otseg/a.img" && traffic_begin'
ktap "$third messages as anybody change nothing" as_anybody
ktap "of the allowed frames none was lost, of the others none has passed" traffic_end
sed 's/^/# /' /tmp/fuzzed.*
ktap "a policy can be committed and read back" still_works
ktap "the module unloads" unload
ktap_end
