// Hostile and huge manifests: a problem, never a crash, and within bounds.
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "schema/manifest/toml_reader.hpp"
#include "tests/schema/map_files.hpp"

namespace ingot::manifest_hostile_test {
namespace {

const std::string head = "manifest = 1\n[server]\nname = \"dc1\"\n";

std::string repeated(const std::string& part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

Problems problems_in(const std::string& text, test::FileMap others = {}) {
  others["m.toml"] = text;
  const auto parsed = parse_manifest("m.toml", test::map_files(std::move(others)));
  return std::holds_alternative<Problems>(parsed) ? std::get<Problems>(parsed) : Problems{};
}

std::string first_code(const std::string& text) {
  const Problems problems = problems_in(text);
  return problems.empty() ? "" : problems.front().code;
}

TEST(hostile_manifest, is_refused_past_16_MiB_and_not_at_it) {
  const std::string padding(largest_manifest - head.size() - 1, '#');
  EXPECT_EQ(first_code(head + padding + "\n"), "");
  EXPECT_EQ(first_code(head + padding + "#\n"), "too-large");
}

TEST(hostile_manifest, may_not_have_keys_of_thousands_of_parts) {
  const std::string deep = repeated("a.", 40'000) + "a";
  for (const std::string& text :
       {head + deep + " = 1\n", head + "[" + deep + "]\n", head + "[[" + deep + "]]\n", head + "x = { " + deep + " = 1 }\n",
        head + "x = [\n{ " + deep + " = 1 }]\n", head + repeated("\"a\" .\t'b'.", 20'000) + "a = 1\n", deep, "[" + deep}) {
    EXPECT_EQ(first_code(text), "too-deep");
  }
  EXPECT_EQ(first_code(head + repeated("a.", most_key_parts - 1) + "a = 1\n"), "unknown-key");
  EXPECT_EQ(first_code(head + repeated("a.", most_key_parts) + "a = 1\n"), "too-deep");
}

TEST(hostile_manifest, may_hold_any_number_of_dots_in_texts_and_comments) {
  EXPECT_EQ(problems_in(head + "# " + repeated("a.", 40'000) + "\n[[image]]\nname = \"a\"\ndescription = '" +
                        repeated(".", 4000) + "'\n")
                .size(),
            0U);
}

TEST(hostile_manifest, may_not_nest_values_deeply) {
  for (const std::string& text :
       {head + "x = " + repeated("[", 100'000), head + "x = " + repeated("[", 100'000) + repeated("]", 100'000) + "\n",
        head + "x = " + repeated("{ a = ", 100'000)}) {
    EXPECT_EQ(first_code(text), "too-deep");
  }
  EXPECT_EQ(first_code(head + "x = " + repeated("[", deepest_value) + repeated("]", deepest_value) + "\n"), "unknown-key");
}

TEST(hostile_manifest, may_not_hold_millions_of_values) {
  EXPECT_EQ(first_code(head + "x = [" + repeated("1,", most_toml_values) + "]\n"), "too-large");
  EXPECT_EQ(first_code(head + repeated("[[a]]\n", most_toml_values) + "\n"), "too-large");
}

/// toml++ has no codes for what it finds, so ours are chosen by its English: a release of it with other words fails here.
TEST(hostile_manifest, is_told_of_in_our_words_whatever_the_library_says) {
  const std::pair<const char*, const char*> cases[]{
      {"x = { a = 1, a = 2 }", "a key or table is defined twice in this statement"},
      {"x = \"a", "the text is not closed on its line, or holds a control character"},
      {"x = keys", "what stands here is no value"},
      {"x = tru", "what stands here is no value"},
      {"x = nonsense", "what stands here is no value"},
      {"x = inflated", "what stands here is no value"},
      {"x = nano", "what stands here is no value"},
      {"x = 12months", "what stands here is no value"},
      {"x = 2026-x", "expected 2-digit month"},
      {"x = [ 1 k ]", "expected comma or closing ']'"},
      {"x = 99999999999999999999", "the number is too large"},
      {"x = \"\xff\"", "the file is not UTF-8 here"},
      {"x = '''a", "the file ends in the middle of a value"},
  };
  for (const auto& [statement, text] : cases) {
    const Problems problems = problems_in(head + statement + "\n");
    ASSERT_FALSE(problems.empty()) << statement;
    EXPECT_EQ(problems.front().text, text) << statement;
  }
}

TEST(hostile_manifest, must_be_utf_8_without_nul) {
  EXPECT_EQ(test::problems_of(head + "# \xff\n"), "m.toml:4:2: the file is not UTF-8 here; save it as UTF-8\n");
  EXPECT_EQ(first_code(std::string("manifest = 1\n\0\n", 15)), "syntax");
  EXPECT_EQ(first_code(head + std::string("url = \"a\0b\"\n", 12)), "syntax");
  EXPECT_EQ(first_code(std::string(1000, '\0')), "syntax");
}

TEST(hostile_manifest, may_begin_with_a_byte_order_mark_and_have_windows_lines) {
  EXPECT_EQ(test::problems_of("\xEF\xBB\xBFmanifest = 1\r\n[server]\r\nname = \"dc1\"\r\n"), "");
  EXPECT_EQ(test::problems_of("\xEF\xBB\xBFmanifst = 1\r\n[server]\r\nname = \"dc1\"\r\n").substr(0, 10), "m.toml:1:1");
}

TEST(hostile_manifest, lists_ten_thousand_problems_and_counts_the_rest) {
  std::string text = head;
  for (int i = 0; i < 12'000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const Problems problems = problems_in(text);
  ASSERT_EQ(problems.size(), most_problems + 1);
  EXPECT_EQ(problems.back().text, "2000 more problems are not shown");
}

TEST(hostile_manifest, stops_after_twenty_statements_that_are_not_toml) {
  EXPECT_EQ(problems_in(head + repeated("= 1\n", 1000)).size(), most_syntax_problems);
}

TEST(hostile_manifest, may_include_ten_thousand_files_and_no_more) {
  test::FileMap files;
  for (std::size_t i = 0; i < most_included_files; ++i) files["i/" + std::to_string(i) + ".toml"] = "";
  EXPECT_EQ(problems_in("include = [\"i/*.toml\"]\n" + head, files).size(), 0U);
  files["i/one-more.toml"] = "";
  const Problems problems = problems_in("include = [\"i/*.toml\"]\n" + head, files);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].code, "too-many");
}

TEST(hostile_manifest, may_not_be_larger_than_64_MiB_in_all) {
  test::FileMap files;
  for (int i = 0; i < 5; ++i) files["i/" + std::to_string(i) + ".toml"] = std::string(largest_manifest, '#');
  const Problems problems = problems_in("include = [\"i/*.toml\"]\n" + head, files);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].code, "too-large");
}

TEST(hostile_manifest, is_refused_when_a_card_is_larger_than_64_KiB) {
  const Problems problems =
      problems_in(head + "[[peer]]\nname = \"p\"\ncard = \"p\"\n", {{"p", std::string(largest_card + 1, '#')}});
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].code, "bad-card");
  EXPECT_EQ(problems[1].code, "too-large");
}

TEST(hostile_manifest, that_is_missing_is_one_problem) {
  const auto parsed = parse_manifest("nowhere/ingot.toml", test::map_files({}));
  EXPECT_EQ(test::lines_of(std::get<Problems>(parsed)),
            "nowhere/ingot.toml: the manifest \"nowhere/ingot.toml\" cannot be read: No such file or directory; name the "
            "manifest with -f, or make one with ingot init\n");
}

TEST(huge_manifest, of_100000_images_is_read) {
  std::string text = head;
  for (int i = 0; i < 100'000; ++i) {
    const std::string number = std::to_string(i);
    text += "[[image]]\nname = \"image-" + number + "\"\nsource = \"/stage/" + number + "\"\nversion = \"" + number +
            "\"\nparent = \"image-" + std::to_string(i / 2 - 1) + "\"\n";
  }
  auto parsed = parse_manifest("m.toml", test::map_files({{"m.toml", text}}));
  ASSERT_TRUE(std::holds_alternative<Manifest>(parsed));
  EXPECT_EQ(std::get<Manifest>(parsed).images.size(), 100'000U);
}

/// Every value of the whole manifest, with a value of each other type in its place.
TEST(hostile_manifest, may_have_wrong_types_everywhere) {
  const std::string folder = std::string(INGOT_SOURCE_DIR) + "/tests/schema/manifests/good";
  test::FileMap files = test::files_below(folder);
  const std::string whole = files.at("whole.toml");
  std::size_t tried = 0;
  for (std::size_t equals = whole.find(" = "); equals != std::string::npos; equals = whole.find(" = ", equals + 1)) {
    const std::size_t value = equals + 3;
    const std::size_t end = whole.find('\n', value);
    for (const char* wrong :
         {"\"\"", "7", "-1.5", "nan", "true", "1979-05-27", "[]", "[[]]", "{}", "[{}]", "\"\\u0000\"", "9223372036854775807"}) {
      files["whole.toml"] = whole.substr(0, value) + wrong + whole.substr(end);
      const auto parsed = parse_manifest("whole.toml", test::map_files(files));
      if (const auto* problems = std::get_if<Problems>(&parsed)) { EXPECT_FALSE(problems->empty()); }
      ++tried;
    }
  }
  EXPECT_GT(tried, 700U);
}

RC_GTEST_PROP(hostile_manifest, never_crashes_on_a_mutated_text, ()) {
  static const test::FileMap good = test::files_below(std::string(INGOT_SOURCE_DIR) + "/tests/schema/manifests/good");
  test::FileMap files = good;
  std::string& text = files["whole.toml"];
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto length = *rc::gen::inRange<std::size_t>(0, 20);
    text.replace(at, length,
                 *rc::gen::element<std::string>("", "\"", "'", "\"\"\"", "[", "]", "{", "}", "=", ".", "#", "\n", "\\", ",",
                                                "\xff", "x = 1\n", "[[image]]\n", "[server]\n"));
  }
  const auto parsed = parse_manifest("whole.toml", test::map_files(files));
  if (const auto* problems = std::get_if<Problems>(&parsed)) {
    RC_ASSERT(!problems->empty());
    for (const Problem& problem : *problems) {
      RC_ASSERT(files.contains(problem.file));
      RC_ASSERT(problem.line >= 1);
      RC_ASSERT(problem.column >= 1);
    }
  }
}

}  // namespace
}  // namespace ingot::manifest_hostile_test
