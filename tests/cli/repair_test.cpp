// D1: what rots at rest is found, named and mended: objects of copies and of own images, and what is published.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/cli/check_json.hpp"
#include "tests/cli/commands_fixture.hpp"

namespace ingot {
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
  bool size_tells = false;   ///< a plan sees it too
  bool bytes_stay = false;   ///< nothing is to be set aside
};

void put(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

const std::vector<Rot>& rots() {
  static const std::vector<Rot> all{
      {.name = "a bit flipped",
       .spoil = [](const fs::path& file, const fs::path&) {
         std::string bytes = Commands::read(file);
         bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
         put(file, bytes);
       }},
      {.name = "cut short", .spoil = [](const fs::path& file, const fs::path&) { fs::resize_file(file, fs::file_size(file) / 2); }, .size_tells = true},
      {.name = "filled with zeros", .spoil = [](const fs::path& file, const fs::path&) { put(file, std::string(fs::file_size(file), '\0')); }},
      {.name = "another's bytes", .spoil = [](const fs::path& file, const fs::path& other) {
         const std::string mine = Commands::read(file);
         put(file, Commands::read(other));
         put(other, mine);
       }},
      {.name = "locked", .spoil = [](const fs::path& file, const fs::path&) { fs::permissions(file, fs::perms::none); }, .bytes_stay = true},
      {.name = "deleted", .spoil = [](const fs::path& file, const fs::path&) { fs::remove(file); }, .size_tells = true, .bytes_stay = true},
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
  void expect_whole(const std::string& server) {
    EXPECT_EQ(at(server, {"verify"}).exit, 0) << terminal.printed;
    EXPECT_EQ(at(server, {"plan", "--detailed-exitcode"}).exit, 0) << terminal.printed;
    EXPECT_EQ(at(server, {"drift"}).exit, 0) << terminal.printed;
  }

  std::map<std::string, fs::path> objects;
  const std::string own_images = "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"z\"\nsource = \"z.bin\"\n";
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
      EXPECT_THAT(found.out, AllOf(HasSubstr("\"what\":\"image a\""), HasSubstr("b/" + file.parent_path().filename().string() + "/" + file.filename().string())));
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
      EXPECT_THAT(plan.out, AllOf(HasSubstr("\"verb\":\"repair\""), HasSubstr(std::string(server) == "gold" ? "\"address\":\"image.a\"" : "\"address\":\"copy.gold.a\"")));
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
      if (read(file).starts_with(begins) && (newest.empty() || fs::last_write_time(newest) < fs::last_write_time(file))) newest = file;
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
  EXPECT_THAT(alone.err, AllOf(HasSubstr("was set aside"), HasSubstr("copy.gold.a"), HasSubstr("put the file back from a backup")));
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
  EXPECT_THAT(terminal.said, AllOf(HasSubstr("image.a"), HasSubstr("put its source back")));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 6) << "it is published without its bytes";
  EXPECT_EQ(at("silver", {"plan"}).exit, 0);
  put(own, read(copy));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  expect_whole("gold");
}

TEST_F(repairing, D1_an_own_image_without_its_source_comes_back_from_a_peer_that_serves_its_copy) {
  const std::string silver = read(folder / "silver/ingot.toml");
  const std::string entries = silver.substr(silver.find("[[peer]]"));
  write("silver/ingot.toml", "manifest = 1\n[server]\nname = \"silver\"\nurl = \"file://" + (folder / "silver/store/public").string() + "/\"\npublish_copies = true\n" + entries);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  manifest("gold", own_images + "[[peer]]\nname = \"silver\"\ncard = \"" + (folder / "silver/server.card.toml").string() + "\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  const fs::path file = object_of("gold", "a");
  const std::string bytes = read(file);
  put(file, "rot");
  fs::remove(folder / "gold/a.bin");
  EXPECT_THAT(at("gold", {"plan", "--json"}).out, AllOf(HasSubstr("\"address\":\"image.a\",\"verb\":\"repair\""), HasSubstr("\"peer\":\"silver\"")));
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
  EXPECT_THAT(at("silver", {"gc", "--grace", "0s", "--json"}).out, HasSubstr("damaged file that was set aside"));
  EXPECT_TRUE(files_in("silver/store/quarantine").empty());
  expect_whole("silver");
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
}  // namespace ingot
