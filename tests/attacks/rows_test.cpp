// The tables of rows, of attacks here and of faults in tests/survival, name tests that exist: a test that is renamed or removed
// must not leave a promise without proof.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void add_named(const std::regex& test, const std::string& text, const std::string& suite, std::set<std::string>& names) {
  for (std::sregex_iterator found(text.begin(), text.end(), test), end; found != end; ++found) {
    names.insert(suite.empty() ? (*found)[1].str() + "." + (*found)[2].str() : suite + "." + (*found)[1].str());
  }
}

/// "suite.name" of every test in the sources.
std::set<std::string> tests_there() {
  const std::regex cpp(R"(\nTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  const std::regex python_class(R"(\nclass (\w+)\(unittest\.TestCase\))");
  const std::regex python(R"(\n    def (test_\w+)\()");
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(INGOT_SOURCE_DIR "/tests")) {
    const std::string text = text_of(entry.path());
    std::smatch suite;
    if (entry.path().extension() == ".cpp")
      add_named(cpp, text, "", names);
    else if (entry.path().extension() == ".py" && std::regex_search(text, suite, python_class))
      add_named(python, text, suite[1].str(), names);
  }
  return names;
}

/// What the table's lines name, the rows they are of, and the lines that prove nothing.
struct Table {
  std::set<std::string> tests, rows;
  std::vector<std::string> empty;
};
void add(const std::string& file, Table& found) {
  const std::regex name(R"(`(\w+\.\w+)`)");
  const std::regex row(R"(\b([A-GK]\d+)\b)");
  std::stringstream lines(text_of(file));
  for (std::string line; std::getline(lines, line) && line != "| row | promise | tests |";) {}
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ") || line.starts_with("| row |")) continue;
    const std::string proof = line.substr(line.find('|', line.find('|', 2) + 1) + 1);
    if (!std::regex_search(proof, name) && !proof.starts_with(" not offered, because ")) found.empty.push_back(line);
    for (std::sregex_iterator each(line.begin(), line.end(), name), end; each != end; ++each)
      found.tests.insert((*each)[1].str());
    const std::string first = line.substr(0, line.find('|', 2));
    for (std::sregex_iterator each(first.begin(), first.end(), row), end; each != end; ++each)
      found.rows.insert((*each)[1].str());
  }
}

Table table() {
  Table found;
  for (const std::string folder : {"attacks", "survival"}) add(INGOT_SOURCE_DIR "/tests/" + folder + "/README.md", found);
  return found;
}

TEST(rows, name_tests_that_exist) {
  const auto there = tests_there();
  ASSERT_GT(there.size(), 500U);
  for (const auto& test : table().tests) EXPECT_TRUE(there.contains(test)) << test;
}

TEST(rows, name_a_test_or_why_there_is_none_in_every_line) { EXPECT_THAT(table().empty, testing::IsEmpty()); }

TEST(rows, are_all_there) {
  const Table found = table();
  const auto expect = [&](char letter, int last) {
    for (int i = 1; i <= last; ++i) EXPECT_TRUE(found.rows.contains(letter + std::to_string(i))) << letter << i;
  };
  expect('A', 22);
  expect('B', 16);
  expect('C', 14);
  expect('D', 13);
  expect('F', 9);
  expect('G', 15);
  expect('K', 10);
}

}  // namespace
