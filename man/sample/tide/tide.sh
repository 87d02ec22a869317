#!/bin/sh
# tide PORT [MM-DD]: the high waters of a day, by default of today.
port=${1:?"say which port: north or south"}
day=${2:-$(date +%m-%d)}
table=${0%/*}/../share/tide/$port.tsv
[ -f "$table" ] || { echo "tide: no table of port $port" >&2; exit 1; }
while read -r when time metres; do
  [ "$when" != "$day" ] || echo "$time $metres m"
done < "$table"
