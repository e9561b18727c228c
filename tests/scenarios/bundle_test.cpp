// A bundle on a small disk: a file system in memory that is too small, or that fills while the bundle is written.
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::noise;
using testing_support::read_text;
using testing_support::TestFolder;
namespace fs = std::filesystem;

/// A file system of 64 MB in a file, by the kernel or else by FUSE; gone when this goes.
class Stick {
 public:
  Stick(const std::string& kind, std::string image, std::string at) : image_(std::move(image)), at_(std::move(at)) {
    const std::string fuse = kind == "vfat" ? "fusefat -o rw+ $0 $1" : "mount.exfat-fuse $(losetup -f --show $0) $1";
    is_mounted_ = shell("truncate -s 64M $0 && mkfs." + kind + " $0 && { mount -t " + kind + " -o loop $0 $1 || " + fuse + "; }");
  }
  ~Stick() {
    if (is_mounted_) shell("umount $1");
    shell("losetup -n -O NAME -j $0 | xargs -r losetup -d");
  }
  Stick(const Stick&) = delete;
  Stick& operator=(const Stick&) = delete;
  bool is_mounted() const { return is_mounted_; }

 private:
  bool shell(const std::string& words) const {
    return testing_support::run(
               {.arguments = {"sh", "-c", "{ " + words + "; } >/dev/null 2>&1", image_, at_}, .folder = "", .environment = {}})
               .exit == 0;
  }
  std::string image_, at_;
  bool is_mounted_ = false;
};

struct BundleDisk : testing::Test {
  TestFolder folder;
  const std::string stick = folder / "stick";
  bool mounted = false;
  Site gold{folder.path(), "gold"};

  void SetUp() override {
    fs::create_directory(stick);
    gold.manifest(gold.file_image("one", noise(5'000'000)) + gold.file_image("two", noise(20'000'000)));
    gold.apply();
  }
  void TearDown() override {
    if (mounted) ::umount2(stick.c_str(), MNT_DETACH);
  }
  bool mount_small() { return mounted = ::mount("tmpfs", stick.c_str(), "tmpfs", 0, "size=16m") == 0; }
  Ran bundle(std::vector<std::string> more) const {
    more.insert(more.begin(), {"bundle", stick});
    return gold.ingot(more);
  }
};

TEST_F(BundleDisk, a_disk_that_is_too_small_is_named_before_anything_is_written) {
  if (!mount_small()) GTEST_SKIP() << "only root can mount a file system";
  const Ran all = bundle({});
  EXPECT_EQ(all.exit, 6);
  EXPECT_THAT(all.err, AllOf(HasSubstr("16.8 MB free"), HasSubstr("needs 25"), HasSubstr("nothing was written")));
  EXPECT_TRUE(fs::is_empty(stick));
  EXPECT_EQ(bundle({"one"}).exit, 0) << "what fits is taken";
  const std::string head = read_text(stick + "/head.dsse");
  EXPECT_EQ(bundle({"two"}).exit, 6);
  EXPECT_EQ(read_text(stick + "/head.dsse"), head);
  EXPECT_EQ(bundle({"--verify"}).exit, 0);
}

/// Neither links nor modes nor long lists of names in a folder: what a stick from the shop has.
TEST_F(BundleDisk, is_whole_on_real_fat_and_exfat) {
  for (const std::string kind : {"vfat", "exfat"}) {
    const Stick disk(kind, folder / (kind + ".img"), stick);
    if (!disk.is_mounted()) GTEST_SKIP() << "a " << kind << " file system cannot be mounted here";
    const Ran first = bundle({"one"});
    EXPECT_EQ(first.exit, 0) << kind << first.err;
    const Ran second = bundle({});
    EXPECT_EQ(second.exit, 0) << kind << second.err;
    EXPECT_THAT(second.out, AllOf(HasSubstr("1 image (20.0 MB) added"), HasSubstr("1 image (5.0 MB) already there")));
    EXPECT_EQ(bundle({"--verify"}).exit, 0) << kind;
    Site reader(folder.path(), "reads-" + kind);
    reader.manifest(Site::peer(gold, "urls = [\"file://" + stick + "/\"]\noffline = true\n") +
                    "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
    reader.apply();
    EXPECT_EQ(reader.query({"images"}).at("images").size(), 2U) << kind;
  }
}

/// tests/survival kills a bundle at each of its calls; here the disk takes no more in the middle of a file.
TEST_F(BundleDisk, a_bundle_that_stopped_in_the_middle_is_gone_on_with) {
  const auto parts = [&] {
    std::vector<std::uintmax_t> sizes;
    for (const auto& one : fs::recursive_directory_iterator(stick + "/b")) {
      if (one.path().extension() == ".part") sizes.push_back(one.file_size());
    }
    return sizes;
  };
  const Ran stopped =
      testing_support::run({.arguments = {"bash", "-c", "ulimit -f 8192; exec \"$0\" bundle \"$1\"", INGOT_BINARY, stick},
                            .folder = gold.path(),
                            .environment = {}});
  EXPECT_EQ(stopped.exit, 6) << stopped.out;
  EXPECT_THAT(stopped.err, HasSubstr("no file may be so long there"));
  EXPECT_EQ(parts(), (std::vector<std::uintmax_t>{8192 * 1024}));
  EXPECT_FALSE(fs::exists(stick + "/head.dsse"));
  EXPECT_EQ(bundle({}).exit, 0);
  EXPECT_EQ(bundle({"--verify"}).exit, 0);
  EXPECT_TRUE(parts().empty());
}

TEST_F(BundleDisk, two_bundles_at_once_are_one) {
  const int other = ::open(stick.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);  // as the other run holds it
  const Ran ran = bundle({});
  ::close(other);
  EXPECT_EQ(ran.exit, 5) << ran.err;
  EXPECT_FALSE(fs::exists(stick + "/head.dsse"));
}

}  // namespace
}  // namespace ingot::scenarios
