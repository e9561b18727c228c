#!/usr/bin/zsh -f
# What zsh offers for a line: complete.zsh FOLDER LINE, where FOLDER holds the completion function _ingot. One offer a line.
# zsh completes at a terminal only, so it gets one; compadd is wrapped to tell what it is given.
fail() { print -u2 "complete.zsh: $1"; exit 1 }
zmodload zsh/zpty || fail "this zsh has no module zpty"
zpty shell zsh -f -i 2>/dev/null || fail "this machine gives no pseudo-terminal (/dev/pts)"
send() {
  zpty -w shell "$1"
  repeat 200; do
    zpty -r -m shell answer "*ok*" 2>/dev/null && return
    zpty -t shell 2>/dev/null || break
  done
  fail "the shell does not answer"
}
send "PROMPT=; fpath=(${(q)1} \$fpath); autoload -Uz compinit && compinit -u -d ${(q)1}/dump; echo o''k"
send 'offer() { local -a hits; builtin compadd -A hits "$@"; print -l -- "offer:"$^hits; }
compadd() { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; else offer "$@"; builtin compadd "$@"; fi; }
done-line() { print; print -- "all-offered"; }; comppostfuncs=(done-line); bindkey "^I" complete-word; echo o'"''"'k'
zpty -w -n shell "$2"$'\t'
repeat 200; do
  zpty -r shell line "*"$'\n' || break
  line=${${line//$'\r'/}%$'\n'}
  [[ $line == *all-offered* ]] && break
  [[ $line == *offer:* ]] && print -r -- ${line##*offer:}
done
zpty -d shell
