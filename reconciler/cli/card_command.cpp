#include <algorithm>

#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/json_writer.hpp"
#include "reconciler/cli/manifest_path.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/io/manifest_files.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/card.hpp"
#include "schema/exit_code.hpp"
#include "schema/parse_manifest.hpp"

namespace ingot {

namespace {

/// Who the card's server is to the manifest here, if there is one: "this server itself", "the peer \"x\"" …
std::string known_as(const Card& card, const Session& session) {
  const auto read = parse_manifest(manifest_path(session.flags), disk_manifest_files());
  const auto* const manifest = std::get_if<Manifest>(&read);
  if (manifest == nullptr) return "";
  const bool made = session.files.status(manifest->server.state).has_value();
  if (made && State::open(manifest->server.state, Access::read_only).self() == card.id) return "this server itself";
  const auto peer =
      std::find_if(manifest->peers.begin(), manifest->peers.end(), [&](const PeerEntry& one) { return one.card.id == card.id; });
  return peer == manifest->peers.end() ? "no peer of " + manifest->path
                                       : fmt::format("peer \"{}\" of {}", peer->name.text(), manifest->path);
}

void show_card(const Card& card, const std::string& known, const Session& session) {
  session.show(
      [&](const Style& style, Output& out) {
        out.print("{}\n  {:<5} {}\n  {:<5} {}\n", style.bold(card.name.text()), "url", printable(card.url), "root",
                  card.id.text());
        if (!known.empty()) out.print("  {:<5} {}\n", "is", printable(known));
      },
      [&](Output& out) {
        JsonWriter json(out);
        json.begin_object();
        json.member("format", "ingot.card/1");
        json.member("name", card.name.text());
        json.member("url", card.url);
        json.member("root", card.id.text());
        json.member_or_null("known_as", known);
        json.end_object();
        json.finish();
      });
}

int show_card_file(const std::string& path, const Session& session) {
  const auto bytes = disk_manifest_files().read(path);
  if (const auto* const unreadable = std::get_if<Unreadable>(&bytes)) {
    throw Error(Fault::usage, fmt::format("the card \"{}\" cannot be read: {}", printable(path), unreadable->why),
                "name a card's file, such as peers/fpps-2.card.toml")
        .with_code("unreadable")
        .about(path);
  }
  const auto read = parse_card(std::get<std::string>(bytes), path);
  if (const auto* const problems = std::get_if<Problems>(&read)) {
    show_problems_of(*problems, session);
    return exit_manifest;
  }
  const Card& card = std::get<Card>(read);
  show_card(card, known_as(card, session), session);
  return exit_done;
}

}  // namespace

int run_command(const CardArguments& arguments, const Session& session) {
  if (arguments.file) return show_card_file(*arguments.file, session);
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  if (!manifest->server.url) {
    show_problems_of({{.file = manifest->path,
                       .line = manifest->server.at.line,
                       .column = 1,
                       .code = "missing-key",
                       .text = "[server] has no \"url\": a card says where this server's peers reach it",
                       .mend = "write url = \"https://…/\" under [server], where store/public is served"}},
                     session);
    return exit_manifest;
  }
  require_made(manifest->server, session.files);
  const Card card{.name = manifest->server.name,
                  .url = *manifest->server.url,
                  .id = State::open(manifest->server.state, Access::read_only).self()};
  if (session.json())
    show_card(card, "this server itself", session);
  else
    session.put([&](Output& out) { out.put(write_card(card)); });
  return exit_done;
}

}  // namespace ingot
