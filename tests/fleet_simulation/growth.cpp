#include "tests/fleet_simulation/growth.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "state/state.hpp"
#include "tests/fleet_simulation/real_server.hpp"
#include "tests/support/fault_files.hpp"

namespace ingot::fleet_simulation {

namespace {

namespace fs = std::filesystem;

/// What a command took.
struct Cost {
  double seconds = 0;  ///< of the processor
  double megabytes = 0;
  std::uint64_t syncs = 0;  ///< of files and folders; those of SQLite are not seen
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;  ///< over the network
};

/// Counted where the command runs: in a child.
struct Counted {
  std::uint64_t syncs, requests, bytes;
};

/// In a process of its own, whose memory is measured.
Cost cost_of(const std::function<Counted()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const Counted counted = work();
      ::_exit(::write(ends[1], &counted, sizeof counted) == sizeof counted ? 0 : 1);
    } catch (const std::exception& error) { fmt::print(stderr, "{}\n", error.what()); }
    ::_exit(1);
  }
  ::close(ends[1]);
  Counted counted{};
  const bool told = ::read(ends[0], &counted, sizeof counted) == sizeof counted;
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  if (!told || status != 0) throw std::runtime_error("a command that is measured failed");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {.seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
          .megabytes = static_cast<double>(used.ru_maxrss) / 1024,
          .syncs = counted.syncs,
          .requests = counted.requests,
          .bytes = counted.bytes};
}

/// An origin with many images, and a site that copies two of its series. Of the images of those series the bytes are real; the
/// others are in the state, as an apply would have recorded them, and their files are holes.
class Pair {
 public:
  Pair(std::uint32_t images, const std::string& folder)
      : fleet_({.servers = 4, .images = 2 * images, .years = 1, .down = 0, .slow = 0, .skew = 0}),
        recorded_(images),
        images_(images),
        origin_(folder, "origin-0", clock_, files_, {}),
        site_(folder, "site-0", clock_, files_, [this](const std::string&, const std::string& path) { return answer(path); }) {
    record_images();
    for (std::uint32_t image = 0; image < images_; ++image) {
      if (has_bytes(image)) make_source(image);
    }
    write_origin_manifest();
    site_.write_manifest("[limits]\nparallel = 1\n" + peer_entries("origin-0", origin_.card(), {"https://origin-0.example.net/"},
                                                                   {fleet_.series_name(0), fleet_.series_name(1)}));
    pass_time();
  }

  /// Runs "ingot reconcile" there once.
  Cost origin_runs() {
    return cost_of([this] { return run(origin_); });
  }
  Cost site_runs() {
    return cost_of([this] { return run(site_); });
  }

  /// The origin is told of one more image of a series that the site follows.
  void add_one() {
    while (!has_bytes(images_)) ++images_;
    make_source(images_++);
    write_origin_manifest();
    pass_time();
  }
  void pass_time() { clock_.at += hour; }

  std::uint64_t copies() const { return state::State::open(site_.state(), state::Access::read_only).images_total(); }
  const RealServer& origin() const { return origin_; }
  const RealServer& site() const { return site_; }

 private:
  bool has_bytes(std::uint32_t image) const { return fleet_.series_of(image) < 2; }
  std::string name_of(std::uint32_t image) const { return fleet_.image_name(0, image); }

  void make_source(std::uint32_t image) const {
    write_file(origin_.folder() + "/" + name_of(image), fmt::format("bytes of {}\n", image));
  }

  Counted run(RealServer& server) {
    files_.only = "sync";
    files_.start_over();
    requests_ = bytes_ = 0;
    server.run({"reconcile", "--quiet"});
    return {.syncs = files_.count(), .requests = requests_, .bytes = bytes_};
  }

  std::optional<Answered> answer(const std::string& path) {
    auto bytes = file_bytes(origin_.public_file(path));
    if (!bytes) return Answered{.found = false};
    ++requests_;
    bytes_ += bytes->size();
    return Answered{.bytes = *std::move(bytes)};
  }

