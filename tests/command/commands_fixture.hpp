// The command line in this process, on servers in a folder of the test, with a terminal that records.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reconciler/command/run.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

namespace fs = std::filesystem;

struct RecordingTerminal final : io::Terminal {
  std::string printed, said;
  std::vector<std::string> questions;
  std::optional<std::string> answer;
  bool is_terminal = false;
  bool is_redirected = false;  ///< standard output is a file

  bool output_is_terminal() override { return is_terminal && !is_redirected; }
  bool error_is_terminal() override { return is_terminal; }
  bool can_ask() override { return is_terminal; }
  int width() override { return 100; }
  void out(std::string_view text) override { printed += text; }
  using io::Terminal::error;
  void error(std::string_view text, io::Priority) override { said += text; }
  std::optional<std::string> ask(const std::string& question) override {
    questions.push_back(question);
    return answer;
  }
};

struct Commands : testing::Test {
  struct Ran {
    int exit = 0;
    std::string out, err;
  };

  TestFolder owned;
  const fs::path folder = owned.path();
  RecordingTerminal terminal;

  Ran ingot(const std::vector<std::string>& words) {
    terminal.printed.clear();
    terminal.said.clear();
    const int exit = command::run(words, terminal);
    return {exit, terminal.printed, terminal.said};
  }
  /// The same for one server.
  Ran at(const std::string& server, std::vector<std::string> words) {
    words.insert(words.end(), {"-f", (folder / server).string()});
    return ingot(words);
  }
  void make(const std::string& server) {
    const Ran ran = ingot({"init", "--server", server, "--url", "file://" + (folder / server / "store/public").string(),
                           (folder / server).string()});
    ASSERT_EQ(ran.exit, 0) << ran.err;
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((folder / path).parent_path());
    std::ofstream(folder / path, std::ios::binary) << text;
  }
  static std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  void manifest(const std::string& server, const std::string& entries) const {
    write(server + "/ingot.toml", "manifest = 1\n[server]\nname = \"" + server + "\"\nurl = \"file://" +
                                      (folder / server / "store/public").string() + "/\"\n" + entries);
  }
  /// "gold" with one image "a", and "silver" that subscribes to all of it.
  void two_servers() {
    make("gold");
    make("silver");
    write("gold/a.bin", "bytes of a");
    manifest("gold", "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n");
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
    manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                           "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  }
};

}  // namespace ingot::testing_support
