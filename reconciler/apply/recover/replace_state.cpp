#include "reconciler/apply/recover/replace_state.hpp"

#include <fmt/format.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/recover/set_aside.hpp"
#include "reconciler/apply/recover/whole_catalog.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

[[noreturn]] void refuse_foreign(const std::string& what) {
  throw Error(Fault::manifest, what, "set `state` and `store` in [server] to those of one server; nothing was changed")
      .with_code(Code::foreign_state);
}

bool is_older_than_the_store(const state::State& state, const store::Store& store) {
  try {
    refuse_an_old_state(state, store);
    refuse_a_state_older_than_the_papers(state, store);
  } catch (const Error& error) {
    if (error.code() != Code::old_state) throw;
    return true;
  }
  return false;
}

/// Every row of it can be read by all who read it.
bool is_whole(const state::State& state) {
  try {
    state.check();
    state.check_rows();
  } catch (const Error& error) {
    if (error.code() != Code::damaged_state) throw;
    return false;
  }
  return true;
}

enum class Sight { whole, usable, damaged };

Sight look_at(const ServerSection& server, const store::Store& store, std::optional<state::State>& old) {
  try {
    state::State state = state::State::open(server.state, state::Access::read_only);
    if (const auto moved = state.moved()) {
      throw Error(Fault::local, io::printable(state::move_text(server.state, *moved)), io::printable(state::move_mend(*moved)))
          .about(server.state);
    }
    if (store.lineage() != state.lineage() || state.self() != id_of_store(store)) {
      refuse_foreign(fmt::format("the state \"{}\" belongs to another server than the store \"{}\"", io::printable(server.state),
                                 io::printable(server.store)));
    }
    if (is_whole(state)) {
      if (!is_older_than_the_store(state, store)) return Sight::whole;
    } else if (!state.is_well_formed()) {
      return Sight::damaged;
    }
    old.emplace(std::move(state));
    return Sight::usable;
  } catch (const Error& error) {
    if (error.code() != Code::damaged_state) throw;
  }
  return Sight::damaged;
}

/// SQLite calls a page malformed that the disk does not give. Without this state its peers and subscriptions are lost.
void require_readable(const std::string& path, io::Files& files) {
  std::string buffer(1 << 20, '\0');
  try {
    const auto file = files.open(path, io::OpenFor::read);
    for (std::uint64_t at = 0;;) {
      const std::size_t got = file->read_at(at, buffer);
      if (got == 0) return;
      at += got;
    }
  } catch (const Error& error) {
    throw Error(
        Fault::local, error.text(),
        fmt::format("see what the disk reports. If it never gives these bytes again, move \"{}\" away and run this again: "
                    "peers and subscriptions are then planned anew",
                    io::printable(path)))
        .about(path);
  }
}

}  // namespace

std::string why_not_rebuild(const ServerSection& server, const store::Store& store, io::Files& files,
                            std::optional<state::State>& old) {
  settle_moved(server.state, files);
  if (!files.status(server.state)) return "";
  Sight sight = look_at(server, store, old);
  if (sight == Sight::damaged) {
    require_readable(server.state, files);
    sight = look_at(server, store, old);  // the disk may have failed for a moment only
  }
  return sight == Sight::whole ? "it is whole, and as new as what is published" : "";
}

std::string replace_state(const std::string& path, io::Files& files, const state::Restoration& what, const state::RunRecord& by) {
  state::State::restore(path, what, by, [&] { move_away(path, files); });
  return settle_moved(path, files);
}

}  // namespace ingot::apply
