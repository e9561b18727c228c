// D1: what rots at rest is found, named and mended: objects of copies and of own images, and what is published.
#include <functional>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::repair_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing_support::Commands;

/// A way in which a file rots.
struct Rot {
  const char* name;
  void (*spoil)(const fs::path& file, const fs::path& other);
  bool size_tells = false;  ///< a plan sees it too
  bool bytes_stay = false;  ///< nothing is to be set aside
};

void put(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

const std::vector<Rot>& rots() {
  static const std::vector<Rot> all{
      {.name = "a bit flipped",
       .spoil =
           [](const fs::path& file, const fs::path&) {
             std::string bytes = Commands::read(file);
             bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
             put(file, bytes);
           }},
      {.name = "cut short",
       .spoil = [](const fs::path& file, const fs::path&) { fs::resize_file(file, fs::file_size(file) / 2); },
       .size_tells = true},
      {.name = "filled with zeros",
       .spoil = [](const fs::path& file, const fs::path&) { put(file, std::string(fs::file_size(file), '\0')); }},
      {.name = "another's bytes",
       .spoil =
           [](const fs::path& file, const fs::path& other) {
             const std::string mine = Commands::read(file);
             put(file, Commands::read(other));
             put(other, mine);
           }},
      {.name = "locked",
       .spoil = [](const fs::path& file, const fs::path&) { fs::permissions(file, fs::perms::none); },
       .bytes_stay = true},
      {.name = "deleted",
       .spoil = [](const fs::path& file, const fs::path&) { fs::remove(file); },
       .size_tells = true,
       .bytes_stay = true},
  };
  return all;
}

class repairing : public Commands {
 protected:
  void SetUp() override {
    two_servers();
    write("gold/z.bin", "bytes of z");
    manifest("gold", own_images);
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
    ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
    note_objects("gold");
    note_objects("silver");
    ASSERT_EQ(objects.size(), 4U);
  }

  std::vector<fs::path> files_in(const fs::path& below) const {
    std::vector<fs::path> files;
    if (!fs::exists(folder / below)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(folder / below)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  /// The packed bytes of an image, wherever they are; as they were when it came, for they may be damaged now.
  fs::path object_of(const std::string& server, const std::string& image) const { return objects.at(server + "/" + image); }
  void note_objects(const std::string& server) {
    for (const auto& file : files_in(server + "/store")) {
      if (file.string().find("/b/") == std::string::npos) continue;
      for (const char* image : {"a", "z"}) {
        // So few bytes stand in their frame as they are.
        if (read(file).find(std::string("bytes of ") + image) != std::string::npos) objects[server + "/" + image] = file;
      }
    }
  }
  /// Whether the published catalog shows the image with its bytes.
  bool names_bytes_of(const std::string& server, const std::string& image) const {
    const std::string entry = "{\"image\":\"" + image + "\",";
    fs::path newest;  // pieces of older heads lie there too
    for (const auto& file : files_in(server + "/store/public/c")) {
      if (read(file).find(entry) == std::string::npos) continue;
      if (newest.empty() || fs::last_write_time(newest) < fs::last_write_time(file)) newest = file;
    }
    std::istringstream lines(read(newest));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(entry)) return line.find("\"packed\":{") != std::string::npos;
    }
    ADD_FAILURE() << "the catalog does not show " << image;
    return false;
  }
  void lose_source(const std::string& image) const { fs::remove(folder / ("gold/" + image + ".bin")); }
  void expect_whole(const std::string& server) {
    EXPECT_EQ(at(server, {"verify"}).exit, 0) << terminal.printed;
    EXPECT_EQ(at(server, {"plan", "--detailed-exitcode"}).exit, 0) << terminal.printed;
    EXPECT_EQ(at(server, {"drift"}).exit, 0) << terminal.printed;
  }

  std::map<std::string, fs::path> objects;
  const std::string own_images =
      "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"z\"\nsource = \"z.bin\"\n";
};

TEST_F(repairing, D1_verify_finds_every_kind_of_rot_and_repair_mends_it) {
  for (const char* server : {"gold", "silver"}) {
    for (const Rot& rot : rots()) {
      SCOPED_TRACE(std::string(server) + ": " + rot.name);
      const fs::path file = object_of(server, "a");
      const std::string bytes = read(file);
      const std::size_t aside = files_in(fs::path(server) / "store/quarantine").size();
      rot.spoil(file, object_of(server, "z"));
      const Ran found = at(server, {"verify", "--json"});
      EXPECT_EQ(found.exit, 6);
      EXPECT_THAT(found.out, AllOf(HasSubstr("\"what\":\"image a\""),
                                   HasSubstr("b/" + file.parent_path().filename().string() + "/" + file.filename().string())));
      const Ran repaired = at(server, {"verify", "--repair", "--json"});
      EXPECT_EQ(repaired.exit, 0) << repaired.err << repaired.out;
      testing_support::expect_valid_json("verify", repaired.out);
      EXPECT_THAT(repaired.out, AllOf(HasSubstr("\"whole\":true"), HasSubstr("\"what\":\"image a\"")));
      EXPECT_EQ(read(file), bytes);
      EXPECT_EQ(fs::status(file).permissions(), std::string(server) == "gold" ? fs::perms(0644) : fs::perms(0600));
      EXPECT_EQ(files_in(fs::path(server) / "store/quarantine").size() > aside, !rot.bytes_stay) << "what was damaged is kept";
      expect_whole(server);
    }
  }
  EXPECT_THAT(at("silver", {"query", "history"}).out, HasSubstr("verify --repair"));
}

TEST_F(repairing, D1_apply_repairs_what_sizes_tell) {
  for (const char* server : {"gold", "silver"}) {
    for (const Rot& rot : rots()) {
      if (!rot.size_tells) continue;
      SCOPED_TRACE(std::string(server) + ": " + rot.name);
      rot.spoil(object_of(server, "a"), {});
      const Ran plan = at(server, {"plan", "--json"});
      EXPECT_EQ(plan.exit, 0);
      testing_support::expect_valid_json("plan", plan.out);
      EXPECT_THAT(plan.out,
                  AllOf(HasSubstr("\"verb\":\"repair\""),
                        HasSubstr(std::string(server) == "gold" ? "\"address\":\"image.a\"" : "\"address\":\"copy.gold.a\"")));
      EXPECT_THAT(at(server, {"explain", "a"}).out, HasSubstr("planned"));
      const Ran applied = at(server, {"apply", "--yes", "--json"});
      EXPECT_EQ(applied.exit, 0) << applied.out;
      std::istringstream events(applied.out);
      for (std::string event; std::getline(events, event);) testing_support::expect_valid_json("events", event);
      expect_whole(server);
    }
  }
  EXPECT_THAT(at("silver", {"show", "a"}).out, Not(HasSubstr("damaged")));
}

TEST_F(repairing, D1_what_is_published_is_found_and_written_anew) {
  // Pieces of older heads lie there too: the newest one is what the head names.
  const auto newest_that = [&](const std::string& begins) {
    fs::path newest;
    for (const auto& file : files_in("gold/store/public/c")) {
      if (read(file).starts_with(begins) && (newest.empty() || fs::last_write_time(newest) < fs::last_write_time(file)))
        newest = file;
    }
    return newest;
  };
  const auto expect_mended = [&](const fs::path& file, const std::string& what, const Rot& rot) {
    SCOPED_TRACE(what + ": " + rot.name);
    rot.spoil(file, folder / "other");
    const Ran found = at("gold", {"verify"});
    EXPECT_EQ(found.exit, 6);
    EXPECT_THAT(found.out + found.err, HasSubstr(file.filename().string()));
    EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
    expect_whole("gold");
    EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  };
  for (const Rot& rot : rots()) {
    write("other", "not a page");
    expect_mended(newest_that("{\"format\":\"ingot.page"), "page", rot);
    write("other", "not an index");
    expect_mended(newest_that("{\"format\":\"ingot.index"), "index", rot);
    write("other", "not a head");
    expect_mended(folder / "gold/store/public/head.dsse", "head", rot);
  }
}

TEST_F(repairing, D1_a_root_of_trust_that_is_damaged_comes_from_a_backup_alone) {
  const fs::path root = folder / "gold/store/public/root/1.dsse";
  const std::string bytes = read(root);
  for (const Rot& rot : rots()) {
    if (rot.bytes_stay && fs::exists(root) && std::string(rot.name) == "locked") continue;
    SCOPED_TRACE(rot.name);
    write("other", "no root");
    rot.spoil(root, folder / "other");
    const Ran found = at("gold", {"verify", "--repair"});
    EXPECT_EQ(found.exit, 6);
    EXPECT_THAT(found.out, AllOf(HasSubstr("root of trust"), HasSubstr("1.dsse")));
    put(root, bytes);
    expect_whole("gold");
  }
}

TEST_F(repairing, D1_what_cannot_be_had_is_kept_told_and_repaired_once_it_can) {
  const fs::path copy = object_of("silver", "a");
  const fs::path own = object_of("gold", "a");
  std::string rotten = read(copy);
  rotten.back() = static_cast<char>(rotten.back() ^ 8);
  put(copy, rotten);
  fs::rename(folder / "gold/store", folder / "gold/away");
  const Ran alone = at("silver", {"verify", "--repair", "--json"});
  EXPECT_EQ(alone.exit, 6);
  testing_support::expect_valid_json("verify", alone.out);
  EXPECT_THAT(alone.out, AllOf(HasSubstr("\"whole\":false"), HasSubstr("\"what\":\"image a\"")));
  EXPECT_THAT(alone.err,
              AllOf(HasSubstr("was moved to the folder"), HasSubstr("copy.gold.a"), HasSubstr("restore the file from a backup")));
  const auto aside = files_in("silver/store/quarantine");
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(read(aside.front()), rotten);
  EXPECT_EQ(at("silver", {"plan"}).exit, 6);
  EXPECT_THAT(terminal.printed, HasSubstr("repair copy.gold.a  damaged"));
  fs::rename(folder / "gold/away", folder / "gold/store");
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  expect_whole("silver");

  fs::remove(own);
  fs::remove(folder / "gold/a.bin");
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 6);
  EXPECT_THAT(terminal.said, AllOf(HasSubstr("image.a"), HasSubstr("restore its source")));
  EXPECT_FALSE(names_bytes_of("gold", "a")) << "R25: no head names what is not there";
  EXPECT_TRUE(names_bytes_of("gold", "z"));
  EXPECT_EQ(at("gold", {"plan"}).exit, 6);
  EXPECT_THAT(terminal.printed, Not(HasSubstr("publish catalog")));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 6);
  EXPECT_EQ(at("silver", {"plan"}).exit, 0);
  put(own, read(copy));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  expect_whole("gold");
}

