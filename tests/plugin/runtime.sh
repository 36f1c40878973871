#!/bin/sh
# A CNI runtime of the tests' own: runtime.sh add|check|del CONFLIST ID NETNS IFNAME
# Plugins come from CNI_PATH; the result of the last ADD is kept in /run/results.
set -eu

command=$1 conflist=$2 id=$3 netns=$4 ifname=$5
results=/run/results
result=$results/$id-$ifname.json
mkdir -p "$results"

# call COMMAND INDEX [PREVIOUS_RESULT_FILE]
call() {
  config=$(jq --argjson index "$2" \
    '{cniVersion, name} + .plugins[$index]' "$conflist")
  if [ -s "${3-}" ]; then
    config=$(printf '%s' "$config" | jq --slurpfile previous "$3" \
      '. + {prevResult: $previous[0]}')
  fi
  type=$(printf '%s' "$config" | jq -r .type)
  for folder in $(printf '%s' "$CNI_PATH" | tr : ' '); do
    if [ -x "$folder/$type" ]; then break; fi
  done
  printf '%s' "$config" | CNI_COMMAND=$1 CNI_CONTAINERID=$id CNI_NETNS=$netns \
    CNI_IFNAME=$ifname "$folder/$type"
}

last=$(($(jq '.plugins | length' "$conflist") - 1))
case $command in
add)
  : >"$result"
  for index in $(seq 0 "$last"); do
    call ADD "$index" "$result" >"$result.new" || { cat "$result.new"; exit 1; }
    mv "$result.new" "$result"
  done
  cat "$result"
  ;;
check)
  for index in $(seq 0 "$last"); do call CHECK "$index" "$result"; done
  ;;
del)
  for index in $(seq "$last" -1 0); do call DEL "$index" "$result"; done
  rm -f "$result"
  ;;
esac
