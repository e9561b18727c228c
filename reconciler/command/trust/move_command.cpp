// "ingot state move": carries the state over to a database, or back to a file.
#include <filesystem>

#include "reconciler/command/commands.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/shared_memory.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot::command {

namespace {

state::Place new_place(const options::MoveState& arguments, const ServerSection& server, io::Files& files) {
  state::Place place{.where = arguments.to, .server = server.name.text(), .password = ""};
  if (is_database_url(arguments.to)) {
    if (const auto why = why_not_a_database_url(arguments.to))
      throw Error(Fault::usage, fmt::format("the URL given by --to {}", *why), "see: ingot state --help");
    if (arguments.password_file) place.password = io::read_state_password(*arguments.password_file);
    return place;
  }
  if (arguments.to.empty() || arguments.to.find("://") != std::string::npos)
    throw Error(
        Fault::usage,
        fmt::format("--to \"{}\" is neither a file nor a URL that begins with postgresql://", io::printable(arguments.to)),
        "see: ingot state --help");
  place.where = std::filesystem::absolute(arguments.to).lexically_normal();  // the manifest may stand in another folder
  io::make_folders(files, parent_folder(place.where), 0700);
  return place;
}

/// What this machine knows of peers goes along. Before the state does: what is left half done then is done again by the next try.
std::vector<state::KnownToAll> carried_memory(state::State& state, const state::Place& to, const ServerSection& server,
                                              io::Files& files) {
  const std::string from_folder = site::state_folder(server);
  const std::string to_folder = is_database_url(to.where) ? server.cache : parent_folder(to.where);
  io::PeerMemory from(files, from_folder);
  site::learn_of_peers(state, from);
  if (plain_path(from_folder) != plain_path(to_folder)) {
    io::PeerMemory there(files, to_folder);
    site::carry_memory(from, there);
  }
  return state.moved() ? std::vector<state::KnownToAll>() : site::all_known(state, from);
}

}  // namespace

int run_command(const options::MoveState& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const ServerSection& server = manifest->server;
  const site::RunLock lock = site::take_lock(server, "state move", session);
  state::State state = state::State::open(site::place_of(server), state::Access::read_write);
  if (const auto fence = lock.fence()) state.hold_to(*fence);
  (void)source::require_commit(*manifest, source::AppliedLast{}, session.flags, false);
  const state::Place to = new_place(arguments, server, session.files);
  const std::uint64_t rows = state.move_to(to, session.clock.now(), carried_memory(state, to, server, session.files));
  session.show(
      [&](const show::Style& style, show::Output& out) {
        out.print("{} \"{}\" to \"{}\": {} rows, compared.\n", style.bold("Moved:"), io::printable(server.state),
                  io::printable(to.where), rows);
        out.print("Next, set `state` in [server] of the manifest to \"{}\".\n", io::printable(to.where));
      },
      [&](show::Output& out) {
        show::JsonWriter json(out);
        json.begin_object();
        json.member("format", "ingot.moved/1");
        json.member("from", server.state);
        json.member("to", to.where);
        json.member("rows", rows);
        json.end_object();
        json.finish();
      });
  return exit_done;
}

}  // namespace ingot::command
