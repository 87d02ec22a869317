#!/bin/sh
# Lets apt find packages for some goals on an empty machine, and says what that cost.
#
# usage: apt-solve.sh [-r] [-c CODENAME] GOAL...
# -r: with what packages recommend.
# A goal is a name, or a relation as `foo (>= 1.2) | bar`, for which `apt-get satisfy` stands in for `apt-get install`.
# The lists are the system's, all or those of one CODENAME; status, caches and settings are private, so nothing changes
# here, and nothing that is installed or pinned here counts. Prints one line of JSON: "packages" as [name, version];
# "cpuSeconds" and "peakBytes" with apt's caches at hand; "coldCpuSeconds" and "coldPeakBytes" without them; "problem",
# what apt says where it finds nothing, then with no packages and exit status 1. That it finds nothing does not show that
# nothing can be: of a name with several versions it looks at the newest alone, and it gives up early.
#
# apt gets its lists unpacked, as a machine has them by default: where they are kept compressed it unpacks one again and
# again, for every package that it prints, and most of the cost is that.
set -eu

recommends=--no-install-recommends
if [ "${1-}" = -r ]; then
	recommends=--install-recommends
	shift
fi
codename=
if [ "${1-}" = -c ]; then
	codename=$2
	shift 2
fi
if [ $# = 0 ]; then
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi

verb=install
for goal in "$@"; do
	case $goal in *[!a-z0-9.+-]*) verb=satisfy ;; esac
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
lists=$folder/state/lists
etc=$folder/etc
mkdir -p "$lists/partial" "$folder/cache/archives/partial" "$etc/apt.conf.d" "$etc/preferences.d"
: >"$folder/state/status"

indexes() {
	apt-get indextargets --format "$1" 'Created-By: Packages' ${codename:+"Codename: $codename"}
}
indexes '$(FILENAME)' | while read -r file; do
	plain=${file##*/}
	/usr/lib/apt/apt-helper cat-file "$file" >"$lists/${plain%Packages*}Packages"
	cp "${file%/*}"/*Release* "$lists"
done
indexes '$(REPO_URI) $(RELEASE) $(COMPONENT)' | sed 's/^/deb [trusted=yes] /' >"$etc/sources.list"
if [ ! -s "$etc/sources.list" ]; then
	echo "apt-solve: apt has no lists${codename:+ of $codename} here" >&2
	exit 2
fi

cat >"$folder/apt.conf" <<CONF
Dir::Etc "$etc";
Dir::State "$folder/state";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder/cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
Debug::NoLocking "true";
CONF

# solve HOW GOAL...: leaves what apt prints in HOW.out and HOW.err, its cost as "user system kilobytes" in HOW.cost
solve() {
	run=$folder/$1
	shift
	APT_CONFIG=$folder/apt.conf LC_ALL=C /usr/bin/time -q -o "$run.cost" -f '%U %S %M' \
		apt-get "$verb" --print-uris -qq -y "$recommends" "$@" >"$run.out" 2>"$run.err"
}
failed=0
solve cold "$@" || failed=1
solve warm "$@" || failed=1

# 'URI' NAME_VERSION_ARCHITECTURE.deb SIZE DIGEST, the colon of an epoch as %3a
packages=$(sed -n "s/^'[^']*' \([^_]*\)_\([^_]*\)_[^_]*\.deb .*/[\"\1\",\"\2\"]/p" "$folder/warm.out" |
	sed 's/%3a/:/g' | sort | paste -sd, -)
problem=$([ $failed = 0 ] || tr -s '\n\t ' ' ' <"$folder/warm.err" | sed 's/[\\"]/\\&/g; s/ $//')
cost() {
	awk -v cpu="$2" -v peak="$3" '{ printf "\"%s\":%.2f,\"%s\":%d", cpu, $1 + $2, peak, $3 * 1024 }' "$folder/$1.cost"
}
printf '{"packages":[%s],%s,%s,"problem":"%s"}\n' "$packages" "$(cost warm cpuSeconds peakBytes)" \
	"$(cost cold coldCpuSeconds coldPeakBytes)" "$problem"
exit $failed
