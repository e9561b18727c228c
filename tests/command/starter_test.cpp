#include "reconciler/command/starter.hpp"

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "tests/command/golden.hpp"

namespace ingot::starter_test {
namespace {

std::variant<Manifest, Problems> parsed(const std::string& text) {
  const ManifestFiles files{.read = [&](const std::string&) { return std::variant<std::string, Unreadable>(text); },
                            .glob = [](const std::string&, const std::string&) { return std::vector<std::string>(); },
                            .digest = [](std::string_view bytes) { return io::sha256(bytes); }};
  return parse_manifest("ingot.toml", files);
}

TEST(starter_manifest, is_valid_and_declares_nothing) {
  for (const auto& url : {std::optional<std::string>("https://gold.example.net/"), std::optional<std::string>()}) {
    const auto read = parsed(command::starter_manifest(ServerName::of("fpps-1"), url));
    ASSERT_TRUE(std::holds_alternative<Manifest>(read));
    EXPECT_TRUE(std::get<Manifest>(read).declares_nothing());
    EXPECT_EQ(std::get<Manifest>(read).server.url, url);
  }
}

TEST(starter_manifest, is_valid_with_all_its_examples_but_the_files_they_name) {
  std::string text = command::starter_manifest(ServerName::of("fpps-1"), "https://gold.example.net/");
  bool examples = false;
  std::string uncommented;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    examples = examples || line.starts_with("# An image");
    const bool code = examples && (line.starts_with("# [") || line.find(" = ") != std::string::npos) && line.starts_with("# ") &&
                      line.find(": all = true") == std::string::npos;
    uncommented += (code ? line.substr(2) : line) + "\n";
  }
  const auto read = parsed(uncommented);
  if (const auto* const problems = std::get_if<Problems>(&read)) {
    for (const auto& problem : *problems) {
      EXPECT_TRUE(problem.text.find("card") != std::string::npos || problem.text.find("db19_23") != std::string::npos ||
                  problem.code == "bad-card" || problem.code == "more" || problem.file != "ingot.toml")
          << problem.line_text() << "\n"
          << uncommented;
    }
  }
}

TEST(starter_manifest, is_what_it_was) {
  testing_support::expect_golden("starter.toml",
                                 command::starter_manifest(ServerName::of("fpps-1"), "https://gold.example.net/"));
}

TEST(starter_gitignore, names_keys_and_bytes_wherever_the_manifest_puts_them) {
  ServerSection server{.name = ServerName::of("fpps-1"), .url = std::nullopt, .clients = {}, .targets = {}, .at = {}};
  EXPECT_EQ(command::starter_gitignore(server, "."),
            "# Private keys and bytes never belong into git.\n/keys/\n/store/\n/state/\n");
  server.keys = "/srv/x/keys";
  server.store = "/elsewhere/store";
  server.state = "/srv/x/deep/state.db";
  EXPECT_EQ(command::starter_gitignore(server, "/srv/x"), "# Private keys and bytes never belong into git.\n/keys/\n/deep/\n");
}

}  // namespace
}  // namespace ingot::starter_test
