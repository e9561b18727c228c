// Readers behind a CDN, while runs upload, are killed and clean up: a real store (Swift), and a real nginx that keeps slices of
// what it fetched, and heads a little longer than it should.
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_http.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/real_store.hpp"
#include "tests/upload/upload_stage.hpp"

namespace ingot::scenarios {
namespace {

using testing::IsEmpty;
using testing_support::Running;
using testing_support::TestFolder;

/// Lines for nginx, as examples/nginx.conf says them, before the objects below `origin`.
std::string cdn_lines(int port, const std::string& origin) {
  return "proxy_cache_path cache keys_zone=gold:1m; server { listen 127.0.0.1:" + std::to_string(port) +
         "; location / { slice 256k; proxy_cache gold; proxy_cache_key $uri$slice_range; proxy_set_header Range $slice_range; "
         "proxy_cache_valid 200 206 30d; proxy_cache_lock on; proxy_http_version 1.1; proxy_pass " +
         origin +
         "; } location = /head.dsse { proxy_cache gold; proxy_cache_key head; proxy_ignore_headers Cache-Control; "
         "proxy_cache_valid 200 1s; proxy_pass " +
         origin + "head.dsse; } }";
}

/// Reads whole trees again and again: the one of the newest head, and one of a head that it has kept from earlier.
class Reader {
 public:
  explicit Reader(std::string url) : url_(std::move(url)), thread_([this] { read_until_stopped(); }) {}
  ~Reader() { stop(); }

  /// Wrong answers until then.
  const std::vector<std::string>& stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
    return wrong_;
  }
  std::size_t heads() const { return heads_.size(); }  ///< after stop()

 private:
  void read_until_stopped() {
    while (!stopped_) {
      const io::HttpAnswer head = get("head.dsse");
      if (head.status == 404) continue;  // nothing was uploaded yet
      if (head.status != 200) {
        wrong_.push_back("head.dsse: " + std::to_string(head.status) + head.why);
        continue;
      }
      if (heads_.empty() || heads_.back() != head.body) heads_.push_back(head.body);
      read_tree(head.body);
      read_tree(heads_[random_() % heads_.size()]);
    }
  }

  io::HttpAnswer get(const std::string& path) {
    return http_.call({.method = "GET", .url = url_ + path, .headers = {}, .at_most = 64U * 1024 * 1024});
  }

  void read_tree(const std::string& head) {
    const auto catalog = [this](const std::string& path) { return get(path).body; };
    try {
      for (const auto& [path, digest] : named_by(head, catalog)) {
        const io::HttpAnswer answer = get(path);
        if (answer.status != 200 || io::sha256(answer.body).hex() != digest)
          wrong_.push_back(path + ": " + std::to_string(answer.status) + answer.why);
      }
    } catch (const std::exception& error) { wrong_.push_back(error.what()); }
  }

  std::string url_;
  io::CurlHttp http_;
  std::mt19937 random_{1};
  std::vector<std::string> heads_;
  std::vector<std::string> wrong_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

struct cdn : testing::Test {
  static void SetUpTestSuite() {
    if (testing_support::swift().why_not().empty()) testing_support::swift().make_bucket("cdn-gold", true);
  }

  /// The images of a round; each one drops an image of an earlier one. The catalog page comes and goes, so that gc has something
  /// to remove.
  std::string entries(int round) {
    std::string text = round % 2 == 0 ? "" : "page = false\n";
    text += oslo.file_image("large", testing_support::noise(3'000'000));
    for (int n = std::max(0, round - 3); n <= round; ++n)
      text += oslo.file_image("n" + std::to_string(n), std::string(2'000, static_cast<char>('a' + n % 26)));
    return text + upload_entry(testing_support::swift().address(), "s3://cdn-gold/oslo");
  }

  /// Whether the run was still there to be killed.
  bool apply_and_kill_after(std::chrono::milliseconds time) {
    Running running({.arguments = {INGOT_BINARY, "apply", "--yes"}, .folder = oslo.path(), .environment = {}}, folder / "log");
    std::this_thread::sleep_for(time);
    running.signal(SIGKILL);
    return running.wait() == 128 + SIGKILL;
  }

  TestFolder folder;
  Site oslo{folder.path(), "oslo"};
};

TEST_F(cdn, R25_readers_behind_it_find_a_whole_tree_while_runs_upload_die_and_clean_up) {
  auto& swift = testing_support::swift();
  if (!swift.why_not().empty()) GTEST_SKIP() << swift.why_not();
  use_key(swift.key());
  const int port = testing_support::free_port();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  testing_support::Nginx nginx(oslo.public_folder(), folder / "cdn", "", cdn_lines(port, swift.public_url("cdn-gold") + "oslo/"));
  Site paris(folder.path(), "paris");
  paris.manifest(Site::peer(oslo, "urls = [\"" + url + "\"]\n") +
                 "[[subscription]]\npeer = \"oslo\"\nall = true\nsince = \"start\"\n");
  oslo.manifest(entries(0));
  const auto begun = std::chrono::steady_clock::now();
  oslo.apply();
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  oslo.web().stop();
  Reader reader(url);
  const bool full = std::getenv("INGOT_FULL") != nullptr;
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  int killed = 0;
  const int rounds = full ? 60 : 5;
  for (int round = 1; round <= rounds; ++round) {
    oslo.manifest(entries(round));
    killed += apply_and_kill_after(std::chrono::milliseconds(random() % static_cast<unsigned>(whole.count()))) ? 1 : 0;
    oslo.apply();
    EXPECT_EQ(oslo.ingot({"gc", "--grace", "0"}).exit, 0);
    paris.apply();
  }
  EXPECT_THAT(reader.stop(), IsEmpty()) << "seed " << seed;
  EXPECT_GE(killed, rounds / 3) << "seed " << seed;
  EXPECT_GE(reader.heads(), static_cast<std::size_t>(rounds / 2)) << "seed " << seed;
  EXPECT_EQ(oslo.ingot({"verify", "--upload", "s3"}).exit, 0);
}

}  // namespace
}  // namespace ingot::scenarios
