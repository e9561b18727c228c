#include <algorithm>

#include "reconciler/apply/recover/whole_catalog.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/console/manifest_path.hpp"
#include "reconciler/console/output_place.hpp"
#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/catalog/card.hpp"
#include "schema/exit_code.hpp"
#include "schema/manifest/parse_manifest.hpp"

namespace ingot::command {

namespace {

/// Who the card's server is to the manifest here, if there is one: "this server itself", "the peer \"x\"" …
std::string known_as(const Card& card, const console::Session& session) {
  const auto read = parse_manifest(console::manifest_path(session.flags), io::disk_manifest_files());
  const auto* const manifest = std::get_if<Manifest>(&read);
  if (manifest == nullptr) return "";
  if (site::has_state(manifest->server, session.files) &&
      state::State::open(site::place_of(manifest->server), state::Access::read_only).self() == card.id)
    return "this server itself";
  const auto peer =
      std::find_if(manifest->peers.begin(), manifest->peers.end(), [&](const PeerEntry& one) { return one.card.id == card.id; });
  return peer == manifest->peers.end() ? "no peer of " + manifest->path
                                       : fmt::format("peer \"{}\" of {}", peer->name.text(), manifest->path);
}

void show_card(const Card& card, const std::string& known, const console::Session& session) {
  session.show(
      [&](const show::Style& style, show::Output& out) {
        out.print("{}\n  {:<5} {}\n  {:<5} {}\n", style.bold(card.name.text()), "url", io::printable(card.url), "root",
                  card.id.text());
        if (!known.empty()) out.print("  {:<5} {}\n", "is", io::printable(known));
      },
      [&](show::Output& out) {
        show::JsonWriter json(out);
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

int show_card_file(const std::string& path, const console::Session& session) {
  const auto bytes = io::disk_manifest_files().read(path);
  if (const auto* const unreadable = std::get_if<Unreadable>(&bytes)) {
    throw Error(Fault::usage, fmt::format("the card \"{}\" cannot be read: {}", io::printable(path), unreadable->why),
                "give the file of a card, such as peers/fpps-2.card.toml")
        .with_code(Code::unreadable)
        .about(path);
  }
  const auto read = parse_card(std::get<std::string>(bytes), path);
  if (const auto* const problems = std::get_if<Problems>(&read)) {
    console::show_problems_of(*problems, session);
    return exit_manifest;
  }
  const Card& card = std::get<Card>(read);
  show_card(card, known_as(card, session), session);
  return exit_done;
}

Card own_card(const ServerSection& server, const std::string& url, const console::Session& session) {
  const auto lineage = store::Store::lineage_of(session.files, server.store);
  if (!lineage) site::require_made(server, session.files);
  const store::Store store = store::Store::open(session.files, server.store, lineage.value_or(""));
  return {.name = server.name, .url = url, .id = apply::id_of_store(store)};
}

void write_to(const std::string& path, const Card& card, const console::Session& session) {
  console::refuse_overwriting(
      session.files, "--out", path,
      [&](const std::string& found) {
        return std::holds_alternative<Card>(parse_card(found, path)) || console::may_be_replaced(session.files, path, found);
      },
      "a card");
  doing(fmt::format("writing the card \"{}\"", io::printable(path)),
        [&] { io::replace_file(session.files, path, write_card(card), 0644); });
  session.tell(fmt::format("the card is in \"{}\"", io::printable(path)));
}

}  // namespace

int run_command(const options::CardArguments& arguments, const console::Session& session) {
  if (arguments.file) return show_card_file(*arguments.file, session);
  const auto manifest = source::read_server_section(session);
  if (!manifest) return exit_manifest;
  const ServerSection& server = manifest->server;
  if (!server.url) {
    console::show_problems_of({{.file = manifest->path,
                                .line = server.at.line,
                                .column = 1,
                                .code = "missing-key",
                                .text = "[server] has no \"url\": the card tells peers where to reach this server",
                                .mend = "write url = \"https://…/\" under [server], where store/public is served"}},
                              session);
    return exit_manifest;
  }
  const Card card = own_card(server, *server.url, session);
  if (arguments.out) write_to(*arguments.out, card, session);
  if (session.json())
    show_card(card, "this server itself", session);
  else if (!arguments.out)
    session.put([&](show::Output& out) { out.put(write_card(card)); });
  return exit_done;
}

}  // namespace ingot::command
