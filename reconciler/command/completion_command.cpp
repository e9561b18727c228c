// completion: the script of a shell, and what that script asks for: what may come next. While somebody types, nothing is worth a
// message.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/schemas.hpp"
#include "reconciler/options/completion.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// Which server is meant.
options::GlobalOptions server_of(const options::CommandLine& line) {
  const auto given = [&](std::string_view flag) {
    const std::string value = line.global_value(flag);
    return value.empty() ? std::nullopt : std::optional(value);
  };
  options::GlobalOptions where;
  where.manifest = given("--file");
  where.rev = given("--rev");
  where.home = given("--home");
  return where;
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

/// Those that begin with `typed`: a server may have 100,000.
void show_names(const options::Offers& offers, const options::CommandLine& line, std::string_view typed,
                const console::Session& session) {
  const bool fetches = !line.global_value("--repo").empty();  // its manifest is elsewhere
  if (offers.names.empty() || fetches) return;
  const console::Session of_line{.flags = server_of(line),
                                 .terminal = session.terminal,
                                 .files = session.files,
                                 .clock = session.clock,
                                 .connect = session.connect};
  try {
    for (const auto& name : names_here(offers.names, of_line)) {
      if (const std::string word = offers.prefix + name; word.starts_with(typed)) session.terminal.out(word + "\n");
    }
  } catch (const Error&) {  // a half-written path, no rights to read it …
  }
}

}  // namespace

int run_command(const options::CompletionArguments& arguments, const console::Session& session) {
  session.terminal.out(options::completion_script(arguments.shell));
  return exit_done;
}

int run_command(const options::NamesArguments& arguments, const console::Session& session) {
  std::vector<std::string> words = arguments.words;
  const std::string typed = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  const options::CommandLine line(words);
  const options::Offers offers = options::offers_after(line, typed);
  for (const auto& [word, text] : offers.words)
    session.terminal.out(fmt::format("{}{}{}{}\n", offers.prefix, word, text.empty() ? "" : "\t", text));
  show_names(offers, line, typed, session);
  for (const auto& schema : offers.schemas ? embedded_schemas() : std::span<const EmbeddedSchema>())
    session.terminal.out(fmt::format("{}\n", schema.name));
  if (offers.files) session.terminal.out(":files\n");
  return exit_done;
}

}  // namespace ingot::command
