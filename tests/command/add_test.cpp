// ingot add: the manifest file of a new image.
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::add_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;
namespace fs = std::filesystem;

struct Add : testing_support::Commands {
  static constexpr const char* series =
      "[[series]]\nname = \"nightly\"\norder = \"version\"\n[[series]]\nname = \"late\"\norder = \"added\"\n";

  void SetUp() override {
    make("gold");
    included(series);
    write("gold/builds/a.img", "a");
  }
  void included(const std::string& entries) const {
    write("gold/ingot.toml", "manifest = 1\ninclude = [\"images/*.toml\"]\n[server]\nname = \"gold\"\n" + entries);
  }
  std::string source(const std::string& name = "a.img") const { return (folder / "gold/builds" / name).string(); }
  Ran add(std::vector<std::string> more) {
    more.insert(more.begin(), "add");
    return at("gold", more);
  }
  /// Whatever is in images/.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (!fs::exists(folder / "gold/images")) return names;
    for (const auto& entry : fs::directory_iterator(folder / "gold/images")) names.push_back(entry.path().filename());
    return names;
  }
  std::vector<std::string> members(const std::string& name) {
    const Ran ran = at("gold", {"query", "series", name, "--json"});
    return Json::parse(ran.out).at("series").at(0).at("images");
  }
};

TEST_F(Add, gives_the_image_the_state_that_was_chosen) {
  ASSERT_EQ(add({source(), "--name", "n1", "--state", "TESTABLE"}).exit, 0) << terminal.said;
  EXPECT_THAT(read(folder / "gold/images/n1.toml"), HasSubstr("state       = \"TESTABLE\"\n"));
}

TEST_F(Add, writes_a_file_that_the_next_apply_adds) {
  const Ran ran = add({source(), "--name", "n1", "--series", "late", "--version", "1.9", "--label", "team=dba", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err << ran.out;
  testing_support::expect_valid_json("added", ran.out);
  EXPECT_EQ(Json::parse(ran.out).at("source"), "../builds/a.img");
  EXPECT_EQ(read(folder / "gold/images/n1.toml"),
            "# Written by \"ingot add\".\n[[image]]\nname        = \"n1\"\nsource      = \"../builds/a.img\"\n"
            "series      = [\"late\"]\nversion     = \"1.9\"\nlabels      = { \"team\" = \"dba\" }\n");
  EXPECT_EQ(files().size(), 1U) << "nothing else is left";
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(members("late"), (std::vector<std::string>{"n1"}));
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0) << "R22";
}

/// However the manifest is named.
TEST_F(Add, takes_in_no_folder_that_holds_this_servers_own_places) {
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  for (const std::string& file : {std::string("gold"), (folder / "gold").string(), std::string("./gold/../gold/ingot.toml")}) {
    for (const std::string& holds : {folder.string(), (folder / "gold").string(), (folder / "gold/keys").string()}) {
      const Ran ran = ingot({"add", holds, "--name", "all", "-f", file});
      EXPECT_EQ(ran.exit, 65) << file << " " << holds;
      EXPECT_THAT(ran.err, HasSubstr("would take in this server's")) << file << " " << holds;
    }
  }
  fs::current_path(before);
  EXPECT_TRUE(files().empty());
}

TEST_F(Add, sorts_a_series_by_version_or_by_when_it_was_added) {
  included(std::string(series) +
           "[[image]]\nname = \"base\"\nsource = \"builds/a.img\"\nversion = \"5\"\nseries = [\"nightly\", \"late\"]\n");
  const std::vector<std::pair<std::string, std::string>> builds{{"n10", "1.10"}, {"n9", "1.9"}, {"n8", "1.9"}};
  for (const auto& [name, version] : builds) {
    write("gold/builds/" + name, name);
    ASSERT_EQ(add({source(name), "--name", name, "--series", "nightly", "--series", "late", "--version", version}).exit, 0)
        << terminal.said;
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  }
  EXPECT_EQ(members("nightly"), (std::vector<std::string>{"n8", "n9", "n10", "base"}));
  EXPECT_EQ(members("late"), (std::vector<std::string>{"n10", "base", "n9", "n8"}));
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0) << "R22";
}

