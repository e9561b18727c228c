#include "reconciler/options/completion.hpp"

#include <algorithm>
#include <array>

namespace ingot::options {

namespace {

using Words = std::vector<std::string>;

// Each script gives the words after "ingot", the last one as far as it is typed. Back comes an offer a line, "WORD", a tab and
// its text, and ":files" where a file may stand. Plain bash, so that it needs no package bash-completion.
constexpr std::string_view bash_script = R"sh(# Completions of ingot for bash, made by "ingot completion bash".
_ingot() {
  local rest=${COMP_LINE:0:COMP_POINT} words=() word space head current value offer offers place
  # Bash splits words at "=" and ":" too: what no space separates is one word here. The last one ends at the cursor.
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    space=${rest%%[![:space:]]*}
    rest=${rest#"$space"}
    [[ $rest == "$word"* ]] || word=$rest
    if [[ $space || ${#words[@]} == 0 ]]; then words+=("$word"); else words[${#words[@]}-1]+=$word; fi
    rest=${rest#"$word"}
  done
  # Bash replaces only what follows the last "=" or ":".
  [[ ${word//["$COMP_WORDBREAKS"]/} ]] || word=
  for place in "${!words[@]}"; do words[place]=${words[place]//[\"\'\\]/}; done
  current=${words[${#words[@]}-1]}
  head=${current%"${word//[\"\'\\]/}"}
  for place in "${!words[@]}"; do [[ ${words[place]} != "~/"* ]] || words[place]=$HOME${words[place]:1}; done
  mapfile -t offers < <("${words[0]}" completion names -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  for offer in "${offers[@]%%$'\t'*}"; do
    if [[ $offer == :files ]]; then
      compopt -o filenames 2>/dev/null
      value=$current
      [[ $current != --*=* ]] || value=${current#*=}
      while read -r offer; do
        offer=${current%"$value"}$offer
        COMPREPLY+=("${offer#"$head"}")
      done < <(compgen -f -- "$value")
    elif [[ $offer == "$current"* ]]; then
      [[ $offer != *= ]] || compopt -o nospace 2>/dev/null
      COMPREPLY+=("${offer#"$head"}")
    fi
  done
}
complete -F _ingot ingot
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef ingot
# Completions of ingot for zsh, made by "ingot completion zsh".
_ingot() {
  local -a offers=("${(@f)$(command ingot completion names -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  local -a menu=("${(@)${(@)offers:#:files}//:/\\:}")
  menu=("${(@)menu/$'\t'/:}")
  _describe -t offers offer menu
  (( ${offers[(Ie):files]} )) && _files
}
if [ "$funcstack[1]" = _ingot ]; then _ingot "$@"; else compdef _ingot ingot; fi
)sh";

constexpr std::string_view fish_script = R"sh(# Completions of ingot for fish, made by "ingot completion fish".
function __ingot_offers
    set -l words (commandline -opc) (commandline -ct)
    set -l offers (command ingot completion names -- $words[2..-1] 2>/dev/null)
    string match -v -- :files $offers
    contains -- :files $offers; and __fish_complete_path (commandline -ct)
end
complete -c ingot -f -a '(__ingot_offers)'
)sh";

bool is_literal(std::string_view word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

/// The words of "auto|always|never", of "removals=N|stops=N" as "removals=", "stops="; empty: the placeholder has other values.
Words choices_of(std::string_view placeholder) {
  Words choices = alternatives(placeholder);
  for (auto& choice : choices) {
    const auto equals = choice.find('=');
    if (!is_literal(std::string_view(choice).substr(0, equals))) return {};
    if (equals != std::string::npos) choice.resize(equals + 1);
  }
  return choices;
}

bool is_file(const std::string& alternative) {
  constexpr std::array names{"FILE", "MANIFEST", "KEY", "PLAN", "DIR", "DEST", "BASE", "NEW", "DELTA", "PATH"};
  return std::find(names.begin(), names.end(), alternative) != names.end();
}

/// NAME alone stands for what `before`, the word before it, says ("images", "peers" …).
std::vector<NameKind> kinds_of(std::string_view placeholder, std::string_view before) {
  constexpr std::array topics{std::pair{"images", NameKind::images}, std::pair{"series", NameKind::series},
                              std::pair{"peers", NameKind::peers}, std::pair{"types", NameKind::types}};
  std::vector<NameKind> kinds;
  const bool any = placeholder == "NAME|ADDRESS";  // ADDRESS alone is no name
  for (const auto& part : alternatives(placeholder)) {
    if (part == "IMAGE") kinds.push_back(NameKind::images);
    if (part == "series:NAME") kinds.push_back(NameKind::series_references);
    if (part == "PEER") kinds.push_back(NameKind::peers);
    for (const auto& [topic, kind] : topics) {
      if (part == "NAME" && (any || before == topic)) kinds.push_back(kind);
    }
  }
  return kinds;
}

void offer_value(std::string_view placeholder, std::string_view before, Offers& offers) {
  for (const auto& word : choices_of(placeholder)) offers.words.push_back({word, ""});
  const auto parts = alternatives(placeholder);
  offers.schemas = offers.schemas || placeholder == "SCHEMA";
  offers.files = offers.files || std::any_of(parts.begin(), parts.end(), is_file);
  for (const NameKind kind : kinds_of(placeholder, before)) offers.names.push_back(kind);
}

bool fits(const Word& word, const std::string& given) {
  const auto choices = choices_of(word.placeholder);
  return choices.empty() || std::find(choices.begin(), choices.end(), given) != choices.end();
}

/// `given`: the words after the command.
void offer_word(const Form& form, Words given, Offers& offers) {
  if (!form.verb.empty()) {
    if (given.empty()) return offers.words.push_back({form.verb, ""});
    if (given.front() != form.verb) return;
    given.erase(given.begin());
  }
  auto next = form.words.begin();
  for (const auto& word : given) {
    if (next == form.words.end() || !fits(*next, word)) return;
    if (!next->repeated) ++next;
  }
  if (next != form.words.end()) offer_value(next->placeholder, given.empty() ? "" : given.back(), offers);
}

/// Those that begin with `typed`: fish would offer others that are spelt alike.
void offer_flags(const std::vector<Option>& options, std::string_view typed, Offers& offers) {
  for (const auto& option : options) {
    for (const auto& flag : option.flags) {
      if (flag.starts_with(typed)) offers.words.push_back({flag, option.brief()});
    }
  }
}

void offer_commands(Offers& offers) {
  for (const auto& command : command_table()) offers.words.push_back({command.name, command.summary});
  offers.words.push_back({"help", "show the help of a command"});
}

/// Those of every form that the words do not rule out.
void offer_flags_of(const CommandLine& line, std::string_view typed, Offers& offers) {
  if (line.command() != nullptr) {
    for (const auto& form : line.command()->forms) {
      if (line.words().size() == 1 || form.verb.empty() || form.verb == line.words()[1]) offer_flags(form.options, typed, offers);
    }
  }
  offer_flags(global_options(), typed, offers);
}

}  // namespace

std::string_view completion_script(Shell shell) {
  constexpr std::array scripts{bash_script, zsh_script, fish_script};
  return scripts.at(static_cast<std::size_t>(shell));
}

Offers offers_after(const CommandLine& line, std::string_view typed) {
  Offers offers;
  const auto equals = typed.starts_with("--") ? typed.find('=') : std::string_view::npos;
  if (line.unfinished() != nullptr) {
    offer_value(line.unfinished()->placeholder, "", offers);
  } else if (equals != std::string_view::npos) {
    offers.prefix = typed.substr(0, equals + 1);
    if (const Option* const option = find_option(line.command(), typed.substr(0, equals)))
      offer_value(option->placeholder, "", offers);
  } else if (typed.starts_with('-')) {
    offer_flags_of(line, typed, offers);
  } else if (line.words().empty() || (line.words().size() == 1 && line.words().front() == "help")) {
    offer_commands(offers);
  } else if (line.command() != nullptr) {
    for (const auto& form : line.command()->forms) offer_word(form, {line.words().begin() + 1, line.words().end()}, offers);
  }
  return offers;
}

}  // namespace ingot::options
