// C1, C6-C11, C13, A17: catalogs that are signed rightly and hold what no publisher writes: names that are paths or terminal
// escapes, digests that are none, JSON that two readers read differently, numbers out of bounds, tables of segments that
// lie, keys that only a newer reader knows, everything deleted.
#include <filesystem>
#include <fstream>

#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> corpus(const std::string& name) {
  std::vector<std::string> lines;
  std::ifstream file(INGOT_SOURCE_DIR "/tests/attacks/corpora/" + name);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << name;
  return lines;
}

bool is_safe(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7F; }) &&
         text.find("\xc2\x9b") == std::string::npos && text.find("\xe2\x80\xae") == std::string::npos;
}

/// Where something stands in the peer's catalog: the text before it, and its value as the peer writes it.
struct Spot {
  std::string name;
  std::string before;  ///< just before the value, e.g. "\"series\":"
  std::string value;
};

class content : public testing::Test {
 protected:
  /// A catalog with everything that a catalog can hold.
  void SetUp() override {
    stage.offer("child", "the bytes of child");
    stage.offer("long", std::string(segment_size, 'x') + "y");
    catalog_entry("child").parent = catalog_entry("db19_24").identity;
    stage.catalog.types = {{TypeName::of("DB_PSU"), TypeName::of("SOFTWARE")}};
    stage.catalog.series = {{.name = SeriesName::of("db19"), .created = 2, .members = {{catalog_entry("child").identity, 2}}}};
    stage.catalog.deleted = {testing_support::tombstone(stage.peer.id(), "gone", 1, 2)};
    catalog_entry("child").labels = {{"team", "dba"}};
    stage.publish();
    before = stage.remembered();
  }
  ImageEntry& catalog_entry(const std::string& name) {
    return *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                         [&](const ImageEntry& one) { return one.name.text() == name; });
  }

  /// Serves the catalog with this text in it replaced, all above it signed as it should be, and plans.
  Ran with(const std::string& from, const std::string& to) {
    publish_page_with(stage, from, [&](std::string text) { return replaced(std::move(text), from, to); });
    return judge();
  }
  /// The same with the first line of the first page edited.
  Ran with(const std::function<std::string(std::string)>& edit) {
    publish_page_with(stage, "", edit);
    return judge();
  }
  Ran with_head(const std::function<std::string(std::string)>& edit) {
    stage.publish();
    stage.serve_head(head_with(stage, edit));
    return judge();
  }
  Ran with_index(const std::function<std::string(std::string)>& edit) {
    publish_index_with(stage, edit);
    return judge();
  }
  /// Whatever it was, what home prints is safe for a terminal and nothing of its own has changed but the floor.
  Ran judge() {
    stage.requests();
    const Ran ran = stage.ingot({"plan"});
    EXPECT_TRUE(is_safe(ran.out)) << ran.out;
    EXPECT_TRUE(is_safe(ran.err)) << ran.err;
    for (const auto& asked : stage.requests()) EXPECT_THAT(asked, Not(testing::StartsWith("b/")));
    ++tried;
    return ran;
  }
  void TearDown() override {
    auto changed = differences(before, stage.remembered());
    std::erase_if(changed, [](const std::string& what) { return what.find("floor") != std::string::npos; });
    EXPECT_THAT(changed, IsEmpty());
    std::vector<std::string> beside;
    for (const auto& entry : fs::directory_iterator(fs::path(stage.home()).parent_path()))
      beside.push_back(entry.path().filename().string());
    EXPECT_THAT(beside, ElementsAre("home")) << "N4: nothing was written outside";
    stage.publish();
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 0) << "N9: " << ran.out << ran.err;
    count("hostile contents", tried);
  }

  /// One in three, so that every value and every place has its turn; all if there is time.
  bool is_its_turn() { return is_full() || turn++ % 3 == 0; }
  std::size_t turn = 0;

  std::string digest_of(const std::string& image) { return "\"" + catalog_entry(image).digest.text() + "\""; }

  std::size_t tried = 0;
  Stage stage{Way::here};
  Remembered before;
};

