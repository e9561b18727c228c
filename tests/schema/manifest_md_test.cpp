// Every ```toml example of schema/manifest.md is a manifest or, after a fixed beginning, a part of one.
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/schema/map_files.hpp"

namespace ingot::manifest_md_test {
namespace {

const std::filesystem::path source = INGOT_SOURCE_DIR;

std::vector<std::string> examples_in(const std::string& text) {
  const std::string fence = "```";
  const std::string open = fence + "toml\n";
  std::vector<std::string> examples;
  for (auto begin = text.find(open); begin != std::string::npos; begin = text.find(open, begin)) {
    begin += open.size();
    const auto end = text.find("\n" + fence, begin);
    examples.push_back(text.substr(begin, end - begin + 1));
    begin = end;
  }
  return examples;
}

/// What the parts of the page speak of, so far as the part does not say it itself.
std::string with_beginning(const std::string& part) {
  const auto lacks = [&part](const char* what) { return part.find(what) == std::string::npos; };
  std::string text = lacks("manifest = 1") ? "manifest = 1\n" : "";
  text += part;
  if (lacks("[server]")) text += "\n[server]\nname = \"dc1\"\n";
  if (lacks("[[peer]]")) text += "\n[[peer]]\nname = \"fpps-2\"\ncard = \"peers/fpps-2.card.toml\"\n";
  return text;
}

std::string problems_of_part(const std::string& part) {
  const std::string card = write_card({.name = ServerName::of("fpps-2"), .url = "https://fpps-2.example.net/", .id = {}});
  return test::problems_of(with_beginning(part), {{"peers/fpps-2.card.toml", card}, {"../shared/peers.toml", ""}});
}

TEST(manifest_page, has_only_examples_that_are_right) {
  const auto examples = examples_in(test::text_of_file(source / "schema/manifest.md"));
  EXPECT_GE(examples.size(), 11U);
  for (const std::string& example : examples) EXPECT_EQ(problems_of_part(example), "") << example;
}

/// The keys that a text asks for, taken from what the parser knows: "known are "a", "b"" of an unknown key.
std::set<std::string> known_keys_of(const std::string& section) {
  const std::string problems = problems_of_part(section + "zzzzzzzzzzzz = 1\n");
  std::set<std::string> keys;
  const auto list = problems.find("known are ");
  if (list == std::string::npos) return keys;
  std::string rest = problems.substr(list, problems.find('\n', list) - list);
  for (auto open = rest.find('"'); open != std::string::npos; open = rest.find('"', open + 1)) {
    const auto close = rest.find('"', open + 1);
    keys.insert(rest.substr(open + 1, close - open - 1));
    open = close;
  }
  return keys;
}

TEST(manifest_page, explains_every_key_that_the_parser_knows) {
  const std::string page = test::text_of_file(source / "schema/manifest.md");
  const std::string schema = test::text_of_file(source / "schema/json/manifest.schema.json");
  for (const std::string section :
       {"[server]\n", "[limits]\n", "[guard]\n", "[[peer]]\n", "[[imagetype]]\n", "[[image]]\n", "[[series]]\n",
        "[[subscription]]\n", "[[copy]]\n", "[[export]]\n", "[[ignore]]\n", "[[notify]]\n"}) {
    const auto begin = page.find("## `" + section.substr(0, section.size() - 1) + "`");
    ASSERT_NE(begin, std::string::npos) << section;
    const std::string chapter = page.substr(begin, page.find("\n## ", begin + 1) - begin);
    const auto keys = known_keys_of(section);
    EXPECT_GE(keys.size(), 2U) << section;
    for (const std::string& key : keys) {
      EXPECT_TRUE(chapter.find("`" + key + "`") != std::string::npos || chapter.find("`" + key + " = ") != std::string::npos)
          << section << key;
      EXPECT_NE(schema.find("\"" + key + "\": {"), std::string::npos) << section << key;
    }
  }
}

TEST(manifest_page, promises_no_word_on_names_while_a_part_cannot_be_read) {
  const std::string text = "manifest = 1\nserver.name = \"a\"\n[[subscription]]\npeer = \"fpps-2\"\nall = true\nlatest = \"x\"\n";
  EXPECT_NE(test::problems_of(text).find("no peer \"fpps-2\""), std::string::npos);
  const std::string problems = test::problems_of(text + "[[peer]\n");
  EXPECT_EQ(problems.find("no peer"), std::string::npos) << "it may be in what cannot be read";
  EXPECT_NE(problems.find("\"latest\""), std::string::npos) << problems;
}

TEST(manifest_page, shows_problems_as_they_are) {
  const std::string page = test::text_of_file(source / "schema/manifest.md");
  EXPECT_NE(page.find(R"(unknown key "lable" in [[image]]; did you mean "labels"?)"), std::string::npos);
  EXPECT_NE(test::problems_of("manifest = 1\nserver.name = \"a\"\n[[image]]\nname = \"x\"\nlable = {}\n")
                .find(R"(unknown key "lable" in [[image]]; did you mean "labels"?)"),
            std::string::npos);
}

}  // namespace
}  // namespace ingot::manifest_md_test
