// A fleet of servers over years, in minutes: how much it asks, how long a new image takes to be everywhere, what origins have to
// give, and what grows.
//
//   fleet_simulation [--servers 1000] [--images 1000000] [--years 5] [--seed 1] [--topology star|mirrors|cdn]
//                    [--down 5] [--slow 5] [--skew 5] [--no-check] [--no-growth] [--folder DIR] [--json]
//
// 44 million polls of real servers would take weeks. So there are three parts:
//
// 1. The model: every server and every poll, in memory. Of each origin it knows the exact lengths of heads, indexes and pages
//    (their lines are written by the product's writer), and of each site which heads it has read. It reckons which requests the
//    real code makes: one for the head of each peer; if its index is new, the index and the pages that changed; then the images.
//    The rules of trust that depend on clocks are the product's. Assumed, not taken from the product: an image has 0.2 to 2 GB
//    packed; the lines of a site (100 Mbit/s; 2 if it is slow), an origin (1 Gbit/s) and a cache (10 Gbit/s), which serve what
//    was asked for in turn, and a store at once; 50 ms a request. What a poll copies counts as here when all of it is.
// 2. The check: up to 20 servers with 200 images for a month, as a model and as real servers: real manifests, observer, planner,
//    apply, publisher, SQLite states and stores in folders, over the same simulated network and clock. After each publication
//    and each poll that is real, requests and bytes must be the same, and in the end what each site has. Polls that teach a site
//    nothing are real once a day. If anything differs the program ends with 1. Uploads are not made: with "cdn" the readers are
//    checked.
// 3. The growth: real servers with 1,000 to 100,000 images, and a history of up to 10,000 runs: processor, memory, disk, syncs.
//
// The fleet: one server in a hundred (at least two) is an origin; the others are sites. All sites have all origins as peers, ask
// each hour, and follow two series of each: the first, which all follow, and another one. Each night an origin adds images,
// and withdraws some that are a week old. One image in a hundred is private, one is withdrawn. `--down` percent of all servers
// are down at any moment, for half a day in the middle; a mirror too, whose sites then ask the origin itself. `--slow` percent of
// the sites have a slow line, `--skew` percent a clock that is up to two hours wrong. A mirror is a proxy that keeps what it
// gave, but no heads (examples/nginx.conf); an edge of the CDN likewise, and heads for a minute, before a store that the origins
// upload to.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/fleet_simulation/report.hpp"

namespace ingot::fleet_simulation {

namespace {

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, Topology> topologies{
      {"star", Topology::star}, {"mirrors", Topology::mirrors}, {"cdn", Topology::cdn}};
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--json") {
      options.json = true;
      continue;
    }
    if (option == "--no-growth" || option == "--no-check") {
      (option == "--no-check" ? options.check : options.growth) = false;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(option + ": no such option, or it lacks its value");
    const std::string value = argv[++i];
    if (option == "--servers")
      options.servers = static_cast<std::uint32_t>(std::stoul(value));
    else if (option == "--images")
      options.images = static_cast<std::uint32_t>(std::stoul(value));
    else if (option == "--seed")
      options.seed = static_cast<std::uint32_t>(std::stoul(value));
    else if (option == "--years")
      options.years = std::stod(value);
    else if (option == "--down")
      options.down = std::stod(value);
    else if (option == "--slow")
      options.slow = std::stod(value);
    else if (option == "--skew")
      options.skew = std::stod(value);
    else if (option == "--folder")
      options.folder = value;
    else if (option == "--topology" && topologies.contains(value))
      options.topology = topologies.at(value);
    else
      throw std::invalid_argument(option + " " + value + ": not known");
  }
  return options;
}

/// The folder of this process, removed with it.
class Scratch {
 public:
  explicit Scratch(const std::string& below)
      : path_(fmt::format("{}/fleet-simulation-{}",
                          !below.empty()                    ? below
                          : ::access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                            : std::filesystem::temp_directory_path().string(),
                          ::getpid())) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string folder(const std::string& name) const {
    std::filesystem::create_directories(path_ + "/" + name);
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

/// The same fleet, as small as real servers can be.
Options small(Options options) {
  options.servers = std::min<std::uint32_t>(options.servers, 20);
  options.images = std::min<std::uint32_t>(options.images, 200);
  options.years = std::min(options.years, 31.0 / 365);
  return options;
}

int simulate(const Options& options) {
  const Fleet fleet(options);
  const Scratch scratch(options.folder);
  const auto began = std::chrono::steady_clock::now();
  const auto tell = [&](const char* what) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - began;
    fmt::print(stderr, "{:.0f} s: {}\n", since.count(), what);
  };
  Growth growth;
  if (options.growth)
    growth = measure_growth(std::min<std::uint32_t>(fleet.images_of_an_origin(), 100'000), scratch.folder("growth"));
  tell("the model against real servers");
  const CheckResult check = options.check ? check_model(Fleet(small(options)), scratch.folder("check")) : CheckResult{};
  tell("the fleet");
  std::vector<ServerId> ids;
  for (std::uint32_t i = 0; i < fleet.origins(); ++i) ids.push_back(imagined_id(fleet, i));
  FleetModel model(fleet, ids);
  play(
      fleet,
      [&](std::uint32_t origin, const OriginRun& run) {
        model.run_origin(origin, run, [&](std::uint32_t image) { return imagined_bytes(fleet, origin, image); });
      },
      [&](std::uint32_t site, Second at) { model.poll(site, at); });
  tell("done");
  const auto figures = figures_of(fleet, model);
  fmt::print("{}", options.json ? report_json(fleet, check, figures, growth) : report_text(fleet, check, figures, growth));
  return check.differences.empty() && figures.front().value == 0 ? 0 : 1;
}

}  // namespace

}  // namespace ingot::fleet_simulation

int main(int argc, char** argv) {
  try {
    return ingot::fleet_simulation::simulate(ingot::fleet_simulation::parse(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "fleet_simulation: {}\n", error.what());
    return 2;
  }
}