TEST_F(content, C1_A17_no_name_that_is_none_is_taken_anywhere) {
  const std::vector<Spot> spots{
      {"image", "{\"image\":", "\"child\""},
      {"deleted image", "{\"image\":", "\"gone\""},
      {"origin's name", "\"origin\":{\"name\":", "\"fpps-2\""},
      {"type", "\"type\":", "\"SOFTWARE\""},
      {"parent", "\"parent\":{\"origin\":\"" + stage.peer.id().text() + "\",\"name\":", "\"db19_24\""},
      {"series", "{\"series\":", "\"db19\""},
      {"member", "{\"member\":{\"origin\":\"" + stage.peer.id().text() + "\",\"name\":", "\"child\""},
      {"image type", "{\"imagetype\":", "\"DB_PSU\""},
      {"base", "\"base\":", "\"SOFTWARE\""},
      {"kind", "\"kind\":", "\"file\""},
      {"state", "\"state\":", "\"PUBLISHED\""},
  };
  for (const std::string& name : corpus("names.txt")) {
    for (const Spot& spot : spots) {
      if (!is_its_turn()) continue;
      SCOPED_TRACE(name + " as " + spot.name);
      const Ran ran = with(spot.before + spot.value, spot.before + name);
      EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
    }
    if (!is_its_turn()) continue;
    SCOPED_TRACE(name + " above the pages");
    EXPECT_EQ(with_head([&](const std::string& text) { return replaced(text, "\"name\":\"fpps-2\"", "\"name\":" + name); }).exit,
              4);
    EXPECT_EQ(with_index([&](const std::string& text) { return replaced(text, "\"kind\":\"images\"", "\"kind\":" + name); }).exit,
              4);
  }
}

TEST_F(content, C1_no_digest_that_is_none_is_taken_anywhere) {
  const Packed long_one = catalog_entry("long").packed.value();
  const std::vector<Spot> spots{
      {"image", "\"digest\":", digest_of("child")},
      {"deleted image", "\"digest\":", "\"" + stage.catalog.deleted[0].digest.text() + "\""},
      {"origin", "\"id\":", "\"" + stage.peer.id().text() + "\""},
      {"packed", "\"packed\":{\"digest\":", "\"" + catalog_entry("child").packed->file.digest.text() + "\""},
      {"table", "\"table\":{\"digest\":", "\"" + long_one.table->digest.text() + "\""},
      {"parent", "\"parent\":{\"origin\":", "\"" + stage.peer.id().text() + "\""},
      {"member", "{\"member\":{\"origin\":", "\"" + stage.peer.id().text() + "\""},
  };
  for (const std::string& digest : corpus("digests.txt")) {
    for (const Spot& spot : spots) {
      if (!is_its_turn()) continue;
      SCOPED_TRACE(digest + " as " + spot.name);
      const Ran ran = with(spot.before + spot.value, spot.before + digest);
      EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
    }
    SCOPED_TRACE(digest + " above the pages");
    EXPECT_EQ(with_head([&](const std::string& text) {
                return replaced(text, "\"id\":\"" + stage.peer.id().text() + "\"", "\"id\":" + digest);
              }).exit,
              4);
    EXPECT_EQ(with_head([&](const std::string& text) {
                return replaced(text, "\"index\":{\"digest\":\"" + stage.peer.head().index.digest.text() + "\"",
                                "\"index\":{\"digest\":" + digest);
              }).exit,
              4);
    EXPECT_EQ(with_index([&](const std::string& text) {
                return replaced(text, "\"digest\":\"" + stage.peer.index().pages[0].piece.digest.text() + "\"",
                                "\"digest\":" + digest);
              }).exit,
              4);
  }
}

