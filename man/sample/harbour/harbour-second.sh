#!/bin/sh
# harbour [DRAUGHT]: when the water is high today, and whether a ship of so many decimetres may come in.
here=${0%/*}
port=north
for conf in "$here/../../etc/harbour.conf" "$here/../share/factory/etc/harbour.conf"; do
  [ -f "$conf" ] || continue
  . "$conf"
  break
done
draught=${1:-25}
echo "harbour 1.1: high water at $port today"
"$here/tide" "$port" | while read -r time metres unit; do
  water=${metres%.*}${metres#*.}
  if [ "$water" -gt "$((draught + clearance))" ]; then may="may come in"; else may="has to wait"; fi
  echo "  $time  $metres $unit: a ship of $draught dm $may"
done
