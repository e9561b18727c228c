// Copies on a disk with room for one image and little more (R31): a file system of 50 MiB in memory, images of 30 MiB.
#include <sys/mount.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::noise;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;

constexpr std::size_t image_size = 30U << 20U;

/// A small disk of its own for the server that copies.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& at) : at_(at) {
    std::filesystem::create_directory(at_);
    mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=50m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const { return mounted_; }

 private:
  std::string at_;
  bool mounted_ = false;
};

struct FullDisk : testing::Test {
  TestFolder folder;
  SmallDisk disk{folder / "disk"};
  Site there{folder.path(), "silver"};
  std::unique_ptr<Site> here;
  std::string images;

  void SetUp() override {
    if (!disk.is_mounted()) GTEST_SKIP() << "only root can mount a file system";
    here = std::make_unique<Site>(folder / "disk", "gold");
    offer("big");
    wish("");
  }
  void offer(const std::string& name) {
    images += there.file_image(name, noise(image_size + name.size()));
    there.manifest(images);
    there.apply();
  }
  void wish(const std::string& of_peer, const std::string& of_rule = "") const {
    here->manifest(Site::peer(there, of_peer) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n" + of_rule);
  }
  std::vector<std::string> copies() const {
    std::vector<std::string> names;
    const Json images = here->query({"images"}).at("images");
    for (const auto& image : images) names.push_back(image.at("name"));
    return names;
  }
  bool partial_exists() const {
    for (const auto& entry : std::filesystem::directory_iterator(here->path() + "/store/staging")) {
      if (entry.path().extension() == ".part") return true;
    }
    return false;
  }
  /// An apply that is killed while the image comes.
  void killed_in_the_middle() {
    const testing_support::Nginx slow(there.public_folder(), folder / "slow", "limit_rate 1m;");
    wish("urls = [\"" + slow.url() + "\"]\n");
    Running running({.arguments = {INGOT_BINARY, "apply", "--yes", "--json"}, .folder = here->path(), .environment = {}},
                    folder / "apply.log");
    for (int i = 0; i < 2'000 && !partial_exists(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    running.signal(SIGKILL);
    running.wait();
    ASSERT_TRUE(partial_exists()) << read_text(folder / "apply.log");
    wish("");
  }
};

TEST_F(FullDisk, R31_a_killed_copy_is_gone_on_with_though_the_disk_has_no_room_for_a_second) {
  killed_in_the_middle();
  const Json plan = here->plan();
  EXPECT_FALSE(action(plan, "copy.silver.big").at("deferred")) << plan.dump(1);
  here->apply();
  EXPECT_THAT(copies(), ElementsAre("big"));
  EXPECT_TRUE(here->plan().at("actions").empty());
}

TEST_F(FullDisk, R31_a_partial_copy_that_nothing_wants_any_more_makes_room_at_once) {
  killed_in_the_middle();
  offer("other");
  wish("", "exclude = [\"big\"]\n");
  here->apply();
  EXPECT_THAT(copies(), ElementsAre("other"));
  EXPECT_FALSE(partial_exists());
}

TEST_F(FullDisk, R31_an_image_that_always_fails_stands_in_nobodys_way_and_is_blocked_once_it_cannot_fit) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(there.public_folder() + "/b")) {
    if (entry.is_regular_file() && entry.file_size() > image_size / 2) std::filesystem::remove(entry.path());
  }
  here->apply(3);
  offer("other");
  here->ingot({"apply", "--yes"});
  EXPECT_THAT(copies(), ElementsAre("other"));
  EXPECT_THAT(entries(here->plan(3), "blocked"), ElementsAre("does-not-fit copy.silver.big"));
  const Ran quiet = here->ingot({"apply", "--yes", "-q"});
  EXPECT_EQ(quiet.exit, 3);
  EXPECT_THAT(quiet.out + quiet.err, HasSubstr("it never fits"));
}

}  // namespace
}  // namespace ingot::scenarios