TEST_F(content, C6_C7_C8_json_that_two_readers_could_read_differently_is_refused) {
  const auto behind_brace = [](const std::string& insert) {
    return [insert](const std::string& text) { return "{" + insert + text.substr(1); };
  };
  std::string deep = "\"x\":";
  for (int i = 0; i < 17; ++i) deep += "[";
  for (int i = 0; i < 17; ++i) deep += "]";
  const std::vector<std::pair<std::string, std::function<std::string(std::string)>>> edits{
      {"C6 17 levels", behind_brace(deep + ",")},
      {"C6 ten thousand levels", behind_brace("\"x\":" + std::string(10'000, '[') + std::string(10'000, ']') + ",")},
      {"C6 levels without end", behind_brace("\"x\":" + std::string(20'000, '['))},
      {"C7 a key twice", behind_brace("\"format\":\"ingot.head/1\",")},
      {"C7 a key twice after unescaping", behind_brace("\"form\\u0061t\":\"ingot.head/1\",")},
      {"C7 an unknown key twice", behind_brace("\"x\":1,\"x\":1,")},
      {"C7 twice within", behind_brace("\"x\":{\"y\":1,\"y\":2},")},
      {"C8 a byte order mark", [](const std::string& text) { return "\xEF\xBB\xBF" + text; }},
      {"C8 bytes that are no UTF-8", behind_brace("\"x\":\"\xff\xfe\",")},
      {"C8 overlong", behind_brace("\"x\":\"\xc0\xaf\",")},
      {"C8 a surrogate in UTF-8", behind_brace("\"x\":\"\xed\xa0\x80\",")},
      {"C8 a lone surrogate", behind_brace("\"x\":\"\\ud800\",")},
      {"C8 surrogates in the wrong order", behind_brace("\"x\":\"\\udc00\\ud800\",")},
      {"C8 NUL", behind_brace("\"x\":\"\\u0000\",")},
      {"C8 a raw control byte", behind_brace(std::string("\"x\":\"\x01\","))},
      {"C8 an escaped control byte", behind_brace("\"x\":\"\\u001b]0;x\",")},
      {"C9 a number beyond 2^53", behind_brace("\"x\":9007199254740992,")},
      {"C9 a fraction", behind_brace("\"x\":1.5,")},
      {"C9 not a number", behind_brace("\"x\":NaN,")},
      {"C8 a comment", behind_brace("/* x */")},
      {"C8 a comma too many", behind_brace("\"x\":1,,")},
      {"C8 single quotes", behind_brace("'x':1,")},
      {"C8 something behind it", [](const std::string& text) { return text + "{}"; }},
  };
  for (const auto& [name, edit] : edits) {
    SCOPED_TRACE(name);
    EXPECT_EQ(with_head(edit).exit, 4);
    EXPECT_EQ(with_index(edit).exit, 4);
    const Ran page = with(edit);
    EXPECT_EQ(page.exit, 4) << page.out;
  }
}

TEST_F(content, C9_numbers_out_of_bounds_are_refused) {
  const ImageEntry child = catalog_entry("child");
  const std::vector<Spot> spots{
      {"size", "\"size\":", std::to_string(child.size)},
      {"length", "\"length\":", std::to_string(child.packed->file.length)},
      {"segments", "\"segments\":", "2"},
      {"created", "\"created\":", "2"},
      {"deleted", "\"deleted\":", "2"},
      {"added", "\"added\":", "2"},
      {"since", "\"since\":", "2"},
  };
  for (const std::string number : {"-1", "1.0", "1e3", "\"5\"", "9007199254740992", "9223372036854775808", "18446744073709551616",
                                   "999999999999999999999999999999", "01", "+1", "true"}) {
    for (const Spot& spot : spots) {
      if (!is_its_turn()) continue;
      SCOPED_TRACE(number + std::string(" as ") + spot.name);
      const Ran ran = with(spot.before + spot.value, spot.before + number);
      EXPECT_EQ(ran.exit, 4) << ran.out;
    }
    EXPECT_EQ(with_index([&](const std::string& text) {
                return replaced(text, "\"pages\":", "\"pages\":" + std::string(number) + ",\"x\":");
              }).exit,
              4)
        << number;
    EXPECT_EQ(with_index([&](const std::string& text) {
                return replaced(text, "\"entries\":", "\"entries\":" + std::string(number) + ",\"x\":");
              }).exit,
              4)
        << number;
  }
  for (const std::string size : {"70368744177665", "9007199254740991"})
    EXPECT_EQ(with("\"size\":" + std::to_string(child.size), "\"size\":" + size).exit, 4) << size;
}

TEST_F(content, C11_keys_of_the_future_are_ignored_unless_they_are_critical) {
  stage.publish();
  for (const std::string of : {"head", "index", "page"}) {
    SCOPED_TRACE(of);
    const auto add = [](const std::string& insert) {
      return [insert](const std::string& text) { return "{" + insert + text.substr(1); };
    };
    const auto try_it = [&](const std::string& insert) {
      if (of == "head") return with_head(add(insert));
      if (of == "index") return with_index(add(insert));
      return with(add(insert));
    };
    EXPECT_EQ(try_it("\"later\":{\"x\":[1,\"y\",null]},").exit, 0);
    EXPECT_EQ(try_it("\"critical\":[],").exit, 0);
    const Ran critical = try_it("\"later\":1,\"critical\":[\"later\"],");
    EXPECT_EQ(critical.exit, 4);
    EXPECT_THAT(critical.out, HasSubstr("newer ingot"));
    EXPECT_EQ(try_it("\"critical\":\"later\",").exit, 4);
  }
  const Ran format = with_head([](const std::string& text) { return replaced(text, "ingot.head/1", "ingot.head/2"); });
  EXPECT_EQ(format.exit, 4);
  EXPECT_THAT(format.out, HasSubstr("newer ingot"));
}

}  // namespace
}  // namespace ingot::attacks
