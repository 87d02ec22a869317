#!/bin/sh
# flags WORD: the flags that spell it, one a line, from the top of the mast.
word=${1:?"say a word"}
while [ -n "$word" ]; do
  rest=${word#?}
  letter=${word%"$rest"}
  word=$rest
  while read -r sign name looks; do
    case $letter in [$sign]) echo "$name: $looks" ;; esac
  done < "${0%/*}/../share/flags/flags.txt"
done
