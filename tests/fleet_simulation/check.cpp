#include "tests/fleet_simulation/check.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <variant>

#include <fmt/format.h>

#include "reconciler/trust/verify.hpp"
#include "schema/exit_code.hpp"
#include "state/state.hpp"
#include "tests/fleet_simulation/model.hpp"
#include "tests/fleet_simulation/real_server.hpp"

namespace ingot::fleet_simulation {

namespace {

/// Beyond the small keys of the model.
std::uint64_t key_of(const std::string& path) { return std::hash<std::string>{}(path) | std::uint64_t{1} << 63U; }

struct Sum {
  Fetch served;
  std::uint64_t failed = 0;
  bool operator==(const Sum&) const = default;
};

Sum sum_of(const Network& network) {
  Sum sum;
  for (const auto* loads : {&network.origins(), &network.caches()}) {
    for (const Load& load : *loads) {
      sum.served += load.served;
      sum.failed += load.failed;
    }
  }
  return sum;
}

class Check {
 public:
  Check(const Fleet& fleet, const std::string& folder)
      : fleet_(fleet),
        folder_(folder),
        heads_(fleet.origins()),
        is_withdrawn_(fleet.origins(), std::vector<bool>(fleet.images_of_an_origin())),
        network_(
            fleet, [this](std::uint32_t origin) { return heads_[origin].size(); },
            [this](std::uint32_t origin, Serial serial) { return heads_[origin][serial - 1].size(); }) {
    make_servers();
    result_ = {.servers = fleet.options().servers, .images = fleet.options().images};
    std::vector<ServerId> ids;
    for (const auto& origin : origins_) ids.push_back(trust::unverified_head(*file_bytes(origin->public_file("head.dsse")))->id);
    model_.emplace(fleet, ids);
    for (std::uint32_t i = 0; i < fleet.origins(); ++i) take_head(i);
  }

  CheckResult run() {
    play(
        fleet_, [this](std::uint32_t origin, const OriginRun& run) { publish(origin, run); },
        [this](std::uint32_t site, Second at) { poll(site, at); });
    for (const bool same : {network_.origins() == model_->network().origins(), network_.caches() == model_->network().caches()}) {
      if (!same) differ("what each server gave in all is not the same");
    }
    for (std::uint32_t site = 0; site < fleet_.sites(); ++site) compare_copies(site);
    return std::move(result_);
  }

 private:
  void make_servers() {
    for (std::uint32_t i = 0; i < fleet_.origins(); ++i)
      origins_.push_back(std::make_unique<RealServer>(folder_, fleet_.origin_name(i), clock_, files_, Internet{}));
    for (std::uint32_t i = 0; i < fleet_.sites(); ++i) {
      sites_.push_back(std::make_unique<RealServer>(
          folder_, fmt::format("site-{}", i), clock_, files_,
          [this, i](const std::string& url, const std::string& path) { return answer(i, url, path); }));
      std::string entries = "[limits]\nparallel = 1\n";
      for (std::uint32_t origin = 0; origin < fleet_.origins(); ++origin) {
        entries += peer_entries(fleet_.origin_name(origin), origins_[origin]->card(), urls_of(origin),
                                {fleet_.series_name(fleet_.followed(i, 0)), fleet_.series_name(fleet_.followed(i, 1))});
      }
      sites_[i]->write_manifest(entries);
    }
  }

  /// In the order of the model's URLs.
  std::vector<std::string> urls_of(std::uint32_t origin) {
    std::vector<std::string> urls;
    for (std::size_t url = 0; url < network_.urls(); ++url) {
      urls.push_back(fmt::format("https://{}.example.net/{}/", url == 0 ? "near" : "far", fleet_.origin_name(origin)));
      places_.emplace(urls.back(), std::pair(origin, url));
    }
    return urls;
  }

  std::optional<Answered> answer(std::uint32_t site, const std::string& base, const std::string& path) {
    const auto [origin, url] = places_.at(base);
    if (path == "head.dsse") {
      const auto serial = network_.head(site, origin, url, clock_.at);
      return serial ? std::optional(Answered{.bytes = heads_[origin][*serial - 1]}) : std::nullopt;
    }
    auto bytes = file_bytes(origins_[origin]->public_file(path));
    if (!bytes) return Answered{.found = false};
    if (!network_.file(site, origin, url, key_of(path), bytes->size(), clock_.at)) return std::nullopt;
    return Answered{.bytes = *std::move(bytes)};
  }

