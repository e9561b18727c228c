// An upload that is disturbed at each of its requests: killed there, or the store fails there, once or from then on. Whatever
// happens, a reader of the bucket finds a whole tree, the run says what failed, and the next run ends where an undisturbed one
// does. With INGOT_FULL=1 every request and every disturbance, else a sample; INGOT_SEED=number repeats it.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>

#include "tests/support/figures.hpp"
#include "tests/support/noise.hpp"
#include "tests/upload/upload_stage.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::FakeObject;
using testing_support::Running;
using testing_support::StoreFault;

/// What happens at a request.
struct Disturbance {
  std::string name;
  StoreFault fault;
  bool kills = false;     ///< the run is killed; `fault.done`: behind the request, which the store has done
  bool once = false;      ///< only at this request, not at all that follow
  int exit = 3;           ///< of the run
  std::string says = {};  ///< the run
};

const std::vector<Disturbance>& disturbances() {
  static const std::vector<Disturbance> all{
      {.name = "killed before it", .fault = {}, .kills = true, .once = true},
      {.name = "killed behind it", .fault = {.done = true}, .kills = true, .once = true},
      {.name = "500 once", .fault = {}, .once = true, .exit = 0},
      {.name = "500 once, though it was done", .fault = {.done = true}, .once = true, .exit = 0},
      {.name = "SlowDown once", .fault = {.status = 503, .code = "SlowDown"}, .once = true, .exit = 0},
      {.name = "cut once", .fault = {.cut = true}, .once = true, .exit = 0},
      {.name = "cut once, though it was done", .fault = {.done = true, .cut = true}, .once = true, .exit = 0},
      {.name = "500", .fault = {}, .says = "InternalError"},
      {.name = "SlowDown", .fault = {.status = 503, .code = "SlowDown"}, .says = "SlowDown"},
      {.name = "cut", .fault = {.cut = true}, .says = "check the store"},
      {.name = "wrong clock", .fault = {.status = 403, .code = "RequestTimeTooSkewed"}, .says = "set the clock"},
      {.name = "expired key", .fault = {.status = 400, .code = "ExpiredToken"}, .says = "refuses the access key"},
      {.name = "no bucket", .fault = {.status = 404, .code = "NoSuchBucket"}, .says = "there is no bucket \"gold\""},
      {.name = "full", .fault = {.status = 507, .code = ""}, .says = "the bucket is full"},
      {.name = "another ETag", .fault = {.etag = "\"0123456789abcdef\""}, .once = true, .exit = 0},
  };
  return all;
}

class upload_sweep : public uploads {
 protected:
  /// One tree is in the store, a newer one is published: with a small file, and one that goes in parts.
  upload_sweep() {
    const std::string entries = site_.file_image("db19", "the bytes of db19");
    site_.apply();
    remember_tree();
    site_.manifest(entries + site_.file_image("small", "others") + site_.file_image("large", testing_support::noise(68'000'000)) +
                   upload_entry(store_.address()));
    site_.apply(0, {"--exclude", "upload.s3"});
    remember_tree();
    objects_ = store_.objects();
    std::filesystem::copy(state(), folder_ / "saved", std::filesystem::copy_options::recursive);
  }

  std::string state() const { return site_.path() + "/state"; }
  void remember_tree() { trees_[testing_support::read_text(site_.public_folder() + "/head.dsse")] = tree_paths(site_); }
  void begin_again() {
    store_.fail(nullptr);
    store_.hold(objects_);
    std::filesystem::remove_all(state());
    std::filesystem::copy(folder_ / "saved", state(), std::filesystem::copy_options::recursive);
    store_.forget();
  }

  /// The requests of a run that nothing disturbs.
  std::size_t undisturbed() {
    begin_again();
    EXPECT_EQ(site_.ingot(run()).exit, 0);
    return store_.asked().size();
  }
  static std::vector<std::string> run() { return {"apply", "--yes", "--parallel", "1"}; }

  int disturbed_run(const Disturbance& disturbance, std::size_t at) {
    std::atomic<std::size_t> asked = 0;
    std::atomic<pid_t> victim = 0;
    store_.fail([&](const std::string&) -> std::optional<StoreFault> {
      const std::size_t now = ++asked;
      if (now < at || (disturbance.once && now > at)) return std::nullopt;
      while (disturbance.kills && victim == 0) {}
      if (disturbance.kills) kill(victim, SIGKILL);
      return disturbance.fault;
    });
    std::vector<std::string> words{INGOT_BINARY};
    for (const auto& word : run()) words.push_back(word);
    Running running({.arguments = words, .folder = site_.path(), .environment = {}}, folder_ / "log");
    victim = running.pid();
    const int code = running.wait();
    store_.fail(nullptr);
    return code;
  }

  void expect_a_whole_tree() const {
    const auto objects = store_.objects();
    const auto head = objects.find("gold/dc1/head.dsse");
    ASSERT_NE(head, objects.end()) << "a tree was there before";
    const auto tree = trees_.find(head->second.bytes);
    ASSERT_NE(tree, trees_.end()) << "a head that was never published";
    for (const auto& path : tree->second) EXPECT_TRUE(objects.contains(path)) << path;
  }

  void try_at(const Disturbance& disturbance, std::size_t at) {
    SCOPED_TRACE(disturbance.name + " at request " + std::to_string(at));
    begin_again();
    const int code = disturbed_run(disturbance, at);
    const std::string log = testing_support::read_text(folder_ / "log");
    EXPECT_EQ(code, disturbance.kills ? 128 + SIGKILL : disturbance.exit) << log;
    if (!disturbance.says.empty()) { EXPECT_THAT(log, AllOf(HasSubstr(disturbance.says), HasSubstr("upload.s3"))); }
    expect_a_whole_tree();
    const auto next = site_.ingot(run());
    EXPECT_EQ(next.exit, 0) << next.out << next.err;
    EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
    expect_a_whole_tree();
    EXPECT_EQ(store_.open_parts(), 0U) << "parts that nothing will finish";
    EXPECT_EQ(site_.plan().at("actions").size(), 0U);
    // An ETag that the store does not keep to is no damage, but nothing tells it from another program's bytes.
    const auto verified = site_.ingot({"verify", "--upload", "s3", "--repair"});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }

  std::map<std::string, std::set<std::string>> trees_;
  std::map<std::string, FakeObject> objects_;
};

TEST_F(upload_sweep, R25_K1_an_upload_disturbed_at_any_request_leaves_a_whole_tree_and_is_completed_by_the_next) {
  const std::size_t requests = undisturbed();
  ASSERT_GT(requests, 10U);
  std::vector<std::pair<std::size_t, std::size_t>> points;  // disturbance, request
  for (std::size_t kind = 0; kind < disturbances().size(); ++kind) {
    for (std::size_t at = 1; at <= requests; ++at) points.emplace_back(kind, at);
  }
  if (std::getenv("INGOT_FULL") == nullptr) {
    const char* const given = std::getenv("INGOT_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
    std::printf("INGOT_SEED=%u\n", seed);
    std::shuffle(points.begin(), points.end(), std::mt19937(seed));
    points.resize(3);
  }
  for (const auto& [kind, at] : points) try_at(disturbances()[kind], at);
  testing_support::figure("upload_sweep", points.size(), "uploads that were killed, or whose store failed");
}

}  // namespace
}  // namespace ingot::scenarios
