// The guard of a host, and what it makes of a manifest's.
#include <gtest/gtest.h>

#include "schema/manifest/parse_guard.hpp"
#include "tests/schema/map_files.hpp"

namespace ingot::guard_test {
namespace {

const std::string path = "/etc/ingot/guard.toml";

Guard guard_of(const std::string& text) {
  const auto read = parse_guard(text, path);
  const auto* const problems = std::get_if<Problems>(&read);
  EXPECT_EQ(problems, nullptr) << test::lines_of(*problems);
  return problems == nullptr ? std::get<Guard>(read) : Guard{};
}

std::string problems_of(const std::string& text) {
  const auto read = parse_guard(text, path);
  const auto* const problems = std::get_if<Problems>(&read);
  return problems == nullptr ? "" : test::lines_of(*problems);
}

TEST(host_guards, may_hold_all_of_a_manifests_and_the_signers) {
  const Guard guard = guard_of(
      "[guard]\nremovals = { count = 2, percent = 1 }\nstops = 0\ngit = [\"clean\", \"forward\", \"signed\"]\nsigners = "
      "\"signers\"\n");
  EXPECT_EQ(guard, (Guard{.removal_count = 2,
                          .removal_percent = 1,
                          .stops = 0,
                          .removals_at = At{path, 2},
                          .stops_at = At{path, 3},
                          .git = {.clean = At{path, 4}, .forward = At{path, 4}, .is_signed = At{path, 4}},
                          .signers = {"/etc/ingot/signers"}}));
  EXPECT_EQ(guard_of("[guard]\n"), Guard{});
}

TEST(host_guards, with_a_mistake_are_no_guards) {
  EXPECT_EQ(problems_of(""), path + ":1:1: the file has no [guard]; add it, or remove the file\n");
  EXPECT_NE(problems_of("[guard]\ngit = [\"cleen\"]\n").find("did you mean \"clean\"?"), std::string::npos);
  EXPECT_NE(problems_of("[guards]\n").find("guards"), std::string::npos);
  EXPECT_NE(problems_of("[guard]\nstop = 1\n").find("did you mean \"stops\"?"), std::string::npos);
}

TEST(host_guards, may_allow_variables_of_secrets_by_name) {
  const Guard guard = guard_of("[guard]\nvariables = [\"GOLD_MIRROR\", \"VAULT\"]\n");
  EXPECT_EQ(guard.variables, (std::vector<std::string>{"GOLD_MIRROR", "VAULT"}));
  EXPECT_EQ(guard_of("[guard]\n").variables, std::nullopt);
  EXPECT_EQ(guard_of("[guard]\nvariables = []\n").variables, std::vector<std::string>{});
  EXPECT_NE(problems_of("[guard]\nvariables = [\"A B\"]\n").find("has an entry that is not the name"), std::string::npos);
  EXPECT_EQ(strictest(guard, Guard{}).variables, guard.variables);
  EXPECT_EQ(strictest(Guard{}, guard).variables, guard.variables);
  EXPECT_EQ(strictest(guard, guard_of("[guard]\nvariables = [\"VAULT\", \"HOME\"]\n")).variables,
            std::vector<std::string>{"VAULT"})
      << "a further file is no way round the first";
}

TEST(host_guards, name_the_folders_of_roots_exports_by_absolute_paths) {
  const Guard guard = guard_of("[guard]\nexport_to = [\"/u01/\", \"/srv/gold\"]\nexport_run = []\n");
  EXPECT_EQ(guard.export_to, (std::vector<std::string>{"/u01", "/srv/gold"}));
  EXPECT_EQ(guard.export_run, std::vector<std::string>{});
  EXPECT_EQ(guard_of("[guard]\n").export_to, std::nullopt);
  EXPECT_NE(problems_of("[guard]\nexport_to = [\"u01\"]\n").find("has an entry that is no absolute path"), std::string::npos);
  EXPECT_EQ(strictest(guard, Guard{}).export_to, guard.export_to);
  EXPECT_EQ(strictest(guard, guard_of("[guard]\nexport_to = [\"/u01/db\", \"/srv\", \"/opt\"]\n")).export_to,
            (std::vector<std::string>{"/srv/gold", "/u01/db"}))
      << "a further file is no way round the first";
}

TEST(host_guards, and_manifests_together_are_the_stricter_of_both) {
  const Guard host = guard_of("[guard]\nremovals = { count = 9, percent = 1 }\nstops = 1\ngit = [\"forward\"]\n");
  const Guard manifest{.removal_count = 3,
                       .removal_percent = 50,
                       .stops = 7,
                       .removals_at = At{"m", 1},
                       .stops_at = At{"m", 2},
                       .git = {.clean = At{"m", 3}},
                       .signers = {}};
  for (const Guard& both : {strictest(manifest, host), strictest(host, manifest)}) {
    EXPECT_EQ(both.removal_count, 3U);
    EXPECT_EQ(both.removal_percent, 1);
    EXPECT_EQ(both.stops, 1U);
    EXPECT_EQ(both.stops_at, (At{path, 3}));
    EXPECT_EQ(both.git, (GitGuards{.clean = At{"m", 3}, .forward = At{path, 4}, .is_signed = std::nullopt}));
  }
  EXPECT_EQ(strictest(manifest, Guard{}), manifest) << "what nobody set is no bound";
  EXPECT_EQ(strictest(Guard{}, host), host);
}

}  // namespace
}  // namespace ingot::guard_test
