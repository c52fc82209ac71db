#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Whether a kernel complained (BUG, WARNING, Oops, sanitizers, leaks), or cannot look for
# faults any more: the first time that its log says so, and what is around that.
#
#   scripts/vm-complaint.sh LOG
#
# Exit code 0: it did. 1: it did not.
set -euo pipefail

log=${1:?usage: vm-complaint.sh LOG}
line=$(grep -anE -m 1 -e 'Kernel panic' -e '\bBUG[: ]' -e 'WARNING: ' -e 'Oops: ' \
	-e 'general protection fault' -e 'UBSAN: ' -e 'KASAN: ' -e 'KFENCE: ' \
	-e 'INFO: (task|possible|suspicious|rcu|trying|lockdep)' -e 'rcu: INFO: ' \
	-e 'suspicious RCU usage' -e 'unregister_netdevice: waiting' \
	-e 'kmemleak: [0-9]+ new' -e 'kmemleak: .*(disabled|stopped)' \
	-e 'ODEBUG: ' -e 'refcount_t: ' "$log" | cut -d : -f 1) || exit
if [[ -z $line ]]; then
	exit 1
fi
sed -n "$((line > 2 ? line - 2 : 1)),$((line + 40))p" "$log"
