#include "reconciler/apply/replace_state.hpp"

#include <fmt/format.h>

#include "reconciler/apply/published.hpp"
#include "reconciler/apply/set_aside.hpp"
#include "reconciler/apply/whole_catalog.hpp"
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

}  // namespace

std::string why_not_rebuild(const ServerSection& server, const store::Store& store, io::Files& files,
                            std::optional<state::State>& old) {
  settle_moved(server.state, files);
  if (!files.status(server.state)) return "";
  try {
    state::State state = state::State::open(server.state, state::Access::read_only);
    if (store.lineage() != state.lineage() || state.self() != id_of_store(store)) {
      refuse_foreign(fmt::format("the state \"{}\" belongs to another server than the store \"{}\"", io::printable(server.state),
                                 io::printable(server.store)));
    }
    if (is_whole(state)) {
      if (!is_older_than_the_store(state, store)) return "it is whole, and as new as what is published";
    } else if (!state.is_well_formed()) {
      return "";
    }
    old.emplace(std::move(state));
  } catch (const Error& error) {
    if (error.code() != Code::damaged_state) throw;
  }
  return "";
}

std::string replace_state(const std::string& path, io::Files& files, const state::Restoration& what, const state::RunRecord& by) {
  state::State::restore(path, what, by, [&] { move_away(path, files); });
  return settle_moved(path, files);
}

}  // namespace ingot::apply
