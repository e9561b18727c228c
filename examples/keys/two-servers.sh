# Sourced by the scripts beside it. Two servers in an empty folder: "gold" makes images, "silver" copies all of them. They
# reach each other by file:// URLs; with https:// nothing but the URLs would be different.
#   INGOT=path   the program (default: ingot in PATH)
set -euo pipefail
ingot=${INGOT:-ingot}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

step() { printf '\n== %s\n' "$*"; }
run() { # server, arguments of ingot
  printf '%s$ ingot %s\n' "$1" "${*:2}"
  (cd "$1" && "$ingot" --no-progress "${@:2}")
}
fail() { echo "$0: $*" >&2; exit 1; }
expect() { # exit code, text that the output holds, server, arguments of ingot
  local exit=0 output
  output=$(run "${@:3}" 2>&1) || exit=$?
  printf '%s\n' "$output"
  [ "$exit" = "$1" ] || fail "exit $exit, not $1"
  grep -qF -- "$2" <<<"$output" || fail "the output does not say: $2"
}
image() { # server, image: made from a file of its own name
  echo "the bytes of $2" > "$1/$2"
  printf '\n[[image]]\nname = "%s"\nsource = "%s"\n' "$2" "$2" >> "$1/ingot.toml"
}
peers_follow() { # what silver's own timer does
  expect 0 "" silver apply --yes
  expect 0 "No changes." silver plan
}

"$ingot" init --server gold --url "file://$folder/gold/store/public/" gold >/dev/null
"$ingot" init --server silver --url "file://$folder/silver/store/public/" silver >/dev/null
image gold first
cat >> silver/ingot.toml <<TOML

[[peer]]
name = "gold"
card = "../gold/server.card.toml"

[[subscription]]
peer  = "gold"
all   = true
since = "start"
TOML
(cd gold && "$ingot" apply --yes --quiet >/dev/null)
(cd silver && "$ingot" apply --yes --quiet >/dev/null)
