// A real server in a folder of its own: keys, store, state and catalog as init_server makes them, and plans made by hand
// that are applied to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/apply.hpp"
#include "reconciler/apply/publish/init_server.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "tests/support/folder_transport.hpp"
#include "tests/support/recording_events.hpp"
#include "tests/support/tree_oracle.hpp"

namespace ingot::testing_support {

/// A clock that stands still until a test moves it.
class StandingClock final : public io::Clock {
 public:
  Time time{std::chrono::seconds(1'800'000'000)};
  std::chrono::steady_clock::duration passed{};                    ///< beside the real time
  std::optional<std::chrono::steady_clock::time_point> stands_at;  ///< instead of the real time
  Time now() override { return time; }
  /// As in UTC.
  MinuteOfWeek local_minute(Time moment) override {
    return static_cast<MinuteOfWeek>(
        std::chrono::duration_cast<std::chrono::minutes>(moment - std::chrono::floor<std::chrono::days>(moment)).count());
  }
  std::chrono::steady_clock::time_point steady() override {
    return stands_at.value_or(std::chrono::steady_clock::now()) + passed;
  }
  void sleep_for(std::chrono::milliseconds) override {}
};

class TestServer {
 public:
  /// Makes `folder`/`name` by init_server. `files`: the disk to work on after that; nullptr: the real one.
  TestServer(const std::string& folder, const std::string& name, io::Files* files = nullptr);

  const std::string& folder() const { return folder_; }
  std::string public_folder() const { return folder_ + "/store/public"; }
  PublishedTree tree() const { return read_tree(public_folder()); }
  const Card& card() const { return card_; }
  state::State& state() { return *state_; }
  store::Store& store() { return *store_; }
  /// Closes state and store, until reopen().
  void close();
  /// Closes state and store and opens them again, as the next process does. `files`: nullptr: the real disk.
  void reopen(io::Files* files = nullptr);

  /// Lets this server reach `other` under its name.
  void know(const TestServer& other, std::optional<std::uint32_t> parallel = {});

  /// Applies these changes in this order.
  apply::Account apply(const std::vector<plan::Change>& changes);
  apply::Account apply(const plan::Plan& plan);
  plan::Plan plan_of(const std::vector<plan::Change>& changes) const;

  /// Writes sources/`name` with these bytes; gives its path.
  std::string source(const std::string& name, const std::string& bytes) const;
  /// The live image's row; fails the test if there is none.
  state::ImageRow image(const std::string& name) const;
  std::vector<std::string> image_names() const;  ///< live ones, sorted
  plan::SeenHead head() const;                   ///< as its peers see it
  /// The entry of a published image, with its bytes.
  ImageEntry entry(const std::string& name) const;

  Manifest manifest;
  FolderTransport transport;
  io::Transport* transport_to = nullptr;  ///< instead of `transport`
  RecordingEvents events;
  apply::Events* events_to = nullptr;  ///< instead of `events`
  StandingClock clock;
  std::vector<plan::SeenHead> seen;
  std::uint32_t parallel = 4;
  std::optional<std::chrono::steady_clock::time_point> deadline;

 private:
  std::string folder_;
  io::PosixFiles disk_;
  io::Files* files_ = nullptr;
  Card card_;
  std::optional<state::State> state_;
  std::optional<store::Store> store_;
  std::optional<io::PeerMemory> memory_;
  apply::CatalogKeys keys_;
};

// Plans and changes as a planner makes them.
/// Of a server "here", with nothing but these actions.
plan::Plan plan_of(std::vector<plan::Change> changes);
plan::Change change_of(const Address& address, plan::Action action, std::vector<std::string> after = {});
plan::Change add(const TestServer& server, const std::string& name, const std::string& bytes);
plan::Change add(const LocalImage& image, std::vector<std::string> after = {});
plan::Change publish_change();
plan::Change register_change(const TestServer& peer);
plan::Change copy_change(const TestServer& peer, const std::string& image, std::vector<std::string> after = {});
plan::Change series_change(const std::string& name, const std::vector<std::string>& members, std::vector<std::string> after = {});
plan::Change create_type(const std::string& name);
plan::Change delete_change(const state::ImageRow& row);
LocalImage local_image(const std::string& name, const std::string& source);

/// "done image.a", "failed copy.oslo.db untrusted", "skipped series.s interrupted", in the account's order.
std::vector<std::string> lines_of(const apply::Account& account);

}  // namespace ingot::testing_support
