// history: all that runs here did to one thing, also to one that is gone.
#include <algorithm>
#include <set>

#include "reconciler/command/commands.hpp"
#include "reconciler/history/past.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/run/show_changes.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void add_named(const std::string& name, const Manifest& manifest, const state::Snapshot& snapshot, std::set<Address>& addresses) {
  if (const auto image = ImageName::parse(name)) {
    addresses.insert(image_address(*image));
    for (const auto& peer : manifest.peers) addresses.insert(copy_address(peer.name, *image));
    for (const auto& peer : snapshot.registrations) addresses.insert(copy_address(peer.name, *image));
    for (const auto& entry : manifest.exports) addresses.insert(exported_address(entry.name, *image));
    for (const auto& row : snapshot.exported) addresses.insert(exported_address(row.name, *image));
  }
  if (const auto series = SeriesName::parse(name)) addresses.insert(series_address(*series));
  if (const auto type = TypeName::parse(name)) addresses.insert(type_address(*type));
  if (const auto peer = ServerName::parse(name)) addresses.insert(peer_address(*peer));
  if (const auto entry = ExportName::parse(name)) addresses.insert(export_address(*entry));
}

/// All that may be meant: an address as it stands, and the addresses of what bears the name.
std::set<Address> addresses_of(const std::string& what, const Manifest& manifest, const state::Snapshot& snapshot) {
  std::set<Address> addresses{Address{what}};
  add_named(what, manifest, snapshot, addresses);
  for (const auto& image : snapshot.images) {
    if (image.name.text() == what) addresses.insert(history::address_of(image));
  }
  return addresses;
}

std::vector<show::RecordedChange> recorded_of(const std::set<Address>& addresses, const state::State& state) {
  std::vector<show::RecordedChange> recorded;
  for (const auto& address : addresses) {
    for (auto& run : state.runs_of(address)) {
      for (auto& action : run.actions) recorded.push_back({std::move(action), run.start});
    }
  }
  std::sort(recorded.begin(), recorded.end(), [](const show::RecordedChange& one, const show::RecordedChange& other) {
    return one.action.sequence > other.action.sequence;
  });
  return recorded;
}

/// Images that came by runs which the history does not have: of a state that was lost.
std::vector<show::EarlierArrival> earlier_of(const std::set<Address>& addresses, const state::Snapshot& snapshot,
                                             const state::State& state) {
  std::vector<show::EarlierArrival> earlier;
  for (const auto& image : snapshot.images) {
    const Address address = history::address_of(image);
    if (!addresses.contains(address) || state.run(image.papers.run)) continue;
    earlier.push_back({address, image.papers});
  }
  std::stable_sort(earlier.begin(), earlier.end(), [](const show::EarlierArrival& one, const show::EarlierArrival& other) {
    return one.papers.time > other.papers.time;
  });
  return earlier;
}

Error nothing_known(const std::string& what, const state::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& image : snapshot.images) names.push_back(image.name.text());
  for (const auto& series : snapshot.series) names.push_back(series.name.text());
  const std::string hint = site::nearest_hint(what, names);
  return Error(Fault::incomplete, fmt::format("no run has an action for \"{}\"", io::printable(what)),
               hint.empty() ? "see: ingot query history" : hint)
      .with_code(Code::unknown_name)
      .about(what);
}

}  // namespace

int run_command(const options::HistoryArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  const state::Snapshot snapshot = site.state.snapshot();
  const auto addresses = addresses_of(arguments.what, *manifest, snapshot);
  const show::Changes changes{.what = arguments.what,
                              .recorded = recorded_of(addresses, site.state),
                              .earlier = earlier_of(addresses, snapshot, site.state)};
  if (changes.empty()) throw nothing_known(arguments.what, snapshot);
  session.show([&](const show::Style& style, show::Output& out) { show::show_changes(changes, style, out); },
               [&](show::Output& out) { show::show_changes_json(changes, out); });
  return exit_done;
}

}  // namespace ingot::command