TEST_F(repairing, D1_an_own_image_without_its_source_comes_back_from_a_peer_that_serves_its_copy) {
  const std::string silver = read(folder / "silver/ingot.toml");
  const std::string entries = silver.substr(silver.find("[[peer]]"));
  write("silver/ingot.toml", "manifest = 1\n[server]\nname = \"silver\"\nurl = \"file://" +
                                 (folder / "silver/store/public").string() + "/\"\npublish_copies = true\n" + entries);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  manifest("gold",
           own_images + "[[peer]]\nname = \"silver\"\ncard = \"" + (folder / "silver/server.card.toml").string() + "\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  const fs::path file = object_of("gold", "a");
  const std::string bytes = read(file);
  put(file, "rot");
  fs::remove(folder / "gold/a.bin");
  EXPECT_THAT(at("gold", {"plan", "--json"}).out,
              AllOf(HasSubstr("\"address\":\"image.a\",\"verb\":\"repair\""), HasSubstr("\"peer\":\"silver\"")));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(read(file), bytes);
  expect_whole("gold");
}

TEST_F(repairing, D1_only_the_images_that_are_named_are_repaired) {
  const fs::path a = object_of("silver", "a"), z = object_of("silver", "z");
  put(a, "rot");
  put(z, "rot");
  EXPECT_EQ(at("silver", {"verify", "a", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("silver", {"verify", "a"}).exit, 0);
  EXPECT_EQ(read(z), "rot");
  EXPECT_EQ(at("silver", {"verify", "--repair", "-q"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_NE(read(z), "rot");
}

TEST_F(repairing, D1_gc_takes_what_was_set_aside_after_its_grace) {
  put(object_of("silver", "a"), "rot");
  ASSERT_EQ(at("silver", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("silver", {"gc"}).exit, 0);
  EXPECT_EQ(files_in("silver/store/quarantine").size(), 1U);
  EXPECT_THAT(at("silver", {"gc", "--grace", "0s", "--json"}).out, HasSubstr("damaged file in quarantine"));
  EXPECT_TRUE(files_in("silver/store/quarantine").empty());
  expect_whole("silver");
}

TEST_F(repairing, D1_gc_keeps_what_was_set_aside_while_its_image_is_missing_and_it_comes_back_if_it_is_whole) {
  const fs::path file = object_of("gold", "a");
  const std::string bytes = read(file);
  put(file, std::string(bytes.size(), 'x'));
  lose_source("a");
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 6);
  EXPECT_EQ(at("gold", {"gc", "--grace", "0s"}).exit, 0) << terminal.said;
  const auto aside = files_in("gold/store/quarantine");
  ASSERT_EQ(aside.size(), 1U) << "the only copy there is";
  put(aside.front(), bytes);  // the disk reads it again
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(read(file), bytes);
  EXPECT_EQ(read(folder / "gold/store/LEFT_OUT"), "") << "it is offered again";
  expect_whole("gold");
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
}

TEST_F(repairing, D1_an_image_whose_bytes_were_set_aside_is_in_a_state_that_is_made_anew) {
  manifest("gold", own_images + "[[image]]\nname = \"p\"\nsource = \"p.bin\"\nprivate = true\n");
  write("gold/p.bin", "bytes of p");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  for (const auto& file : files_in("gold/store/private/b")) put(file, "rot");
  lose_source("p");
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 6);
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove((folder / "gold/state/ingot.db").string() + ending);
  EXPECT_EQ(at("gold", {"state", "rebuild"}).exit, 6) << terminal.said << terminal.printed;
  EXPECT_THAT(at("gold", {"query", "images", "p"}).out, HasSubstr("p "));
}

TEST_F(repairing, D1_a_repair_ends_no_doubt_about_a_state_that_was_made_anew) {
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove((folder / "gold/state/ingot.db").string() + ending);
  ASSERT_EQ(at("gold", {"state", "rebuild"}).exit, 0) << terminal.said << terminal.printed;
  put(object_of("gold", "a"), "rot");
  write("gold/new.bin", "bytes of new");
  manifest("gold", own_images + "[[image]]\nname = \"new\"\nsource = \"new.bin\"\n");
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("gold", {"gc"}).exit, 7) << "no apply has done yet what there is to do";
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("gold", {"gc"}).exit, 0) << terminal.said;
}

TEST_F(repairing, D1_what_else_there_is_to_do_for_an_image_does_not_stand_in_the_way_of_its_repair) {
  manifest("gold",
           "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\nstate = \"WITHDRAWN\"\nreason = "
           "\"broken\"\n[[image]]\nname = \"z\"\nsource = \"z.bin\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  const std::string bytes = read(object_of("silver", "a"));
  put(object_of("silver", "a"), "rot");
  EXPECT_EQ(at("silver", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(read(object_of("silver", "a")), bytes);
  EXPECT_THAT(at("silver", {"plan"}).out, HasSubstr("withdraw")) << "that is left to apply";
}

TEST_F(repairing, D1_files_of_the_web_server_are_none_of_ours) {
  write("gold/store/public/robots.txt", "");
  fs::permissions(folder / "gold/store/public/robots.txt", fs::perms(0600));
  EXPECT_EQ(at("gold", {"verify"}).exit, 0) << terminal.printed;
}

/// The exit code of `ingot` as an ordinary user who owns `below`.
int as_nobody(const fs::path& below, const std::function<int()>& work) {
  constexpr uid_t nobody = 65534;
  if (geteuid() == 0) {
    EXPECT_EQ(lchown(below.c_str(), nobody, nobody), 0);
    for (const auto& entry : fs::recursive_directory_iterator(below)) EXPECT_EQ(lchown(entry.path().c_str(), nobody, nobody), 0);
  }
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) _exit(99);
    _exit(work());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(repairing, D1_an_ordinary_user_repairs_what_is_locked_and_is_told_of_all_that_cannot_be) {
  const auto lock = [&](const fs::path& file, unsigned mode) { fs::permissions(file, fs::perms(mode)); };
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "verify");
    return as_nobody(folder, [&] { return at("gold", more).exit; });
  };
  for (const unsigned mode : {0U, 0400U}) {
    lock(object_of("gold", "a"), mode);
    for (const auto& file : files_in("gold/store/public/c")) lock(file, mode);
    lock(folder / "gold/store/public/head.dsse", mode);
    EXPECT_EQ(verify({}), 6);
    EXPECT_EQ(verify({"--repair"}), 0);
    EXPECT_EQ(fs::status(object_of("gold", "a")).permissions(), fs::perms(0644));
  }
}

TEST_F(repairing, D1_nothing_to_repair_is_no_run_and_asks_nobody) {
  const std::string before = at("silver", {"query", "history", "--json"}).out;
  fs::rename(folder / "gold", folder / "gone");
  fs::create_directory(folder / "gold");
  fs::copy(folder / "gone/server.card.toml", folder / "gold/server.card.toml");
  EXPECT_EQ(at("silver", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_THAT(terminal.printed, HasSubstr("Whole: 2 images"));
  EXPECT_EQ(at("silver", {"query", "history", "--json"}).out, before);
}

}  // namespace
}  // namespace ingot::repair_test
