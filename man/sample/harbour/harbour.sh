#!/bin/sh
# harbour [DRAUGHT]: when the water is high today, and whether a ship of so many decimetres may come in.
here=${0%/*}
port=north
for conf in "$here/../../etc/harbour.conf" "$here/../share/factory/etc/harbour.conf"; do
  [ -f "$conf" ] || continue
  . "$conf"
  break
done
echo "harbour 1.0: high water at $port today"
"$here/tide" "$port" | while read -r time metres unit; do
  echo "  $time  $metres $unit"
done
