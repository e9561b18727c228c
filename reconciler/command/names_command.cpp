// completion names: what a shell offers where a name is meant. While somebody types, nothing is worth a message.
#include <algorithm>
#include <set>

#include "reconciler/command/commands.hpp"
#include "reconciler/options/completion.hpp"
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

void put_value(const std::string& flag, const std::string& value, TypedLine& line) {
  if (flag == "-f" || flag == "--file") line.where.manifest = value;
  if (flag == "--home") line.where.home = value;
  if (flag == "--rev") line.where.rev = value;
  if (flag == "--repo") line.fetches = true;
}

const options::CommandEntry* command_of(const TypedLine& line) {
  return line.words.empty() ? nullptr : options::find_command(line.words.front());
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
      const auto* const option = options::find_option(command_of(line), word);
      if (option != nullptr && option->takes_value()) line.flag = word;
    } else if (!word.empty()) {
      line.words.push_back(word);
    }
  }
  return line;
}

std::vector<options::NameKind> kinds_wanted(const TypedLine& line) {
  const auto* const command = command_of(line);
  if (!line.flag.empty()) {
    const auto* const option = options::find_option(command, line.flag);
    return option == nullptr ? std::vector<options::NameKind>{} : options::kinds_of(option->placeholder, "");
  }
  if (command == nullptr) return {};
  return options::kinds_after(*command, {line.words.begin() + 1, line.words.end()});
}

template <class Rows>
void add_names(const Rows& rows, const std::string& before, std::set<std::string>& to) {
  for (const auto& row : rows) to.insert(before + row.name.text());
}

std::set<std::string> names_of_kinds(const std::vector<options::NameKind>& kinds, const Manifest& manifest,
                                     const state::Snapshot& snapshot) {
  std::set<std::string> names;
  for (const auto kind : kinds) {
    switch (kind) {
      case options::NameKind::images:
        add_names(manifest.images, "", names);
        for (const auto& image : snapshot.images) {
          if (!image.deleted) names.insert(image.name.text());
        }
        break;
      case options::NameKind::peers:
        add_names(manifest.peers, "", names);
        add_names(snapshot.registrations, "", names);
        break;
      case options::NameKind::types:
        add_names(manifest.types, "", names);
        add_names(snapshot.types, "", names);
        break;
      case options::NameKind::series:
      case options::NameKind::series_references: {
        const std::string before = kind == options::NameKind::series ? "" : "series:";
        add_names(manifest.series, before, names);
        add_names(snapshot.series, before, names);
        break;
      }
    }
  }
  return names;
}

/// Nothing where the manifest is wrong; the manifest's alone where there is no state.
std::set<std::string> names_here(const std::vector<options::NameKind>& kinds, const console::Session& session) {
  const auto read = source::manifest_or_problems(session);
  const auto* const manifest = std::get_if<Manifest>(&read);
  if (manifest == nullptr) return {};
  try {
    return names_of_kinds(kinds, *manifest, site::Site(*manifest, state::Access::read_only, session.files).state.snapshot());
  } catch (const Error&) {  // no state yet, or no right to read it: the manifest has names too
    return names_of_kinds(kinds, *manifest, {});
  }
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
