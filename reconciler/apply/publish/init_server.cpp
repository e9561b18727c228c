#include "reconciler/apply/publish/init_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reconciler/apply/publish/catalog_page.hpp"
#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/store/store.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"
#include "state/state.hpp"

namespace ingot::apply {
namespace {

bool is_there(io::Files& files, const std::string& path) { return files.status(path).has_value(); }

[[noreturn]] void contradiction(const std::string& text, const std::string& mend) { throw Error(Fault::local, text, mend); }

/// One server being made; each step is done already or does its part.
class Making {
 public:
  Making(const ServerSection& server, const state::Place& place, io::Files& files, io::Clock& clock,
         const std::function<void(const std::string&)>& made)
      : server_(server), place_(place), files_(files), clock_(clock), made_(made) {}

  Card all() {
    look_for_what_is_lost();
    make_keys();
    make_store();
    const ServerId id = make_root();
    make_state(id);
    publish_catalog();
    write_page();
    return Card{.name = server_.name, .url = server_.url.value_or(""), .id = id};
  }

 private:
  bool has_root() const {
    return has_store_ && store::Store::open(files_, server_.store, lineage_).published_root(1).has_value();
  }

  /// Each thing is made only after those before it, so that one without them is what was left of a loss, not of a
  /// run that was cut off. Found out before anything is made.
  void look_for_what_is_lost() {
    const std::optional<std::string> lineage = store::Store::lineage_of(files_, server_.store);
    has_store_ = lineage.has_value();
    lineage_ = lineage.value_or("");
    has_state_ = is_database_url(place_.where) ? state::State::is_in_database(place_) : is_there(files_, place_.where);
    if (has_state_) check_state();
    if (!has_root()) return refuse_a_new_identity();
    const KeysHere here = keys_here(files_, server_.keys, KeyRole::catalog);
    if (here.keys.empty() && here.unusable.empty()) {
      contradiction(
          fmt::format("this server has a published root, but its catalog key \"{}\" is gone", catalog_key_path(server_.keys)),
          "restore it from its backup, or set `keys` to its folder");
    }
    if (!has_state_ && !what_a_server_left().empty()) {
      contradiction(fmt::format("this server has published, but its state \"{}\" is gone", server_.state),
                    "restore the newest one from its backup, set `state` to its folder, or run \"ingot state rebuild\"");
    }
  }

  /// The first thing found in the store that only a server with a root and a state makes; "" if there is none.
  std::string what_a_server_left() {
    const std::string head = server_.store + "/public/head.dsse";
    if (is_there(files_, head)) return head;
    for (const char* const name : {"/public/c", "/public/b", "/private/b", "/papers"}) {
      const std::string folder = server_.store + name;
      if (is_there(files_, folder) && !files_.list(folder).empty()) return folder;
    }
    return "";
  }

  /// A new root over what a server left would be another server to every peer.
  void refuse_a_new_identity() {
    const std::string root = server_.store + "/public/root/1.dsse";
    const bool root_is_here = is_there(files_, root);
    const std::string left = root_is_here ? root : what_a_server_left();
    if (left.empty() || (root_is_here && has_store_)) return;
    contradiction(fmt::format("\"{}\" belongs to a server that was created here, but \"{}\" is gone", left,
                              has_store_ ? root : server_.store + "/LINEAGE"),
                  "restore the store from its backup, or set `store` to its folder; a new server needs an empty one");
  }

  void check_state() {
    const state::State state = state::State::open(place_, state::Access::read_only);
    if (const auto moved = state.moved()) contradiction(state::move_text(server_.state, *moved), state::move_mend(*moved));
    if (!has_store_) {
      contradiction(fmt::format("the state \"{}\" is here, but its store \"{}\" is gone", server_.state, server_.store),
                    "restore it from its backup, or set `store` to its folder");
    }
    if (state.lineage() != lineage_) {
      contradiction(
          fmt::format("the state \"{}\" and the store \"{}\" belong to different servers", server_.state, server_.store),
          "set `state` and `store` to those of one server");
    }
    if (!has_root()) {
      contradiction(fmt::format("the store \"{}\" has lost its root of trust", server_.store),
                    "restore the store from its backup");
    }
  }

