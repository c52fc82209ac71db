#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Generate the netlink header, policies and tables of the documentation from the
# specification.
#
#   scripts/ynl.sh           write them
#   scripts/ynl.sh --check   compare them: exit 1 if they differ
#
# The generator comes only with Debian's kernel source package; what is needed
# of it is kept in build/ynl/. Exit 4 and a loud line if it cannot be had.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
series=6.12
spec=Documentation/netlink/specs/otseg.yaml
page=Documentation/netlink.md
cache=$top/build/ynl

# File, generator mode, part, licence of the outcome.
outputs=(
	"include/uapi/linux/otseg.h uapi header GPL-2.0-only WITH Linux-syscall-note"
	"kmod/netlink_gen.h kernel header GPL-2.0-only"
	"kmod/netlink_gen.c kernel source GPL-2.0-only"
)

check=
case ${1:-} in
"") ;;
--check) check=1 ;;
*)
	echo "usage: ynl.sh [--check]" >&2
	exit 2
	;;
esac

skip()
{
	echo "ynl.sh: SKIPPED: $*" >&2
	exit 4
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch()
{
	local package=linux-source-$series
	local -a options=(-qq -o DPkg::Lock::Timeout=300)

	if ((EUID == 0)); then
		# The unprivileged download user may not reach a temporary directory.
		options+=(-o APT::Sandbox::User=root)
	fi
	(cd "$work" && apt-get "${options[@]}" download "$package") ||
		skip "cannot download $package"
	dpkg-deb --fsys-tarfile "$work"/"$package"_*.deb |
		tar -xf - -C "$work" "./usr/src/$package.tar.xz" ||
		skip "$package holds no source archive"
	tar -xf "$work/usr/src/$package.tar.xz" -C "$work" \
		--wildcards '*/tools/net/ynl/ynl-gen-c.py' \
		'*/tools/net/ynl/lib/*.py' '*/Documentation/netlink/*.yaml' ||
		skip "$package holds no generator"
	mkdir -p "$top/build"
	rm -rf "$cache"
	mv "$work/$package" "$cache"
}

python3 -c 'import jsonschema, yaml' 2>/dev/null ||
	skip "python3-yaml and python3-jsonschema are needed"
if [[ ! -f $cache/tools/net/ynl/ynl-gen-c.py ]]; then
	fetch
fi

# write_tables: what operations there are and what they carry. In the page, all
# after the mark is generated.
write_tables()
{
	python3 - "$top/$spec" <<'END'
import sys
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    spec = yaml.safe_load(file)


def sentence(text):
    return " ".join(text.split())


def names(part):
    attributes = (part or {}).get("attributes", [])
    return ", ".join(f"`{name}`" for name in attributes) or "-"


print("\n## Operations\n")
print("| operation | takes | returns | |")
print("|---|---|---|---|")
for op in spec["operations"]["list"]:
    admin = "*admin* " if "admin-perm" in op.get("flags", []) else ""
    for way in ("do", "dump"):
        if way in op:
            dump = " (dump)" if way == "dump" else ""
            print(f"| `{op['name']}`{dump} | {names(op[way].get('request'))} "
                  f"| {names(op[way].get('reply'))} | {admin}{sentence(op['doc'])} |")

print("\n## Attributes")
for space in spec["attribute-sets"]:
    print(f"\n### {space['name']}\n")
    print("| attribute | type | |")
    print("|---|---|---|")
    for attr in space["attributes"]:
        kind = attr["type"]
        if "enum" in attr:
            kind += f", {attr['enum']}"
        print(f"| `{attr['name']}` | {kind} | {sentence(attr['doc'])} |")

print("\n## Values\n")
print("| name | value | |")
print("|---|---|---|")
for item in spec["definitions"]:
    if item["type"] == "const":
        print(f"| `{item['name']}` | {item['value']} | {sentence(item['doc'])} |")
        continue
    for number, entry in enumerate(item["entries"]):
        value = 1 << number if item["type"] == "flags" else number
        print(f"| `{item['name']}` `{entry['name']}` | {value} | {sentence(entry['doc'])} |")
END
}

# The generator wants to find the specification in a kernel tree, under the
# licence of the kernel's own ones; the banner it writes names the path.
tree=$work/tree
mkdir -p "$tree/${spec%/*}"
touch "$tree/MAINTAINERS"
cp "$cache"/Documentation/netlink/*.yaml "$tree/Documentation/netlink/"
sed '1s/:.*/: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)/' \
	"$top/$spec" >"$tree/$spec"

# compare_or_write FILE MADE
status=0
compare_or_write()
{
	if [[ $check ]]; then
		diff -u --label "$1" --label "generated from $spec" "$top/$1" "$2" ||
			status=1
	elif ! cmp -s "$2" "$top/$1"; then
		mkdir -p "$top/${1%/*}"
		cp "$2" "$top/$1"
	fi
}

for output in "${outputs[@]}"; do
	read -r file mode part licence <<<"$output"
	made=$tree/$file
	mkdir -p "${made%/*}"
	python3 "$cache/tools/net/ynl/ynl-gen-c.py" --mode "$mode" "--$part" \
		--spec "$tree/$spec" -o "$made"
	sed -i "1s/((GPL.*Clause)/$licence/" "$made"
	compare_or_write "$file" "$made"
done

{
	sed '/^<!-- Generated/q' "$top/$page"
	write_tables
} >"$work/page"
compare_or_write "$page" "$work/page"
exit $status
