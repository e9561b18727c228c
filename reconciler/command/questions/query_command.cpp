// query: what is here (state alone), or what one peer offers.
#include <algorithm>

#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/questions/query_rows.hpp"
#include "reconciler/command/questions/shown_peers.hpp"
#include "reconciler/command/runs/look.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/show/catalog/show_images.hpp"
#include "reconciler/show/run/show_past.hpp"
#include "reconciler/show/run/show_runs.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/last_plan.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

constexpr std::size_t most_runs = 100'000;

/// Only what is called NAME, if one was given; else all. exit_incomplete with the nearest name if nothing is.
template <class Row, class NameOf>
int keep_named(std::vector<Row>& rows, const std::optional<std::string>& name, const console::Session& session, NameOf name_of) {
  if (!name) return exit_done;
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(name_of(row));
  std::erase_if(rows, [&](const Row& row) { return name_of(row) != *name; });
  if (!rows.empty()) return exit_done;
  const std::string hint = site::nearest_hint(*name, names);
  session.warn(fmt::format("nothing has the name \"{}\"{}{}", io::printable(*name), hint.empty() ? "" : "; ", hint));
  return exit_incomplete;
}

template <class Row>
std::string name_text(const Row& row) {
  return row.name.text();
}

/// Filters, shows, and gives the exit code.
template <class Row, class NameOf, class Text, class AsJson>
int show_rows(std::vector<Row> rows, const std::optional<std::string>& name, const console::Session& session, NameOf name_of,
              Text text, AsJson as_json) {
  const int exit = keep_named(rows, name, session, name_of);
  if (exit != exit_done && !session.json()) return exit;
  session.show([&](const show::Style& style, show::Output& out) { text(rows, style, out); },
               [&](show::Output& out) { as_json(rows, out); });
  return exit;
}

int show_image_rows(std::vector<show::ShownImage> rows, const options::QueryArguments& query, const console::Session& session) {
  return show_rows(std::move(rows), query.name, session, name_text<show::ShownImage>, show::show_images, show::show_images_json);
}
int show_series_rows(std::vector<show::ShownSeries> rows, const options::QueryArguments& query, const console::Session& session) {
  return show_rows(std::move(rows), query.name, session, name_text<show::ShownSeries>, show::show_series, show::show_series_json);
}
int show_type_rows(std::vector<show::ShownType> rows, const options::QueryArguments& query, const console::Session& session) {
  return show_rows(std::move(rows), query.name, session, name_text<show::ShownType>, show::show_types, show::show_types_json);
}
int show_peer_rows(std::vector<show::ShownPeer> rows, const options::QueryArguments& query, const console::Session& session) {
  return show_rows(std::move(rows), query.name, session, name_text<show::ShownPeer>, show::show_peers, show::show_peers_json);
}

int show_runs(const site::Site& site, const options::QueryArguments& query, const console::Session& session) {
  auto runs = site.state.runs(most_runs);
  if (query.name)
    std::erase_if(runs, [&](const state::RunRecord& run) {
      return !run.start.id.starts_with(*query.name) && !touched(site.state, run, *query.name);
    });
  session.show([&](const show::Style& style, show::Output& out) { show::show_runs(runs, style, out); },
               [&](show::Output& out) { show::show_runs_json(runs, out); });
  return query.name && runs.empty() ? exit_incomplete : exit_done;
}

int show_subscription_rows(const site::Site& site, const options::QueryArguments& query, const console::Session& session) {
  auto rows = subscription_rows(site.state.snapshot(), site::read_last_plan(site));
  if (query.peer) std::erase_if(rows, [&](const show::ShownSubscription& row) { return row.peer != *query.peer; });
  return show_rows(
      std::move(rows), query.name, session, [](const show::ShownSubscription& row) { return value_of(row.selector); },
      show::show_subscriptions, show::show_subscriptions_json);
}

