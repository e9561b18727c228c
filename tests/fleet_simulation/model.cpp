#include "tests/fleet_simulation/model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/segments.hpp"

namespace ingot::fleet_simulation {

namespace {

constexpr double latency = 0.05;           ///< seconds a request
constexpr double site_line = 12.5e6;       ///< bytes per second: 100 Mbit/s
constexpr double slow_site_line = 0.25e6;  ///< 2 Mbit/s

// Keys of an origin's files.
constexpr std::uint64_t root_key = 3;
std::uint64_t key_of_piece(std::uint64_t piece) { return piece * 4; }
std::uint64_t key_of_image(std::uint32_t image) { return image * 4ULL + 1; }
std::uint64_t key_of_table(std::uint32_t image) { return image * 4ULL + 2; }

std::uint64_t bytes_of(const Packed& packed) { return packed.file.length + (packed.table ? packed.table->length : 0); }

}  // namespace

Bytes imagined_bytes(const Fleet& fleet, std::uint32_t origin, std::uint32_t image) {
  Bytes bytes{.digest = {}, .size = fleet.size(origin, image), .packed = {}};
  bytes.packed.file.length = bytes.size / 2;
  bytes.packed.segments = segment_count(bytes.size);
  constexpr std::uint64_t line_of_a_segment = 85;
  bytes.packed.table = Piece{.digest = {}, .length = 90 + line_of_a_segment * bytes.packed.segments};
  return bytes;
}

ServerId imagined_id(const Fleet& fleet, std::uint32_t origin) {
  return ServerId{io::sha256(fmt::format("{} {}", fleet.options().seed, origin))};
}

OriginModel::OriginModel(const Fleet& fleet, std::uint32_t number, ServerId id)
    : catalog(id, ServerName::of(fleet.origin_name(number)), fleet.series()),
      shown(fleet.series()),
      fleet_(fleet),
      number_(number),
      places_(fleet.images_of_an_origin()) {
  catalog.publish(beginning);
}

ImageEntry OriginModel::entry_of(std::uint32_t image, Serial created, const Bytes& bytes) const {
  const ImageName name = ImageName::of(fleet_.image_name(number_, image));
  return {.name = name,
          .identity = {.origin = catalog.id(), .name = name, .created = created},
          .origin_name = ServerName::of(fleet_.origin_name(number_)),
          .copied_from = {},
          .listed = created,
          .digest = bytes.digest,
          .size = bytes.size,
          .kind = ImageKind::file,
          .type = default_type(),
          .version = fmt::format("1.{}", image),
          .platform = "linux-x86_64",
          .description = "",
          .labels = {{"team", "os"}, {"tier", "gold"}},
          .states = {{.state = ImageState::published, .since = created}},
          .reason = "",
          .parent = {},
          .packed = bytes.packed};
}

bool OriginModel::run(const OriginRun& run, const std::function<Bytes(std::uint32_t image)>& bytes) {
  const Serial next = catalog.next_serial();
  for (std::uint32_t image = run.first; image < run.end; ++image) {
    if (fleet_.is_private(number_, image)) continue;
    const Bytes its = bytes(image);
    ImageEntry entry = entry_of(image, next, its);
    const std::uint32_t series = fleet_.series_of(image);
    places_[image] = catalog.add(entry, SeriesName::of(fleet_.series_name(series)), series);
    shown[series].push_back({.image = image,
                             .created = next,
                             .withdrawn = 0,
                             .file_bytes = its.packed.file.length,
                             .table_bytes = its.packed.table ? its.packed.table->length : 0});
    if (fleet_.is_withdrawn(number_, image)) may_be_withdrawn_.emplace(image, std::move(entry));
  }
  for (const std::uint32_t image : run.withdrawn) {
    const std::uint32_t series = fleet_.series_of(image);
    auto found = may_be_withdrawn_.extract(image);
    ImageEntry& entry = found.mapped();
    entry.states.push_back({.state = ImageState::withdrawn, .since = next});
    entry.reason = "replaced";
    catalog.change(entry, series, places_[image]);
    shown[series][places_[image]].withdrawn = next;
  }
  const Time now = beginning + Seconds(run.at);
  const Second left = head_life - (now - catalog.issued(catalog.serial())).count();
  if (!catalog.has_changes() && left >= head_life / 2) return false;
  catalog.publish(now);
  return true;
}

FleetModel::FleetModel(const Fleet& fleet, const std::vector<ServerId>& ids)
    : fleet_(fleet),
      network_(
          fleet, [this](std::uint32_t origin) { return origins_[origin].catalog.serial(); },
          [this](std::uint32_t origin, Serial serial) { return origins_[origin].catalog.head_bytes(serial); }),
      sites_(fleet.sites(), Site{.of = std::vector<Known>(fleet.origins())}),
      whole_in_cache_(std::size_t{fleet.caches()} * fleet.origins()),
      lags_(fleet.origins()) {
  origins_.reserve(fleet.origins());
  for (std::uint32_t i = 0; i < fleet.origins(); ++i) origins_.emplace_back(fleet, i, ids[i]);
}

void FleetModel::run_origin(std::uint32_t origin, const OriginRun& run, const std::function<Bytes(std::uint32_t)>& bytes) {
  OriginModel& it = origins_[origin];
  const Fetch before = it.catalog.ever();
  if (!it.run(run, bytes)) return;
  lags_[origin].resize(it.shown[0].size());
  if (fleet_.options().topology != Topology::cdn) return;
  const Fetch after = it.catalog.ever();
  Fetch put{.requests = after.requests - before.requests + 1,
            .bytes = after.bytes - before.bytes + it.catalog.head_bytes(it.catalog.serial())};
  for (std::uint32_t image = run.first; image < run.end; ++image) {
    if (fleet_.is_private(origin, image)) continue;
    put += {.requests = 2, .bytes = bytes_of(bytes(image).packed)};
  }
  network_.upload(origin, put, run.at);
}

std::optional<Poll> FleetModel::poll(std::uint32_t site, Second at) {
  if (at < sites_[site].busy_until || !fleet_.site_is_up(site, at)) return std::nullopt;
  Poll poll;
  asked_.clear();
  came_.clear();
  came_for_all_.clear();
  for (std::uint32_t origin = 0; origin < fleet_.origins(); ++origin) ask(site, origin, at, poll);
  poll.finished = at;
  if (!came_.empty()) {
    const Fetch all{.requests = poll.pieces.requests + poll.images.requests, .bytes = poll.pieces.bytes + poll.images.bytes};
    double finished = static_cast<double>(at) + latency * static_cast<double>(all.requests) +
                      static_cast<double>(all.bytes) / (fleet_.is_slow(site) ? slow_site_line : site_line);
    for (const Came& came : came_) {
      finished = std::max(finished, network_.delivered(site, came.origin, came.url, came.bytes, at));
      if (network_.cache_at(site, came.url)) finished = std::max(finished, network_.filled(site, came.origin));
    }
    poll.finished = static_cast<Second>(std::ceil(finished));
  }
  for (const auto& [origin, place] : came_for_all_) {
    const OriginModel& it = origins_[origin];
    const Second shown_at = (it.catalog.issued(it.shown[0][place].created) - beginning).count();
    lags_[origin][place].push_back(static_cast<float>(poll.finished - shown_at));
  }
  sites_[site].busy_until = poll.finished;
  count(poll);
  return poll;
}

void FleetModel::ask(std::uint32_t site, std::uint32_t origin, Second at, Poll& poll) {
  bool stale = false, untrusted = false;
  for (std::size_t url = 0; url < network_.urls(); ++url) {
    const Answer answer = ask_at(site, origin, url, at, poll);
    if (answer == Answer::good) return copy_wanted(site, origin, at, poll);
    stale |= answer == Answer::stale;
    untrusted |= answer == Answer::untrusted;
  }
  // A mirror that is behind, and nobody else answers: what was read last counts.
  if (stale && !untrusted) return copy_wanted(site, origin, at, poll);
  poll.has_failed = true;
}

std::optional<Serial> FleetModel::ask_for_head(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at, Poll& poll) {
  asked_.push_back({.origin = origin, .url = url, .is_root = false});
  const auto serial = network_.head(site, origin, url, at);
  if (serial) poll.heads += {.requests = 1, .bytes = origins_[origin].catalog.head_bytes(*serial)};
  return serial;
}

FleetModel::Answer FleetModel::ask_at(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at, Poll& poll) {
  Known& known = sites_[site].of[origin];
  const CatalogModel& catalog = origins_[origin].catalog;
  if (!known.root) {
    asked_.push_back({.origin = origin, .url = url, .is_root = true});
    if (!network_.file(site, origin, url, root_key, root_bytes, at)) return Answer::none;
    poll.heads += {.requests = 1, .bytes = root_bytes};
    known.root = true;
  }
  const auto serial = ask_for_head(site, origin, url, at, poll);
  if (!serial) return Answer::none;
  const Time here = beginning + Seconds(at + fleet_.skew(site));
  if (catalog.issued(*serial) > here + trust::clock_slack) {
    // Whether it is another server's place is asked of the same URL again.
    if (network_.urls() > 1) ask_for_head(site, origin, url, at, poll);
    return Answer::untrusted;
  }
  if (*serial < known.floor) return Answer::stale;
  known.floor = *serial;
  if (here >= catalog.issued(*serial) + Seconds(head_life)) return Answer::none;
  return read_catalog(site, origin, url, *serial, at, poll) ? Answer::good : Answer::none;
}

bool FleetModel::read_catalog(std::uint32_t site, std::uint32_t origin, std::size_t url, Serial to, Second at, Poll& poll) {
  Known& known = sites_[site].of[origin];
  CatalogModel& catalog = origins_[origin].catalog;
  const Serial from = known.read;
  if (from == to || catalog.same_index(from, to)) {
    known.read = to;
    return true;
  }
  const Fetch news = catalog.news(from, to);
  const auto cache = network_.cache_at(site, url);
  bool* const whole = cache ? &whole_in_cache_[*cache * fleet_.origins() + origin][{from, to}] : nullptr;
  bool good = true;
  if (whole == nullptr || *whole) {
    good = network_.files(site, origin, url, news, at);
  } else {
    catalog.each_new_piece(from, to, [&](std::uint64_t piece, std::uint64_t bytes) {
      good = network_.file(site, origin, url, key_of_piece(piece), bytes, at);
      return good;
    });
    *whole = good;
  }
  if (!good) return false;
  poll.pieces += news;
  poll.has_news = true;
  came_.push_back({.origin = origin, .url = url, .bytes = news.bytes});
  known.read = to;
  return true;
}

void FleetModel::copy_wanted(std::uint32_t site, std::uint32_t origin, Second at, Poll& poll) {
  Known& known = sites_[site].of[origin];
  std::vector<std::pair<int, std::size_t>> wanted;
  wanted.swap(known.missing);
  for (int which = 0; which < 2; ++which) {
    const auto& series = origins_[origin].shown[fleet_.followed(site, which)];
    std::size_t& next = known.next[static_cast<std::size_t>(which)];
    for (; next < series.size() && series[next].created <= known.read; ++next) wanted.emplace_back(which, next);
  }
  for (const auto& [which, place] : wanted) {
    const OriginModel::Shown& image = shown(site, origin, which, place);
    if (image.withdrawn != 0 && image.withdrawn <= known.read) {
      known.passed.emplace_back(which, place);
      continue;
    }
    poll.has_news = true;
    if (!copy(site, origin, image, at, poll)) {
      known.missing.emplace_back(which, place);
      poll.has_failed = true;
      continue;
    }
    ++poll.copies;
    if (which == 0) came_for_all_.emplace_back(origin, place);
  }
}

bool FleetModel::copy(std::uint32_t site, std::uint32_t origin, const OriginModel::Shown& image, Second at, Poll& poll) {
  const auto get = [&](std::uint64_t key, std::uint64_t bytes) {
    for (std::size_t url = 0; url < network_.urls(); ++url) {
      if (!network_.file(site, origin, url, key, bytes, at)) continue;
      poll.images += {.requests = 1, .bytes = bytes};
      came_.push_back({.origin = origin, .url = url, .bytes = bytes});
      return true;
    }
    return false;
  };
  return (image.table_bytes == 0 || get(key_of_table(image.image), image.table_bytes)) &&
         get(key_of_image(image.image), image.file_bytes);
}

void FleetModel::count(const Poll& poll) {
  ++totals_.polls;
  if (poll.has_failed) ++totals_.failed;
  if (poll.pieces.requests > 0) ++totals_.read;
  if (poll.copies > 0) ++totals_.recorded;
  if (!poll.has_failed && !poll.has_news) {
    ++totals_.idle;
    totals_.idle_heads += poll.heads;
  }
  totals_.copies += poll.copies;
  totals_.heads += poll.heads;
  totals_.pieces += poll.pieces;
  totals_.images += poll.images;
}

bool FleetModel::has_all(std::uint32_t site) const {
  for (std::uint32_t origin = 0; origin < fleet_.origins(); ++origin) {
    const Known& known = sites_[site].of[origin];
    if (!known.missing.empty()) return false;
    for (int which = 0; which < 2; ++which) {
      if (known.next[static_cast<std::size_t>(which)] != origins_[origin].shown[fleet_.followed(site, which)].size())
        return false;
    }
  }
  return true;
}

std::vector<OriginModel::Shown> FleetModel::copies_of(std::uint32_t site, std::uint32_t origin) const {
  const Known& known = sites_[site].of[origin];
  std::vector<OriginModel::Shown> copies;
  for (int which = 0; which < 2; ++which) {
    for (std::size_t place = 0; place < known.next[static_cast<std::size_t>(which)]; ++place) {
      const std::pair<int, std::size_t> it{which, place};
      const auto is_it = [&](const auto& list) { return std::find(list.begin(), list.end(), it) != list.end(); };
      if (!is_it(known.missing) && !is_it(known.passed)) copies.push_back(shown(site, origin, which, place));
    }
  }
  return copies;
}

std::vector<FleetModel::Spread> FleetModel::spreads() const {
  std::vector<Spread> found;
  for (const auto& of_origin : lags_) {
    for (std::vector<float> lags : of_origin) {
      if (lags.empty()) continue;
      std::sort(lags.begin(), lags.end());
      const auto at = [&](double share) { return lags[static_cast<std::size_t>(share * static_cast<double>(lags.size() - 1))]; };
      found.push_back({.half = at(0.5), .most = at(0.95), .all = lags.back()});
    }
  }
  return found;
}

void play(const Fleet& fleet, const std::function<void(std::uint32_t, const OriginRun&)>& publish,
          const std::function<void(std::uint32_t, Second)>& ask) {
  struct Due {
    std::uint32_t origin;
    OriginRun run;
  };
  std::vector<Due> runs;
  for (std::uint32_t origin = 0; origin < fleet.origins(); ++origin) {
    for (OriginRun& run : fleet.runs_of(origin)) runs.push_back({origin, std::move(run)});
  }
  std::stable_sort(runs.begin(), runs.end(), [](const Due& one, const Due& other) { return one.run.at < other.run.at; });
  std::vector<std::uint32_t> sites(fleet.sites());
  std::iota(sites.begin(), sites.end(), 0);
  std::stable_sort(sites.begin(), sites.end(),
                   [&](std::uint32_t one, std::uint32_t other) { return fleet.phase(one) < fleet.phase(other); });
  auto next = runs.begin();
  for (Second begins = 0; begins < fleet.end(); begins += hour) {
    for (const std::uint32_t site : sites) {
      const Second at = begins + fleet.phase(site);
      for (; next != runs.end() && next->run.at <= at; ++next) publish(next->origin, next->run);
      ask(site, at);
    }
  }
}

}  // namespace ingot::fleet_simulation
