// completion names: what a shell offers where a name is meant. While somebody types, nothing is worth a message.
#include <algorithm>
#include <set>

#include "reconciler/command/commands.hpp"
#include "reconciler/options/help_table.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// A line that is being typed, as far as names go.
struct TypedLine {
  std::vector<std::string> words;  ///< without options; the command first
  std::string flag;                ///< the option whose value comes next; "": none
  options::GlobalOptions where;    ///< which server is meant
  bool fetches = false;            ///< its manifest is elsewhere
};

bool takes_value(const std::string& flag, const std::string& command) {
  const auto is_it = [&](const options::HelpOption& option) {
    return !option.value.empty() && std::find(option.flags.begin(), option.flags.end(), flag) != option.flags.end();
  };
  const auto everywhere = options::options_everywhere();
  if (std::any_of(everywhere.begin(), everywhere.end(), is_it)) return true;
  const auto pages = options::help_pages();
  const auto page =
      std::find_if(pages.begin(), pages.end(), [&](const options::HelpPage& one) { return one.command == command; });
  return page != pages.end() && std::any_of(page->options.begin(), page->options.end(), is_it);
}

void put_value(const std::string& flag, const std::string& value, TypedLine& line) {
  if (flag == "-f" || flag == "--file") line.where.manifest = value;
  if (flag == "--home") line.where.home = value;
  if (flag == "--rev") line.where.rev = value;
  if (flag == "--repo") line.fetches = true;
}

TypedLine read_line(const std::vector<std::string>& words) {
  TypedLine line;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (!line.flag.empty()) {
      put_value(line.flag, word, line);
      line.flag.clear();
    } else if (word.starts_with("--") && equals != std::string::npos) {
      put_value(word.substr(0, equals), word.substr(equals + 1), line);
    } else if (word.starts_with('-')) {
      if (takes_value(word, line.words.empty() ? "" : line.words.front())) line.flag = word;
    } else if (!word.empty()) {
      line.words.push_back(word);
    }
  }
  return line;
}

std::vector<std::string> kinds_wanted(const TypedLine& line) {
  if (line.flag == "--peer") return {"peers"};
  if (!line.flag.empty() || line.words.empty()) return {};
  const auto pages = options::help_pages();
  const auto page =
      std::find_if(pages.begin(), pages.end(), [&](const options::HelpPage& one) { return one.command == line.words.front(); });
  if (page == pages.end()) return {};
  return page->names_after({line.words.begin() + 1, line.words.end()});
}

template <class Rows>
void add_names(const Rows& rows, const std::string& before, std::set<std::string>& to) {
  for (const auto& row : rows) to.insert(before + row.name.text());
}

std::set<std::string> names_of_kinds(const std::vector<std::string>& kinds, const Manifest& manifest,
                                     const state::Snapshot& snapshot) {
  std::set<std::string> names;
  for (const auto& kind : kinds) {
    if (kind == "images") {
      add_names(manifest.images, "", names);
      for (const auto& image : snapshot.images) {
        if (!image.deleted) names.insert(image.name.text());
      }
    } else if (kind == "peers") {
      add_names(manifest.peers, "", names);
      add_names(snapshot.registrations, "", names);
    } else if (kind == "types") {
      add_names(manifest.types, "", names);
      add_names(snapshot.types, "", names);
    } else {
      const std::string before = kind == "series:NAME" ? "series:" : "";
      add_names(manifest.series, before, names);
      add_names(snapshot.series, before, names);
    }
  }
  return names;
}

/// Nothing where the manifest is wrong; the manifest's alone where there is no state.
std::set<std::string> names_here(const std::vector<std::string>& kinds, const console::Session& session) {
  const auto read = source::manifest_or_problems(session);
  const auto* const manifest = std::get_if<Manifest>(&read);
  if (manifest == nullptr) return {};
  try {
    return names_of_kinds(kinds, *manifest, site::Site(*manifest, state::Access::read_only, session.files).state.snapshot());
  } catch (const Error&) { return names_of_kinds(kinds, *manifest, {}); }
}

}  // namespace

int run_command(const options::NamesArguments& arguments, const console::Session& session) {
  const TypedLine line = read_line(arguments.words);
  const auto kinds = kinds_wanted(line);
  if (kinds.empty() || line.fetches) return exit_done;
  const console::Session of_line{.flags = line.where,
                                 .terminal = session.terminal,
                                 .files = session.files,
                                 .clock = session.clock,
                                 .connect = session.connect};
  try {
    for (const auto& name : names_here(kinds, of_line)) session.terminal.out(name + "\n");
  } catch (const Error&) {  // a half-written path, no rights to read it …
  }
  return exit_done;
}

}  // namespace ingot::command