/// The state alone tells of all; of one that was asked for by its NAME the files are looked at, too.
int show_images_here(const site::Site& site, const options::QueryArguments& query, const console::Session& session) {
  const state::Snapshot snapshot = site.state.snapshot();
  const state::ImageRow* const one = query.name ? site::image_or_null(snapshot, *query.name) : nullptr;
  std::set<state::ImageKey> damaged;
  if (one) {
    for (const auto& damage : apply::damaged_images(site.state, site.store, {*one})) {
      session.warn(
          fmt::format("image \"{}\": {}; {}", one->name.text(), plan::what_is_damaged(damage), plan::how_to_mend(damage)));
      damaged.insert(one->key);
    }
  }
  return show_image_rows(show::images_here(snapshot, site.state.self(), damaged), query, session);
}

/// What the repository that holds the manifest makes of a revision; nullopt: nothing.
std::optional<std::string> commit_called(const std::string& revision, const options::GlobalOptions& flags) {
  try {
    const auto place = source::git_place_of(flags);
    return place ? std::optional(place->repository.resolve(revision).id) : std::nullopt;
  } catch (const Error&) {  // it is only one of the things that may be meant
    return std::nullopt;
  }
}

int show_things_then(const options::QueryArguments& query, const site::Site& site, const console::Session& session) {
  history::RunHistory history = site.state.runs(most_runs);
  std::reverse(history.begin(), history.end());
  for (auto& run : history) run.actions = site.state.run(run.start.id)->actions;
  const history::Moment moment =
      history::moment_of(*query.at, history, [&](const std::string& revision) { return commit_called(revision, session.flags); });
  std::vector<history::PastThing> things = history::things_at(query.topic, moment, history, site.state.snapshot());
  if (query.peer)
    std::erase_if(things, [&](const history::PastThing& thing) { return !thing.name.starts_with(query.peer->text() + "."); });
  const auto text = [&](const std::vector<history::PastThing>& rows) {
    return show::Past{.topic = query.topic,
                      .run = moment.runs == 0 ? nullptr : &history[moment.runs - 1],
                      .until = moment.until,
                      .things = rows};
  };
  return show_rows(
      std::move(things), query.name, session, [](const history::PastThing& thing) { return thing.name; },
      [&](const auto& rows, const show::Style& style, show::Output& out) { show::show_past(text(rows), style, out); },
      [&](const auto& rows, show::Output& out) { show::show_past_json(text(rows), out); });
}

int query_here(const options::QueryArguments& query, const site::Site& site, const console::Session& session) {
  switch (query.topic) {
    case options::Topic::peers:
      return show_peer_rows(shown_peers(site.manifest, site.state.registrations(), site::read_last_plan(site)), query, session);
    case options::Topic::images: return show_images_here(site, query, session);
    case options::Topic::series: return show_series_rows(series_rows(site.state.snapshot()), query, session);
    case options::Topic::types: return show_type_rows(type_rows(site.state.snapshot()), query, session);
    case options::Topic::subscriptions: return show_subscription_rows(site, query, session);
    case options::Topic::history: return show_runs(site, query, session);
  }
  return exit_internal;
}

std::size_t place_of(const ServerName& peer, const Manifest& manifest) {
  return static_cast<std::size_t>(&site::peer_called(peer, manifest) - manifest.peers.data());
}

struct Offered {
  std::shared_ptr<const Catalog> catalog;  ///< null: nothing can be said
  int exit = exit_done;
};

/// What a peer that cannot be had offered when it was seen last, with a warning.
Offered from_cache(const PeerEntry& peer, const plan::Unknown& unknown, const std::optional<observe::AboutImages>& about,
                   site::Site& site, const console::Session& session) {
  const int exit = unknown.code == Code::untrusted ? exit_untrusted : exit_incomplete;
  const auto cached = observe::cached_catalog(site.memory, peer.card.id, about);
  session.warn(fmt::format("peer \"{}\" is {}: {}", peer.name.text(), text_of(unknown.code), io::printable(unknown.why)));
  if (!cached) {
    session.warn("it was never seen before");
    return {nullptr, exit};
  }
  session.warn(fmt::format("cached data of {}, serial {}", time_text(cached->fetched), cached->head.serial));
  return {cached->catalog, exit};
}

