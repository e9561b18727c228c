// The stage of the attacks: a peer with its keys and its web server, which lies on demand, and a server called "home" that
// has registered it and copied its first image. Attacks change what the peer serves; home must come out as it was.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/hostile_server.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/peer_fixture.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::attacks {

using testing_support::HostileServer;
using testing_support::Publisher;
using testing_support::Question;
using testing_support::Ran;
using testing_support::RawConnection;

/// How home runs its commands: in this process over http or https, or the built program over http.
enum class Way { here, here_tls, process };

/// Where the peer's web server stands; one in a test program, for all its stages.
struct Venue {
  HostileServer server;
  std::string url;            ///< as home reaches it
  std::string authority_pem;  ///< of https; else ""
  std::unique_ptr<testing_support::TestFolder> folder;
  std::unique_ptr<testing_support::Nginx> front;  ///< of https: passes everything on to `server`
};
Venue& venue_of(Way way);

/// Real time until it is set; sleeping takes none.
class StageClock final : public io::Clock {
 public:
  Time now() override { return time ? *time : real_.now(); }
  MinuteOfWeek local_minute(Time moment) override { return real_.local_minute(moment); }
  std::chrono::steady_clock::time_point steady() override { return real_.steady(); }
  void sleep_for(std::chrono::milliseconds duration) override { slept += duration.count(); }
  std::optional<Time> time;
  std::atomic<std::int64_t> slept = 0;  ///< milliseconds

 private:
  io::SystemClock real_;
};

/// Every file of home that is not mere cache (path → sha256), and every row of its state but the runs' ("table: row" → "").
using Remembered = std::map<std::string, std::string>;
/// What is in one and not, or otherwise, in the other: "+ path", "- path", "* path".
std::vector<std::string> differences(const Remembered& before, const Remembered& after);

class Stage {
 public:
  /// The peer has published "db19_24" (serial 1), home has copied it. `peer_keys`: further lines of the peer's entry.
  explicit Stage(Way way, const std::string& peer_keys = "");

  /// The peer publishes one more image, "new-<serial>", which home has not seen: what an attack must not bring.
  void tempt();
  std::string newest() const { return newest_; }  ///< the image on offer last

  Ran ingot(std::vector<std::string> words);
  Ran apply() { return ingot({"apply", "--yes"}); }
  Remembered remembered() const;
  /// Names of the images that home has, sorted.
  std::vector<std::string> copies() const;
  std::string home() const { return folder_.path() + "/home"; }
  std::string state_file() const { return home() + "/state/ingot.db"; }
  std::string trust_folder() const { return home() + "/state/trust/" + peer.id().root.hex(); }
  std::vector<std::string> floors() const;  ///< names of the floor files
  std::string evidence_folder() const;      ///< "" if there is none

  /// The paths asked for since the last call.
  std::vector<std::string> requests();
  std::string index_path() const { return "c/" + peer.head().index.digest.hex(); }
  std::string page_path(std::size_t page) const { return "c/" + peer.index().pages.at(page).piece.digest.hex(); }
  std::string page_path() const;  ///< of the page with the newest image
  std::string bytes_path(const std::string& image) const;

  /// The image with its packed bytes in the tree; later calls of publish() have it.
  void offer(const std::string& image, const std::string& bytes);
  /// Publishes all that is on offer, honestly, and serves it.
  void publish(std::optional<Serial> serial = {});
  void serve() { server.serve(peer.tree()); }
  /// Serves another head.dsse.
  void serve_head(const std::string& envelope);
  /// Writes home's manifest; `peer_keys` are further lines of the peer's entry, `more` further entries.
  void manifest(const std::string& peer_keys = "", const std::string& more = "");

  Venue& venue;
  HostileServer& server;
  StageClock clock;
  io::CurlOptions limits{.connect_timeout = std::chrono::milliseconds(1000),
                         .stall_time = std::chrono::milliseconds(500),
                         .slowest = 1024,
                         .retry = {},
                         .seed = 1};
  Publisher peer;
  Catalog catalog;  ///< what publish() publishes

 private:
  Ran here(const std::vector<std::string>& words);

  Way way_;
  std::string newest_;
  testing_support::TestFolder folder_;
};

}  // namespace ingot::attacks
