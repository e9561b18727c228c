// Real servers in folders of this machine: the commands that operators run, in this process, over the simulated network and
// clock.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/net/transport.hpp"
#include "schema/catalog/catalog.hpp"
#include "tests/fleet_simulation/fleet.hpp"

namespace ingot::fleet_simulation {

/// Stands still while a command runs.
class SimulatedClock final : public io::Clock {
 public:
  Second at = 0;
  Second skew = 0;  ///< of the calendar time
  Time now() override { return beginning + Seconds(at + skew); }
  MinuteOfWeek local_minute(Time time) override;  ///< as in UTC
  std::chrono::steady_clock::time_point steady() override {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(at));
  }
  void sleep_for(std::chrono::milliseconds) override {}
};

/// What a URL answers; nullopt: nothing does.
struct Answered {
  bool found = true;
  std::string bytes = {};
};
using Internet = std::function<std::optional<Answered>(const std::string& url, const std::string& path)>;

class RealServer {
 public:
  /// Makes it by "ingot init"; `files` is the disk that commands work on.
  RealServer(const std::string& folder, const std::string& name, SimulatedClock& clock, io::Files& files, Internet internet);

  /// Runs a command of the program on this server. std::runtime_error with what it said, if its exit code is not `expected`.
  void run(std::vector<std::string> words, const std::vector<int>& expected = {0});
  /// Writes the manifest: what a server says of itself, and `entries`.
  void write_manifest(const std::string& entries) const;

  const std::string& folder() const { return folder_; }
  std::string state() const { return folder_ + "/state/ingot.db"; }
  std::string card() const { return folder_ + "/server.card.toml"; }
  std::string public_file(const std::string& path) const { return folder_ + "/store/public/" + path; }

 private:
  std::string folder_;
  std::string name_;
  SimulatedClock& clock_;
  io::Files& files_;
  Internet internet_;
};

/// The whole file; nullopt: there is none.
std::optional<std::string> file_bytes(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);
/// Of all files below a folder; 0 if it is not there.
std::uint64_t bytes_below(const std::string& folder);

/// The manifest's entry of an image; `source`: "" if it is here already.
std::string image_entry(const std::string& name, std::uint32_t number, const std::string& source, bool is_private,
                        bool is_withdrawn);
/// The manifest's entry of a series with these images.
std::string series_entry(const std::string& series, const std::vector<std::string>& images);
/// The manifest's entries of a peer and of what is followed of it.
std::string peer_entries(const std::string& peer, const std::string& card, const std::vector<std::string>& urls,
                         const std::vector<std::string>& series);

}  // namespace ingot::fleet_simulation