Offered offered_by(const PeerEntry& peer, const plan::PeerView& view, const std::optional<observe::AboutImages>& about,
                   site::Site& site, const console::Session& session) {
  if (const auto* const catalog = std::get_if<plan::PeerCatalog>(&view)) return {catalog->catalog, exit_done};
  if (const auto* const unknown = std::get_if<plan::Unknown>(&view)) return from_cache(peer, *unknown, about, site, session);
  if (std::holds_alternative<plan::RetiredPeer>(view)) {
    const plan::Unknown retired{
        .code = Code::retired, .why = "the manifest says that it is retired", .detail_code = Code::none, .last = std::nullopt};
    return from_cache(peer, retired, about, site, session);
  }
  throw Error(Fault::usage, fmt::format("peer \"{}\" is this server", peer.name.text()), "leave out --peer");
}

/// What the peer's release keys say of each of its own images, if it has such keys and could be asked.
std::vector<show::ShownImage> images_with_release(const Catalog& catalog, const PeerEntry& peer, const plan::PeerView& view) {
  std::vector<show::ShownImage> images = show::images_of(catalog);
  const auto* const seen = std::get_if<plan::PeerCatalog>(&view);
  if (seen == nullptr || !seen->release) return images;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].origin_id == peer.card.id) images[i].released = trust::is_released(*seen->release, catalog.images[i]);
  }
  return images;
}

/// One image is on one page of a catalog, however large that is. nullopt: the whole catalog is asked for.
std::optional<observe::AboutImages> asked_images(const options::QueryArguments& query) {
  if (query.topic != options::Topic::images || !query.name) return std::nullopt;
  const auto name = ImageName::parse(*query.name);
  return name ? observe::AboutImages{*name} : observe::AboutImages{};
}

int query_peer(const options::QueryArguments& query, site::Site& site, const console::Session& session) {
  const std::size_t at = place_of(*query.peer, site.manifest);
  const PeerEntry& peer = site.manifest.peers[at];
  const auto transport = session.connect();
  const auto about = asked_images(query);
  const plan::PeerView view = observe::ask_one(site, at, about, *transport, session);
  if (query.topic == options::Topic::peers) {
    site::LastPlan now;
    now.peers.emplace(peer.card.id,
                      site::last_view(view, session.clock.now(), site::view_of(site::read_last_plan(site), peer.card.id)));
    auto rows = shown_peers(site.manifest, site.state.registrations(), now);
    std::erase_if(rows, [&](const show::ShownPeer& row) { return row.name != peer.name; });
    const int exit = now.peers.begin()->second.status == Code::untrusted ? exit_untrusted
                     : now.peers.begin()->second.status == Code::ok      ? exit_done
                                                                         : exit_incomplete;
    return worse_exit_code(exit, show_peer_rows(std::move(rows), query, session));
  }
  const Offered offered = offered_by(peer, view, about, site, session);
  if (!offered.catalog && !session.json()) return offered.exit;
  const Catalog none{};
  const Catalog& catalog = offered.catalog ? *offered.catalog : none;
  int shown_exit = exit_done;
  if (query.topic == options::Topic::images)
    shown_exit = show_image_rows(images_with_release(catalog, peer, view), query, session);
  if (query.topic == options::Topic::series) shown_exit = show_series_rows(series_of(catalog), query, session);
  if (query.topic == options::Topic::types) shown_exit = show_type_rows(types_of(catalog), query, session);
  return worse_exit_code(offered.exit, shown_exit);
}

}  // namespace

int run_command(const options::QueryArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  if (arguments.at) return show_things_then(arguments, site, session);
  if (arguments.peer && arguments.topic != options::Topic::subscriptions) return query_peer(arguments, site, session);
  return query_here(arguments, site, session);
}

}  // namespace ingot::command
