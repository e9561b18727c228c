#include "tests/scenarios/site.hpp"

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

namespace ingot::scenarios {

using testing_support::Command;
using testing_support::read_text;
using testing_support::write_text;

Site::Site(const std::string& folder, const std::string& name, const std::string& server)
    : name_(name), path_(folder + "/" + name), server_(server) {
  std::filesystem::create_directories(path_ + "/store/public");
  web_ = std::make_unique<testing_support::Nginx>(public_folder(), path_ + "/nginx");
  if (!server.empty()) manifest("");
  const Ran ran = testing_support::run(
      {.arguments = {INGOT_BINARY, "init", "--server", name, "--url", web_->url(), path_}, .folder = folder, .environment = {}});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
}

std::string Site::card() const { return path_ + "/server.card.toml"; }

std::string Site::identity() const {
  const std::string text = read_text(card());
  const auto at = text.find("sha256:");
  return at == std::string::npos ? "" : text.substr(at, 71);
}

void Site::manifest(const std::string& entries) {
  write_text(path_ + "/ingot.toml",
             "manifest = 1\n\n[server]\nname = \"" + name_ + "\"\nurl = \"" + web_->url() + "\"\n" + server_ + "\n" + entries);
}

std::string Site::peer(const Site& other, const std::string& more, const std::string& name) {
  return "[[peer]]\nname = \"" + (name.empty() ? other.name() : name) + "\"\ncard = \"" + other.card() + "\"\n" + more + "\n";
}

std::string Site::file_image(const std::string& image, const std::string& bytes, const std::string& more) {
  write_text(path_ + "/sources/" + image, bytes);
  return "[[image]]\nname = \"" + image + "\"\nsource = \"sources/" + image + "\"\n" + more + "\n";
}

std::string Site::tree_image(const std::string& image, const std::vector<std::pair<std::string, std::string>>& files,
                             const std::string& more) {
  for (const auto& [path, text] : files) write_text(path_ + "/sources/" + image + "/" + path, text);
  return "[[image]]\nname = \"" + image + "\"\nsource = \"sources/" + image + "\"\n" + more + "\n";
}

Ran Site::ingot(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) const {
  Command command{.arguments = {INGOT_BINARY}, .folder = path_, .environment = environment};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return testing_support::run(command);
}

namespace {

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

Json Site::plan(int exit, const std::vector<std::string>& more) const {
  const Ran ran = ingot(joined({"plan", "--json"}, more));
  EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
  return Json::parse(ran.out, nullptr, false);
}

Json Site::apply(int exit, const std::vector<std::string>& more) const {
  const Ran ran = ingot(joined({"apply", "--yes", "--json"}, more));
  EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
  std::string last, line;
  std::stringstream lines(ran.out);
  while (std::getline(lines, line)) last = line;
  return Json::parse(last, nullptr, false);
}

Json Site::query(const std::vector<std::string>& what, int exit) const {
  const Ran ran = ingot(joined({"query", "--json"}, what));
  EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
  return Json::parse(ran.out, nullptr, false);
}

std::vector<std::string> actions(const Json& plan) {
  std::vector<std::string> texts;
  for (const auto& one : plan.at("actions"))
    texts.push_back(one.at("verb").get<std::string>() + " " + one.at("address").get<std::string>());
  return texts;
}

std::vector<std::string> entries(const Json& plan, const std::string& list) {
  std::vector<std::string> texts;
  for (const auto& one : plan.at(list))
    texts.push_back(one.at("code").get<std::string>() + " " + one.value("address", one.value("peer", "")));
  return texts;
}

Json action(const Json& plan, const std::string& address) {
  for (const auto& one : plan.at("actions")) {
    if (one.at("address") == address) return one;
  }
  ADD_FAILURE() << "no action " << address << " in " << plan.dump(1);
  return {};
}

}  // namespace ingot::scenarios