TEST_F(Add, five_hundred_images_go_into_one_series) {
  for (int i = 0; i < 500; ++i) {
    const std::string name = "n" + std::to_string(i);
    write("gold/images/" + name + ".toml", "[[image]]\nname = \"" + name +
                                               "\"\nsource = \"../builds/a.img\"\nseries = [\"nightly\"]\n" + "version = \"1." +
                                               std::to_string(i) + "\"\n");
  }
  ASSERT_EQ(add({source(), "--name", "n500", "--series", "nightly", "--version", "1.500"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"apply", "--yes", "--quiet"}).exit, 0) << terminal.said << terminal.printed;
  const auto all = members("nightly");
  ASSERT_EQ(all.size(), 501U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], "n" + std::to_string(i));
}

TEST_F(Add, refuses_what_is_wrong_and_writes_nothing) {
  included(std::string(series) + "[[image]]\nname = \"taken\"\nsource = \"builds/a.img\"\n");
  const Ran taken = add({source(), "--name", "taken"});
  EXPECT_EQ(taken.exit, 65);
  EXPECT_THAT(taken.err, AllOf(HasSubstr("\"taken\""), HasSubstr("ingot.toml"), HasSubstr("defined twice")));
  EXPECT_EQ(add({source(), "--name", "TAKEN"}).exit, 65) << "it differs only in case";
  const Ran series_missing = add({source(), "--name", "x", "--series", "nightli"});
  EXPECT_EQ(series_missing.exit, 65);
  EXPECT_THAT(series_missing.err, HasSubstr("did you mean \"nightly\"?"));
  EXPECT_EQ(add({source(), "--name", "no/name"}).exit, 64);
  EXPECT_EQ(add({source(), "--name", "..", "--series", "nightly"}).exit, 64);
  EXPECT_EQ(add({source(), "--name", "x", "--label", "nothing"}).exit, 64);
  EXPECT_EQ(add({source(), "--name", "x", "--state", "PUBLISHD"}).exit, 64);
  EXPECT_THAT(terminal.said, HasSubstr("did you mean \"PUBLISHED\"?"));
  EXPECT_EQ(add({source("none"), "--name", "x"}).exit, 64);
  EXPECT_EQ(add({source()}).exit, 64);
  EXPECT_THAT(terminal.said, HasSubstr("--name NAME"));
  EXPECT_EQ(add({source(), "--name", "x", "--rev", "main"}).exit, 64);
  fs::create_symlink("a.img", folder / "gold/builds/link");
  EXPECT_EQ(add({source("link"), "--name", "x"}).exit, 64);
  EXPECT_EQ(add({(folder / "gold/keys").string(), "--name", "x"}).exit, 65) << "keys are in no image";
  EXPECT_TRUE(files().empty());
}

TEST_F(Add, says_how_the_folder_is_included) {
  write("gold/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\n");
  const Ran ran = add({source(), "--name", "x"});
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, HasSubstr("include = [\"images/*.toml\"]"));
  EXPECT_TRUE(files().empty());
}

TEST_F(Add, leaves_a_file_that_is_there_alone) {
  ASSERT_EQ(add({source(), "--name", "x"}).exit, 0);
  const std::string before = read(folder / "gold/images/x.toml");
  EXPECT_EQ(add({source(), "--name", "x", "--version", "2"}).exit, 65);
  EXPECT_EQ(read(folder / "gold/images/x.toml"), before);
}

TEST_F(Add, removes_what_one_that_was_killed_has_left) {
  write("gold/images/.ingot-old.toml.0123.new", "[[ima");
  write("gold/images/.ingot-now.toml.4567.new", "[[ima");
  const fs::path old = folder / "gold/images/.ingot-old.toml.0123.new";
  fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(2));
  ASSERT_EQ(add({source(), "--name", "x"}).exit, 0) << terminal.said;
  auto left = files();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{".ingot-now.toml.4567.new", "x.toml"})) << "another may be writing it now";
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
}

TEST_F(Add, writes_through_no_link) {
  fs::create_directories(folder / "elsewhere");
  fs::create_directory_symlink(folder / "elsewhere", folder / "gold/images");
  EXPECT_EQ(add({source(), "--name", "x"}).exit, 64);
  EXPECT_TRUE(fs::is_empty(folder / "elsewhere"));
}

}  // namespace
}  // namespace ingot::add_test
