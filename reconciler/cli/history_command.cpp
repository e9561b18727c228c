// history: all that runs here did to one thing, also to one that is gone.
#include <algorithm>
#include <set>

#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/past.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/show_changes.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

void add_named(const std::string& name, const Manifest& manifest, const Snapshot& snapshot, std::set<Address>& addresses) {
  if (const auto image = ImageName::parse(name)) {
    addresses.insert(image_address(*image));
    for (const auto& peer : manifest.peers) addresses.insert(copy_address(peer.name, *image));
    for (const auto& peer : snapshot.registrations) addresses.insert(copy_address(peer.name, *image));
  }
  if (const auto series = SeriesName::parse(name)) addresses.insert(series_address(*series));
  if (const auto type = TypeName::parse(name)) addresses.insert(type_address(*type));
  if (const auto peer = ServerName::parse(name)) addresses.insert(peer_address(*peer));
}

/// All that may be meant: an address as it stands, and the addresses of what bears the name.
std::set<Address> addresses_of(const std::string& what, const Manifest& manifest, const Snapshot& snapshot) {
  std::set<Address> addresses{Address{what}};
  add_named(what, manifest, snapshot, addresses);
  for (const auto& image : snapshot.images) {
    if (image.name.text() == what) addresses.insert(address_of(image));
  }
  return addresses;
}

std::vector<RecordedChange> recorded_of(const std::set<Address>& addresses, const State& state) {
  std::vector<RecordedChange> recorded;
  for (const auto& address : addresses) {
    for (auto& run : state.runs_of(address)) {
      for (auto& action : run.actions) recorded.push_back({std::move(action), run.start});
    }
  }
  std::sort(recorded.begin(), recorded.end(),
            [](const RecordedChange& one, const RecordedChange& other) { return one.action.sequence > other.action.sequence; });
  return recorded;
}

/// Images that came by runs which the history does not have: of a state that was lost.
std::vector<EarlierArrival> earlier_of(const std::set<Address>& addresses, const Snapshot& snapshot, const State& state) {
  std::vector<EarlierArrival> earlier;
  for (const auto& image : snapshot.images) {
    const Address address = address_of(image);
    if (!addresses.contains(address) || state.run(image.papers.run)) continue;
    earlier.push_back({address, image.papers});
  }
  std::stable_sort(earlier.begin(), earlier.end(),
                   [](const EarlierArrival& one, const EarlierArrival& other) { return one.papers.time > other.papers.time; });
  return earlier;
}

Error nothing_known(const std::string& what, const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& image : snapshot.images) names.push_back(image.name.text());
  for (const auto& series : snapshot.series) names.push_back(series.name.text());
  const std::string hint = nearest_hint(what, names);
  return Error(Fault::incomplete, fmt::format("no run here ever had to do with \"{}\"", printable(what)),
               hint.empty() ? "see: ingot query history" : hint)
      .with_code("unknown-name")
      .about(what);
}

}  // namespace

int run_command(const HistoryArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const Site site(*manifest, Access::read_only, session.files);
  const Snapshot snapshot = site.state.snapshot();
  const auto addresses = addresses_of(arguments.what, *manifest, snapshot);
  const Changes changes{.what = arguments.what,
                        .recorded = recorded_of(addresses, site.state),
                        .earlier = earlier_of(addresses, snapshot, site.state)};
  if (changes.empty()) throw nothing_known(arguments.what, snapshot);
  session.show([&](const Style& style, Output& out) { show_changes(changes, style, out); },
               [&](Output& out) { show_changes_json(changes, out); });
  return exit_done;
}

}  // namespace ingot