  void make_keys() {
    io::make_folders(files_, parent_folder(server_.keys));
    files_.make_folder(server_.keys, 0700);
    // With a published root, a key that is not here is kept elsewhere; a new one would be of no use.
    if (has_root()) return;
    make_key(root_key_path(server_.keys));
    make_key(catalog_key_path(server_.keys));
  }

  void make_key(const std::string& path) {
    if (is_there(files_, path)) return;
    write_key(files_, path, trust::PrivateKey::generate());
    made_(path);
  }

  void make_store() {
    if (!has_store_) lineage_ = new_lineage();
    io::make_folders(files_, server_.store);
    store::Store::create(files_, server_.store, lineage_);  // also adds a folder that is missing
    if (!has_store_) made_(server_.store);
    has_store_ = true;
  }

  ServerId make_root() {
    store::Store store = store::Store::open(files_, server_.store, lineage_);
    if (const auto published = store.published_root(1)) return id_of_published(*published, store);
    const trust::PrivateKey catalog = read_key(files_, catalog_key_path(server_.keys));
    const trust::PrivateKey key = read_key(files_, root_key_path(server_.keys));
    const Root root{.version = 1,
                    .epoch = 1,
                    .expires = clock_.now() + root_life,
                    .root = {.threshold = 1, .keys = {key.public_key()}},
                    .catalog = {.threshold = 1, .keys = {catalog.public_key()}},
                    .previous = std::nullopt};
    const std::string payload = write_root(root);
    store.publish_root(1, write_envelope(trust::sign_envelope(root_payload_type, payload, {&key})));
    made_("the root of trust");
    return trust::id_of_root(payload);
  }

  ServerId id_of_published(const std::string& bytes, const store::Store& store) {
    const auto envelope = parse_envelope(bytes);
    const auto* good = std::get_if<Envelope>(&envelope);
    if (!good || !std::holds_alternative<trust::TrustedRoot>(trust::verify_first_root(bytes, trust::id_of_root(good->payload))))
      contradiction(fmt::format("the root of trust in the store \"{}\" is damaged", server_.store), "restore it from a backup");
    const ServerId id = trust::id_of_root(good->payload);
    load_catalog_keys(files_, server_.keys, newest_own_root(store, id));
    return id;
  }

  void make_state(const ServerId& id) {
    if (!has_state_) {
      if (!is_database_url(place_.where)) io::make_folders(files_, parent_folder(place_.where));
      state::State::create(place_, lineage_, id, server_.name);
      made_(server_.state);
      return;
    }
    if (state::State::open(place_, state::Access::read_only).self() == id) return;
    contradiction(fmt::format("the state \"{}\" has another identity than the root that the store \"{}\" publishes",
                              server_.state, server_.store),
                  "set `state` and `store` to those of one server");
  }

  void publish_catalog() {
    state::State state = state::State::open(place_, state::Access::read_write);
    store::Store store = store::Store::open(files_, server_.store, lineage_);
    if (why_publish_again(state, store, server_).empty() && !head_is_aging(state, server_, clock_.now())) return;
    const Root root = newest_own_root(store, state.self());
    publish(state, store, load_catalog_keys(files_, server_.keys, root), server_, clock_);
    made_("the catalog");
  }

  void write_page() {
    store::Store store = store::Store::open(files_, server_.store, lineage_);
    keep_page(store, server_);
  }

  const ServerSection& server_;
  const state::Place& place_;
  io::Files& files_;
  io::Clock& clock_;
  const std::function<void(const std::string&)>& made_;
  std::string lineage_;
  bool has_store_ = false, has_state_ = false;
};

}  // namespace

Card init_server(const ServerSection& server, io::Files& files, io::Clock& clock,
                 const std::function<void(const std::string&)>& made, const std::string& state_password) {
  const state::Place place{.where = server.state, .server = server.name.text(), .password = state_password};
  return doing(fmt::format("creating server \"{}\"", server.name.text()),
               [&] { return Making(server, place, files, clock, made).all(); });
}

}  // namespace ingot::apply
