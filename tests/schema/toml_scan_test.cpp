#include "schema/manifest/toml_scan.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "schema/manifest/toml_reader.hpp"

namespace ingot::toml_scan_test {
namespace {

std::vector<std::string> texts_of(const std::string& text) {
  std::vector<std::string> texts;
  for (const TomlStatement& statement : statements_of(text))
    texts.push_back(text.substr(statement.begin, statement.end - statement.begin));
  return texts;
}

TEST(toml_scan, cuts_text_into_statements) {
  EXPECT_EQ(
      texts_of("a = 1\n\n# c = 2\n[t] # t\nb = [1,\n # ]\n 2]\nc = \"\"\"\nx = 1\n\"\"\"\"\"\nd = '''\\''' \n"),
      (std::vector<std::string>{"a = 1", "[t] # t", "b = [1,\n # ]\n 2]", "c = \"\"\"\nx = 1\n\"\"\"\"\"", "d = '''\\''' "}));
}

TEST(toml_scan, ends_an_unclosed_text_and_header_with_their_line) {
  EXPECT_EQ(texts_of("a = \"x\nb = 1\n[[t]\nc = 2\n"), (std::vector<std::string>{"a = \"x", "b = 1", "[[t]", "c = 2"}));
  EXPECT_EQ(texts_of("foo [\nb = 1\n"), (std::vector<std::string>{"foo [", "b = 1"}));
}

TEST(toml_scan, counts_parts_depth_and_values) {
  const auto statements = statements_of("a.b.c = [1, { d.e = [2] }]\nx = \"a.b.c.d\"\n");
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].key_parts, 3U);
  EXPECT_EQ(statements[0].depth, 3U);
  EXPECT_GE(statements[0].values, 3U);
  EXPECT_EQ(statements[1].key_parts, 1U);
}

TEST(toml_scan, counts_columns_in_code_points) {
  const std::string text = "\xEF\xBB\xBFx = \"größe\" # y\n  z";
  EXPECT_EQ(column_of(text, 3), 1);
  EXPECT_EQ(column_of(text, text.find('#')), 13);
  EXPECT_EQ(column_of(text, text.find('z')), 3);
  EXPECT_EQ(place_of(text, 1, 13), text.find('#'));
  EXPECT_EQ(place_of(text, 2, 3), text.find('z'));
  EXPECT_EQ(place_of(text, 9, 9), text.size());
}

TEST(toml_scan, reads_key_paths) {
  const auto path_of = [](const std::string& text) { return key_path(text, statements_of(text).at(0)); };
  using Path = std::vector<std::string>;
  EXPECT_EQ(path_of("a . \"b.c\" . 'd' = 1"), (Path{"a", "b.c", "d"}));
  EXPECT_EQ(path_of("[[ a.b ]]"), (Path{"a", "b"}));
  EXPECT_EQ(path_of("\"\\u0061\" = 1"), Path{});
  EXPECT_EQ(path_of("a"), Path{});
}

TEST(toml_scan, finds_the_first_definition_within_the_same_element) {
  const std::string text = "[[i]]\na = 1\n[[i]]\na = 2\na.b = 3\n[i.c]\n[i.c]\n";
  const auto statements = statements_of(text);
  EXPECT_EQ(first_definition(text, statements, 4)->line, 4);
  EXPECT_EQ(first_definition(text, statements, 6)->line, 6);
  EXPECT_FALSE(first_definition(text, statements, 3));
}

/// A value with everything in it that could lead a scanner astray.
std::string any_value(int depth) {
  static const std::vector<std::string> simple{"1.5",
                                               "true",
                                               "2026-11-23T02:00:00.5Z",
                                               R"("a#b=[{.'\"\\")",
                                               R"('a#"=]}.\')",
                                               "\"\"\"x\n\"y\"\" # = [\\\" .\"\"\"\"\"",
                                               "'''\n''#=\n{'''''",
                                               "\"\"",
                                               "''"};
  const int kind = depth > 3 ? 0 : *rc::gen::inRange(0, 3);
  if (kind == 0) return *rc::gen::elementOf(simple);
  std::string text = kind == 1 ? "[" : "{";
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    if (i > 0) text += ",";
    if (kind == 1) text += *rc::gen::element<std::string>("", "\n", " # ]\"'\n ");
    if (kind == 2) text += *rc::gen::element<std::string>(" k.", " \"=.]\".", " '#'.") + std::to_string(i) + " = ";
    text += any_value(depth + 1);
  }
  return text + (kind == 1 ? *rc::gen::element<std::string>("]", "\n]") : "}");
}

RC_GTEST_PROP(toml_scan, cuts_valid_text_where_the_library_does, ()) {
  std::string text;
  std::vector<int> lines;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    text += *rc::gen::element<std::string>("", "\n", "# \"'[{\n", "  ", "\t\r\n");
    lines.push_back(1 + static_cast<int>(std::count(text.begin(), text.end(), '\n')));
    if (*rc::gen::inRange(0, 3) == 0) {
      text += *rc::gen::element<std::string>("[", "[ \"x]=#\".") + "t" + std::to_string(i) + "] # \"\n";
    } else {
      text += *rc::gen::element<std::string>("k.", "'=\"#'.", "\"#\\\"'=\" . ") + std::to_string(i) + " = " + any_value(0) +
              *rc::gen::element<std::string>("\n", " # '\n", "\r\n");
    }
  }
  ProblemList problems;
  const auto parsed = parse_toml(text, problems.add_file("x"), 1 << 20, problems);
  RC_ASSERT(problems.empty());
  RC_ASSERT(parsed.whole);
  std::vector<int> found;
  for (const TomlStatement& statement : statements_of(text)) found.push_back(statement.line);
  RC_ASSERT(found == lines);
}

}  // namespace
}  // namespace ingot::toml_scan_test
