#include "tests/scenarios/git_site.hpp"

#include <filesystem>

namespace ingot::scenarios {

using testing_support::write_text;

GitSite::GitSite() {
  std::filesystem::create_directory(home);
  const Ran ran = ingot({"init", "--server", "gold", "--url", "https://gold.example.net/"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  for (const char* image : {"a", "b", "c", "d"}) write_text(folder / "sources/" + image, std::string("bytes of ") + image);
  manifest({});
  gold.commit("Begin");
}

Ran GitSite::ingot(const std::vector<std::string>& words, const std::map<std::string, std::string>& more,
                   const std::string& in) const {
  testing_support::Command command{.arguments = {INGOT_BINARY},
                                   .folder = in.empty() ? gold.path() : in,
                                   .environment = testing_support::git_environment(home)};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  command.environment.insert(more.begin(), more.end());
  return testing_support::run(command);
}

Json GitSite::plan(const std::vector<std::string>& more, int exit) const {
  std::vector<std::string> words{"plan", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Ran ran = ingot(words);
  EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
  return Json::parse(ran.out, nullptr, false);
}

std::string GitSite::apply(const std::vector<std::string>& more, int exit) const {
  std::vector<std::string> words{"apply", "--yes"};
  words.insert(words.end(), more.begin(), more.end());
  const Ran ran = ingot(words);
  EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
  return ran.out + ran.err;
}

void GitSite::manifest(const std::vector<std::string>& images, const std::string& more) const {
  std::string text = "manifest = 1\n[server]\nname = \"gold\"\nurl = \"https://gold.example.net/\"\n" + more + "\n";
  for (const auto& image : images)
    text += "\n[[image]]\nname = \"" + image + "\"\nsource = \"" + (folder / "sources/" + image) + "\"\n";
  gold.write("ingot.toml", text);
}

std::map<std::string, std::string> GitSite::guarded(const std::string& guard) const {
  write_text(folder / "guard.toml", "[guard]\n" + guard);
  return {{"INGOT_GUARD", folder / "guard.toml"}};
}

}  // namespace ingot::scenarios