  void publish(std::uint32_t origin, const OriginRun& run) {
    RealServer& server = *origins_[origin];
    for (const std::uint32_t image : run.withdrawn) is_withdrawn_[origin][image] = true;
    for (std::uint32_t image = run.first; image < run.end; ++image)
      write_file(server.folder() + "/" + fleet_.image_name(origin, image), fmt::format("bytes of {} {}\n", origin, image));
    server.write_manifest(manifest_of(origin, run.end));
    clock_.at = run.at;
    clock_.skew = 0;
    server.run({"reconcile", "--quiet"});
    take_head(origin);
    const auto bytes = public_bytes(origin);
    model_->run_origin(origin, run, [&](std::uint32_t image) { return bytes.at(fleet_.image_name(origin, image)); });
    compare_catalog(origin);
    ++result_.publications;
  }

  std::string manifest_of(std::uint32_t origin, std::uint32_t images) const {
    std::string entries;
    std::vector<std::vector<std::string>> series(fleet_.series());
    for (std::uint32_t image = 0; image < images; ++image) {
      const std::string name = fleet_.image_name(origin, image);
      entries += image_entry(name, image, name, fleet_.is_private(origin, image), is_withdrawn_[origin][image]);
      series[fleet_.series_of(image)].push_back(name);
    }
    for (std::uint32_t i = 0; i < fleet_.series(); ++i) entries += series_entry(fleet_.series_name(i), series[i]);
    return entries;
  }

  void take_head(std::uint32_t origin) {
    std::string head = *file_bytes(origins_[origin]->public_file("head.dsse"));
    if (heads_[origin].empty() || heads_[origin].back() != head) heads_[origin].push_back(std::move(head));
  }

  std::map<std::string, Bytes> public_bytes(std::uint32_t origin) const {
    std::map<std::string, Bytes> found;
    const state::State state = state::State::open(origins_[origin]->state(), state::Access::read_only);
    state.each_public(false, {.image =
                                  [&](const ImageEntry& image) {
                                    found.emplace(image.name.text(), Bytes{image.digest, image.size, image.packed.value()});
                                  },
                              .deleted_image = [](const ImageTombstone&) {},
                              .series = [](const SeriesEntry&) {},
                              .deleted_series = [](const SeriesTombstone&) {},
                              .type = [](const TypeEntry&) {}});
    return found;
  }

  void compare_catalog(std::uint32_t origin) {
    const RealServer& server = *origins_[origin];
    const CatalogModel& model = model_->origin(origin).catalog;
    const Head head = trust::unverified_head(heads_[origin].back()).value();
    const auto index_bytes = file_bytes(server.public_file("c/" + head.index.digest.hex()));
    const auto index = std::get<Index>(parse_index(index_bytes.value()));
    Fetch whole{.requests = 1, .bytes = head.index.length};
    for (const PageRef& page : index.pages) whole += {.requests = 1, .bytes = page.piece.length};
    if (head.serial != model.serial() || heads_[origin].back().size() != model.head_bytes(model.serial()) ||
        head.index.length != model.index_bytes(model.serial()) || whole != model.whole()) {
      differ(fmt::format("{}: serial {}, head of {} bytes, index of {}, {} pieces of {}; the model: {}, {}, {}, {} of {}",
                         fleet_.origin_name(origin), head.serial, heads_[origin].back().size(), head.index.length, whole.requests,
                         whole.bytes, model.serial(), model.head_bytes(model.serial()), model.index_bytes(model.serial()),
                         model.whole().requests, model.whole().bytes));
    }
  }

