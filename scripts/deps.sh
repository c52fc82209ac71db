#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the missing Debian packages of the named groups.
#
#   scripts/deps.sh [build|check|vm|debug|lint|bench|pkg:NAME]...
#
# Debian 12 and 13.  "a|b" takes whichever name the release knows; "?a" is looked
# for in the release's backports too, and done without if it is in neither.  When
# nothing is missing no package manager is started, and root is not needed.
set -euo pipefail

declare -A groups=(
	# What `make` needs: tool, BPF object and module.
	[build]="gcc libc6-dev make pkg-config|pkgconf clang llvm bpftool
		libbpf-dev libelf-dev zlib1g-dev libyaml-dev libjansson-dev
		libpcap-dev libmnl-dev libnl-3-dev libnl-route-3-dev libssl-dev
		linux-libc-dev"
	# What the tests that need no virtual machine run.
	[check]="clang-19 groff-base libmodbus-dev libclang-rt-dev tshark tcpdump iproute2
		iputils-ping ethtool nftables netcat-openbsd jq procps kmod mosquitto mosquitto-clients
		python3 python3-yaml python3-jsonschema python3-scapy python3-pyasn1 python3-paho-mqtt
		nmap-common openssl tzdata systemd"
	# A kernel lane, a module built for it, and a machine that boots it.
	[vm]="gcc libc6-dev make qemu-system-x86 cpio busybox-static kmod
		pahole|dwarves xz-utils zstd libelf-dev iproute2 iputils-ping
		ethtool nftables tcpdump netcat-openbsd jq procps bpftool openssl"
	# What the kernel of lane "debug" is built with.
	[debug]="gcc make bc bison flex libelf-dev libssl-dev openssl perl pahole|dwarves xz-utils"
	[lint]="git perl clang-format shellcheck sparse codespell yamllint
		clang lld llvm xz-utils python3 python3-yaml python3-jsonschema"
	[bench]="iproute2 ethtool nftables jq procps bpftool gnuplot-nox ?suricata"
)

usage()
{
	echo "usage: deps.sh [build|check|vm|debug|lint|bench|pkg:NAME]..." >&2
	exit 2
}

declare -A want=()
for group in "${@:-build}"; do
	case $group in
	pkg:?*)
		want[${group#pkg:}]=1
		;;
	*)
		if [[ ! -v groups[$group] ]]; then
			usage
		fi
		for entry in ${groups[$group]}; do
			want[$entry]=1
		done
		;;
	esac
done

# One dpkg-query for all: asking per package would take seconds.
declare -A have=()
while read -r name status; do
	if [[ $status == installed ]]; then
		have[$name]=1
	fi
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')

missing=() wished=()
for entry in "${!want[@]}"; do
	found=
	for name in ${entry//[|?]/ }; do
		if [[ -v have[$name] ]]; then
			found=1
			break
		fi
	done
	if [[ $found ]]; then
		continue
	fi
	if [[ $entry == \?* ]]; then
		wished+=("${entry#\?}")
	else
		missing+=("$entry")
	fi
done
if ((${#missing[@]} + ${#wished[@]} == 0)); then
	exit 0
fi

if ((EUID != 0)); then
	echo "deps.sh: installing these missing packages needs root:" \
	     "${missing[*]} ${wished[*]}" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp) sources=$(mktemp -d)
trap 'rm -rf "$log" "$sources"' EXIT

# The lists lock, unlike dpkg's, has no option to wait for it.
update_lists()
{
	for _ in {1..150}; do
		if apt-get -qq update >"$log" 2>&1; then
			return
		fi
		if ! grep -q 'Could not get lock' "$log"; then
			break
		fi
		sleep 2
	done
	cat "$log" >&2
	echo "deps.sh: cannot update the package lists, trying the old ones" >&2
}

# Prints the first alternative that the release offers.
choose()
{
	for name in ${1//|/ }; do
		if apt-cache show --no-all-versions "$name" >/dev/null 2>&1; then
			echo "$name"
			return
		fi
	done
	echo "deps.sh: this release has no package '$1'" >&2
	return 1
}

# install NAME...: a question about a configuration file would hang the build: keep the old.
install()
{
	echo "deps.sh: installing $*" >&2
	apt-get install -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold \
		"${options[@]}" "$@" </dev/null >"$log" 2>&1
}

# Has apt look into the backports as well, where the release itself comes from; only
# for the rest of this run, and only for what is asked for by name.
add_backports()
{
	local codename uri

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		"Codename: $codename" 'Component: main' | head -n 1)
	if [[ -z $uri ]]; then
		return 1
	fi
	cp -r /etc/apt/sources.list.d/. "$sources" 2>/dev/null || :
	echo "deb $uri $codename-backports main" >"$sources/backports.list"
	options=(-o "Dir::Etc::sourceparts=$sources" -t "$codename-backports")
	apt-get -qq -o "Dir::Etc::sourceparts=$sources" -o APT::Get::List-Cleanup=0 update \
		>"$log" 2>&1
}

update_lists
names=() options=()
for entry in "${missing[@]}"; do
	names+=("$(choose "$entry")")
done
if ((${#names[@]})) && ! install "${names[@]}"; then
	cat "$log" >&2
	echo "deps.sh: installation failed" >&2
	exit 1
fi

for name in "${wished[@]}"; do
	if { choose "$name" >/dev/null 2>&1 && install "$name"; } ||
	   { add_backports && install "$name"; }; then
		# Here to be run by a test, not to serve this host.
		systemctl -q disable --now "$name" 2>/dev/null || :
	else
		echo "deps.sh: no $name here: what needs it will say so" >&2
	fi
done