  state::ImageRow row_of(std::uint32_t image) const {
    state::ImageRow row{.name = ImageName::of(name_of(image)), .origin_name = ServerName::of("origin-0")};
    row.digest = io::sha256(row.name.text());
    row.size = 500'000;  // too small for deltas, which would read the bytes
    row.version = fmt::format("1.{}", image);
    row.platform = "linux-x86_64";
    row.labels = {{"team", "os"}, {"tier", "gold"}};
    row.managed = true;
    row.rule = "image." + row.name.text();
    row.papers.time = beginning;
    row.papers.run = run_id;
    row.papers.actor = "root@origin-0";
    row.papers.rule = row.rule;
    return row;
  }

  Packed make_hole(std::uint32_t image) const {
    const Packed packed{
        .file = {.digest = io::sha256("packed " + name_of(image)), .length = 400'000}, .segments = 1, .table = {}};
    const std::string path = origin_.public_file(transfer::object_path(packed.file.digest));
    fs::create_directories(fs::path(path).parent_path());
    write_file(path, "");
    fs::resize_file(path, packed.file.length);
    return packed;
  }

  void record_images() {
    state::State state = state::State::open(origin_.state(), state::Access::read_write);
    state.begin_run({.id = run_id, .started = beginning, .command = "apply", .actor = "root@origin-0"});
    std::vector<std::vector<state::SeriesMemberRow>> members(fleet_.series());
    std::vector<std::uint32_t> images;
    state::Effects effects;
    const auto record = [&] {
      const auto number = state.begin_action(run_id, Address{"image.many"}, Verb::add, "", beginning);
      const auto keys = state.finish_action(number, Done{}, effects, beginning);
      for (std::size_t i = 0; i < images.size(); ++i)
        members[fleet_.series_of(images[i])].push_back({.image = keys[i], .name = ImageName::of(name_of(images[i]))});
      images.clear();
      effects.clear();
    };
    constexpr std::size_t at_once = 500;
    for (std::uint32_t image = 0; image < images_; ++image) {
      if (has_bytes(image)) continue;
      effects.emplace_back(state::PutImage{.row = row_of(image), .packed = make_hole(image)});
      images.push_back(image);
      if (images.size() == at_once) record();
    }
    record();
    for (std::uint32_t i = 2; i < fleet_.series(); ++i) {
      state::SeriesRow row{.name = SeriesName::of(fleet_.series_name(i)), .managed = true};
      row.members = members[i];
      for (const auto& member : members[i]) row.wanted.push_back(member.name.text());
      effects.emplace_back(state::PutSeries{.row = std::move(row)});
    }
    state.record(effects);
    state.finish_run(run_id, beginning, 0);
  }

  /// Images that were added later are of the site's series alone.
  void write_origin_manifest() const {
    std::string entries;
    std::vector<std::vector<std::string>> series(fleet_.series());
    for (std::uint32_t image = 0; image < images_; ++image) {
      if (image >= recorded_ && !has_bytes(image)) continue;
      const std::string name = name_of(image);
      entries += image_entry(name, image, has_bytes(image) ? name : "", false, false);
      series[fleet_.series_of(image)].push_back(name);
    }
    for (std::uint32_t i = 0; i < fleet_.series(); ++i) entries += series_entry(fleet_.series_name(i), series[i]);
    origin_.write_manifest(entries);
  }

  static constexpr const char* run_id = "20270115T080000Z-000000";

  Fleet fleet_;
  std::uint32_t recorded_;  ///< images that there were in the beginning
  std::uint32_t images_;
  SimulatedClock clock_;
  testing_support::FaultFiles files_;
  RealServer origin_;
  RealServer site_;
  std::uint64_t requests_ = 0, bytes_ = 0;
};

/// The rows of one size, in their order.
std::vector<GrowthRow> costs_at(std::uint32_t images, const std::string& folder) {
  Pair pair(images, folder);
  std::vector<GrowthRow> rows;
  const auto add = [&](std::string what, std::string unit, double value) {
    rows.push_back({.what = std::move(what), .unit = std::move(unit), .values = {value}});
  };
  const auto add_cost = [&](const std::string& what, const Cost& cost) {
    add(what, "s", cost.seconds);
    add(what, "MB", cost.megabytes);
    add(what, "syncs", static_cast<double>(cost.syncs));
    if (cost.requests == 0) return;
    add(what, "requests", static_cast<double>(cost.requests));
    add(what, "bytes", static_cast<double>(cost.bytes));
  };
  pair.origin_runs();  // publishes all
  pair.pass_time();
  add_cost("origin: nothing to do", pair.origin_runs());
  pair.site_runs();  // registers, copies
  pair.pass_time();
  pair.site_runs();  // finds nothing to do for the first time
  pair.pass_time();
  add_cost("site: nothing to do", pair.site_runs());
  pair.add_one();
  add_cost("origin: one image more, published", pair.origin_runs());
  add_cost("site: that image, copied", pair.site_runs());
  add("origin: state", "bytes", static_cast<double>(fs::file_size(pair.origin().state())));
  add("origin: catalog, newest pages and those before", "bytes",
      static_cast<double>(bytes_below(pair.origin().public_file("c"))));
  add("site: copies", "images", static_cast<double>(pair.copies()));
  add("site: state", "bytes", static_cast<double>(fs::file_size(pair.site().state())));
  add("site: cache of peers", "bytes", static_cast<double>(bytes_below(pair.site().folder() + "/state/cache")));
  return rows;
}

/// Runs with eight actions each, as of a night in which eight images came.
void add_runs(state::State& state, std::uint32_t first, std::uint32_t end) {
  for (std::uint32_t i = first; i < end; ++i) {
    const std::string id = fmt::format("20280101T{:06}Z-{:06x}", i, i);
    const Time at = beginning + Seconds(day * i);
    state.begin_run({.id = id,
                     .started = at,
                     .command = "reconcile",
                     .actor = "root@site-0",
                     .manifest_path = "/srv/ingot/ingot.toml",
                     .plan_id = Digest{}.text(),
                     .planned = 8});
    std::vector<state::BegunAction> begun;
    std::vector<state::FinishedAction> finished;
    for (std::uint32_t k = 0; k < 8; ++k) {
      const std::string image = fmt::format("o0-s000-{:06}", i * 8 + k);
      begun.push_back(
          {.number = state.newest_action() + 1 + k,
           .address = Address{"copy.origin-0." + image},
           .verb = Verb::copy,
           .arguments = fmt::format("\"{}\" of \"origin-0\", since subscription.origin-0.series.s000 wants it", image),
           .started = at});
      finished.push_back({.number = begun.back().number, .outcome = Done{.how = "whole, 812 MB fetched"}, .effects = {}});
    }
    state.finish_actions(id, begun, finished, at);
    state.finish_run(id, at, 0);
  }
}

void measure_history(Growth& growth, const std::string& folder) {
  Pair pair(1000, folder);
  pair.origin_runs();
  pair.pass_time();
  for (int i = 0; i < 2; ++i) {
    pair.site_runs();
    pair.pass_time();
  }
  growth.runs = {1, 1000, 10'000};
  growth.history = {{.what = "site: nothing to do", .unit = "s", .values = {}},
                    {.what = "site: nothing to do", .unit = "MB", .values = {}},
                    {.what = "site: state", .unit = "bytes", .values = {}}};
  std::uint32_t before = 0;
  for (const std::uint32_t runs : growth.runs) {
    {
      state::State state = state::State::open(pair.site().state(), state::Access::read_write);
      add_runs(state, before, runs);
    }
    before = runs;
    const Cost cost = pair.site_runs();
    growth.history[0].values.push_back(cost.seconds);
    growth.history[1].values.push_back(cost.megabytes);
    growth.history[2].values.push_back(static_cast<double>(fs::file_size(pair.site().state())));
    pair.pass_time();
  }
}

}  // namespace

Growth measure_growth(std::uint32_t most, const std::string& folder) {
  Growth growth;
  for (std::uint32_t images = 1000; images <= most; images *= 10) {
    const std::string place = fmt::format("{}/of-{}", folder, images);
    fs::create_directories(place);
    const auto rows = costs_at(images, place);
    fs::remove_all(place);
    growth.images.push_back(images);
    if (growth.rows.empty()) {
      growth.rows = rows;
      continue;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) growth.rows[i].values.push_back(rows[i].values.front());
  }
  const std::string place = folder + "/history";
  fs::create_directories(place);
  measure_history(growth, place);
  fs::remove_all(place);
  return growth;
}

}  // namespace ingot::fleet_simulation