  void poll(std::uint32_t site, Second at) {
    const Sum modelled_before = sum_of(model_->network());
    const Sum real_before = sum_of(network_);
    const auto modelled = model_->poll(site, at);
    if (!modelled) return;
    const bool is_idle = !modelled->has_news && !modelled->has_failed;
    if (is_like_others(*modelled) && at / hour % 24 != site % 24) {
      for (const auto& asked : model_->asked()) network_.head(site, asked.origin, asked.url, at);
      return;
    }
    clock_.at = at;
    clock_.skew = fleet_.skew(site);
    sites_[site]->run({"reconcile", "--quiet"}, exits_of(*modelled, at));
    ++result_.polls;
    if (is_idle) ++result_.idle_polls;
    const Sum model_now = sum_of(model_->network());
    const Sum real_now = sum_of(network_);
    const auto requests = real_now.served.requests - real_before.served.requests;
    const auto bytes = real_now.served.bytes - real_before.served.bytes;
    const auto expected_requests = model_now.served.requests - modelled_before.served.requests;
    const auto expected_bytes = model_now.served.bytes - modelled_before.served.bytes;
    if (requests != expected_requests || bytes != expected_bytes ||
        real_now.failed - real_before.failed != model_now.failed - modelled_before.failed) {
      differ(fmt::format("site {} at {} s: {} requests, {} bytes, {} failed; the model: {}, {}, {}", site, at, requests, bytes,
                         real_now.failed - real_before.failed, expected_requests, expected_bytes,
                         model_now.failed - modelled_before.failed));
    }
  }

  /// Whether a poll teaches the site nothing: such polls are real once a day.
  bool is_like_others(const Poll& poll) const {
    const auto& asked = model_->asked();
    return !poll.has_news && std::none_of(asked.begin(), asked.end(), [](const auto& one) { return one.is_root; });
  }

  /// In the first days a series that a site follows may not be there yet, which it reports as blocked.
  static std::vector<int> exits_of(const Poll& poll, Second at) {
    if (poll.has_failed) return {exit_incomplete, exit_untrusted};
    if (at < 3 * day) return {exit_done, exit_incomplete};
    return {exit_done};
  }

  /// The state of a real site against what the model says; and nobody has what is private.
  void compare_copies(std::uint32_t site) {
    std::map<std::string, ImageState> expected;
    for (std::uint32_t origin = 0; origin < fleet_.origins(); ++origin) {
      for (const auto& image : model_->copies_of(site, origin))
        expected.emplace(fleet_.image_name(origin, image.image),
                         image.withdrawn != 0 ? ImageState::withdrawn : ImageState::published);
    }
    std::map<std::string, ImageState> found;
    for (const auto& row : state::State::open(sites_[site]->state(), state::Access::read_only).snapshot().images) {
      if (!row.deleted) found.emplace(row.name.text(), row.withdrawn_by_origin ? ImageState::withdrawn : row.state);
    }
    result_.copies += found.size();
    if (found != expected)
      differ(fmt::format("site {} has {} images, not the {} of the model", site, found.size(), expected.size()));
    if (!model_->has_all(site)) differ(fmt::format("site {} lacks images at the end", site));
    for (std::uint32_t origin = 0; origin < fleet_.origins(); ++origin) {
      for (std::uint32_t image = 0; image < fleet_.images_of_an_origin(); ++image) {
        const auto it = found.find(fleet_.image_name(origin, image));
        if (it == found.end()) continue;
        if (fleet_.is_private(origin, image)) differ(fmt::format("site {} has {}, which is private", site, it->first));
        if (is_withdrawn_[origin][image] && it->second != ImageState::withdrawn)
          differ(fmt::format("site {} does not know that {} was withdrawn", site, it->first));
      }
    }
  }

  void differ(std::string what) {
    constexpr std::size_t most = 20;
    if (result_.differences.size() < most) result_.differences.push_back(std::move(what));
  }

  const Fleet& fleet_;
  std::string folder_;
  io::PosixFiles files_;
  SimulatedClock clock_;
  std::vector<std::vector<std::string>> heads_;  ///< by origin and serial, as published
  std::vector<std::vector<bool>> is_withdrawn_;
  Network network_;                                                      ///< the real servers'
  std::map<std::string, std::pair<std::uint32_t, std::size_t>> places_;  ///< origin and number of each URL
  std::vector<std::unique_ptr<RealServer>> origins_, sites_;
  std::optional<FleetModel> model_;
  CheckResult result_;
};

}  // namespace

CheckResult check_model(const Fleet& fleet, const std::string& folder) { return Check(fleet, folder).run(); }

}  // namespace ingot::fleet_simulation
