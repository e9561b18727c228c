// C2, C3, C14: links planted in home's own folders, and sources that are no files or change while they are read. What such
// a link points at (the canary) must come out untouched: bytes, times and inode (N4).
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing_support::read_text;
using testing_support::write_text;

/// A file and a folder outside home that nothing may touch.
class Canary {
 public:
  Canary() {
    fs::create_directories(folder());
    write_text(file(), "canary");
    before_ = look();
  }
  std::string folder() const { return box_.path() + "/folder"; }
  std::string file() const { return folder() + "/file"; }
  bool is_untouched() const { return look() == before_ && std::distance(fs::directory_iterator(folder()), {}) == 1; }

 private:
  struct Look {
    std::string text;
    ino_t inode = 0;
    mode_t mode = 0;
    std::int64_t changed = 0;
    bool operator==(const Look&) const = default;
  };
  Look look() const {
    struct stat status {};
    EXPECT_EQ(::lstat(file().c_str(), &status), 0);
    return {read_text(file()), status.st_ino, status.st_mode, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  }
  testing_support::TestFolder box_;
  Look before_;
};

TEST(planted, C3_a_link_in_homes_own_folders_is_replaced_or_refused_but_never_followed) {
  const auto blob = [](Stage& s) { return s.bytes_path(s.newest()); };
  struct Planting {
    std::string name;
    std::function<std::string(Stage&)> path;  ///< below home
    bool folder = false;                      ///< a link to a folder, else to a file
  };
  const std::vector<Planting> plantings{
      {"a partial copy", [](Stage& s) { return "store/staging/" + s.catalog.images.back().digest.hex() + ".part"; }},
      {"private bytes", [&](Stage& s) { return "store/private/" + blob(s); }},
      {"a folder of private bytes", [&](Stage& s) { return fs::path("store/private/" + blob(s)).parent_path().string(); }, true},
      {"public bytes", [&](Stage& s) { return "store/public/" + blob(s); }},
      {"the own head", [](Stage&) { return std::string("store/public/head.dsse"); }},
      {"the folder of staging", [](Stage&) { return std::string("store/staging"); }, true},
      {"the cached head", [](Stage& s) { return "state/cache/" + s.peer.id().root.hex() + "/head"; }},
      {"the cache of a peer", [](Stage& s) { return "state/cache/" + s.peer.id().root.hex(); }, true},
      {"the next floor",
       [](Stage& s) {
         const std::string known = s.floors().back();  // "floor-<epoch>-<serial>", of twenty digits each
         std::string serial = std::to_string(s.peer.head().serial);
         serial.insert(0, 20 - serial.size(), '0');
         return "state/trust/" + s.peer.id().root.hex() + "/" + known.substr(0, known.size() - 20) + serial;
       }},
      {"the pages in the cache", [](Stage& s) { return "state/cache/" + s.peer.id().root.hex() + "/c"; }, true},
      {"the folder of floors", [](Stage& s) { return "state/trust/" + s.peer.id().root.hex(); }, true},
      {"a paper", [](Stage& s) { return "store/papers/" + s.catalog.images.back().digest.hex().substr(0, 2); }, true},
  };
  for (const Planting& planting : plantings) {
    SCOPED_TRACE(planting.name);
    Stage stage(Way::here);
    stage.offer("zz-new", "the bytes of the newest");
    stage.publish();
    const Canary canary;
    const std::string path = stage.home() + "/" + planting.path(stage);
    fs::create_directories(fs::path(path).parent_path());
    fs::remove_all(path);
    fs::create_symlink(planting.folder ? canary.folder() : canary.file(), path);
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"apply", "--yes"}, {"verify"}, {"plan"}}) {
      const Ran ran = stage.ingot(command);
      EXPECT_NE(ran.exit, 1) << ran.out << ran.err;
      EXPECT_TRUE(canary.is_untouched()) << command[0] << ran.out << ran.err;
    }
  }
  count("hostile contents", plantings.size());
}

/// Home adds its own image from `source`.
Ran add_from(Stage& stage, const std::string& source, const std::string& more = "") {
  stage.manifest("", "[[image]]\nname = \"own\"\nsource = \"" + source + "\"\n" + more);
  return stage.apply();
}

TEST(sources, C2_a_source_that_is_no_plain_file_or_folder_is_refused) {
  Stage stage(Way::here);
  const Canary canary;
  const std::string home = stage.home();
  fs::create_symlink(canary.file(), home + "/link");
  fs::create_symlink(canary.folder(), home + "/folder-link");
  fs::create_symlink("nowhere", home + "/dangling");
  ASSERT_EQ(::mkfifo((home + "/fifo").c_str(), 0600), 0);
  fs::create_directories(home + "/tree");
  ASSERT_EQ(::mkfifo((home + "/tree/fifo").c_str(), 0600), 0);
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = home + "/socket";
  ASSERT_LT(socket_path.size(), sizeof address.sun_path);
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::size_t tried = 0;
  for (const std::string source :
       {"link", "folder-link", "dangling", "fifo", "tree", "socket", "/dev/null", "/dev/zero", "/proc/self/mem"}) {
    SCOPED_TRACE(source);
    const Ran ran = add_from(stage, source);
    EXPECT_TRUE(ran.exit == 3 || ran.exit == 6) << ran.exit << ran.out << ran.err;
    EXPECT_THAT(stage.copies(), testing::ElementsAre("db19_24"));
    EXPECT_TRUE(canary.is_untouched());
    ++tried;
  }
  ::close(listening);
  count("hostile contents", tried);
}

TEST(sources, C14_a_source_that_changes_while_it_is_read_is_never_registered_torn) {
  Stage stage(Way::here);
  const std::string source = stage.home() + "/growing";
  write_text(source, std::string(24 * 1024 * 1024, 'a'));
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (char letter = 'b'; !over; letter = letter == 'z' ? 'b' : static_cast<char>(letter + 1)) {
      std::fstream file(source, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(12) * 1024 * 1024);
      file << std::string(4096, letter);
      file.close();
      std::ofstream(source, std::ios::app | std::ios::binary) << letter;
    }
  });
  const Ran ran = add_from(stage, "growing");
  over = true;
  writer.join();
  EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
  EXPECT_THAT(stage.copies(), testing::ElementsAre("db19_24"));
  const Ran after = stage.apply();
  EXPECT_EQ(after.exit, 0) << "N9: it stands still now: " << after.out << after.err;
  EXPECT_EQ(stage.ingot({"verify"}).exit, 0);
  const Ran extracted = stage.ingot({"extract", "own", stage.home() + "/out"});
  EXPECT_EQ(extracted.exit, 0) << extracted.err;
  EXPECT_EQ(read_text(stage.home() + "/out"), read_text(source));
  count("hostile contents", 1);
}

}  // namespace
}  // namespace ingot::attacks
