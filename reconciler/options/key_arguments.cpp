#include "reconciler/options/key_arguments.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/usage.hpp"
#include "schema/error.hpp"
#include "schema/nearest.hpp"

namespace ingot::options {

namespace {

[[noreturn]] void wrong_key(const std::string& text) { wrong(text, see("key")); }

std::optional<std::uint32_t> threshold_of(const std::string& text, std::string_view flag) {
  if (text.empty()) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > 16) {
    wrong(fmt::format("{} \"{}\" is not a number from 1 to 16", flag, io::printable(text)), fmt::format("such as {} 2", flag));
  }
  return number;
}

/// The one FILE that a verb takes, or none.
std::optional<std::string> file_of(const std::string& verb, const std::vector<std::string>& words, bool needed) {
  if (words.size() > 2) wrong_key(fmt::format("key {} takes one FILE, so \"{}\" is too much", verb, io::printable(words[2])));
  if (words.size() < 2 && needed) wrong_key(fmt::format("key {} needs a FILE", verb));
  return words.size() < 2 ? std::nullopt : std::optional(words[1]);
}

/// Which of the options that were given a verb does not take.
void refuse_options(const std::string& verb, const WrittenKeyCommand& written) {
  const auto refuse = [&](bool given, std::string_view flag) {
    if (given) wrong_key(fmt::format("key {} takes no {}", verb, flag));
  };
  const bool changes = verb == "rotate" || verb == "revoke";
  refuse(!changes && !written.add_root.empty(), "--add-root");
  refuse(!changes && !written.drop_root.empty(), "--drop-root");
  refuse(!changes && !written.root_threshold.empty(), "--root-threshold");
  refuse(!changes && !written.add_catalog.empty(), "--add-catalog");
  refuse(!changes && !written.drop_catalog.empty(), "--drop-catalog");
  refuse(!changes && !written.catalog_threshold.empty(), "--catalog-threshold");
  refuse(!changes && !written.add_release.empty(), "--add-release");
  refuse(!changes && !written.drop_release.empty(), "--drop-release");
  refuse(!changes && !written.release_threshold.empty(), "--release-threshold");
  refuse(!changes && !written.expires.empty(), "--expires");
  refuse(verb != "revoke" && verb != "install" && written.yes, "--yes");
  refuse(!changes && verb != "release" && !written.out.empty(), "--out");
  refuse(!changes && verb != "sign" && verb != "release" && !written.sign_with.empty(), "--key");
}

ChangeKeys change_of(const std::string& verb, const WrittenKeyCommand& written, const std::vector<std::string>& words) {
  ChangeKeys change{
      .verb = verb,
      .revoke = {words.begin() + 1, words.end()},
      .root = {written.add_root, written.drop_root, threshold_of(written.root_threshold, "--root-threshold")},
      .catalog = {written.add_catalog, written.drop_catalog, threshold_of(written.catalog_threshold, "--catalog-threshold")},
      .release = {written.add_release, written.drop_release, threshold_of(written.release_threshold, "--release-threshold")},
      .expires = if_given(written.expires),
      .sign_with = written.sign_with,
      .out = if_given(written.out),
      .yes = written.yes};
  if (verb == "revoke" && change.revoke.empty()) wrong_key("key revoke needs the KEY that was stolen");
  if (verb == "rotate" && !change.revoke.empty()) {
    wrong(fmt::format("key rotate takes no KEY, so \"{}\" is too much", io::printable(change.revoke.front())),
          "say --add-catalog KEY, --drop-catalog KEY …; for a stolen key: ingot key revoke KEY");
  }
  return change;
}

}  // namespace

KeyCommand key_command(const WrittenKeyCommand& written, const std::vector<std::string>& words) {
  static const std::vector<std::string> verbs{"make", "show", "rotate", "revoke", "release", "sign", "install"};
  if (words.empty()) wrong_key("key needs one of make, show, rotate, revoke, release, sign, install");
  const std::string& verb = words.front();
  if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) {
    const auto near = nearest(verb, verbs);
    wrong(fmt::format("key knows no \"{}\"", io::printable(verb)),
          near ? fmt::format("did you mean \"{}\"?", *near) : "one of make, show, rotate, revoke, release, sign, install");
  }
  refuse_options(verb, written);
  if (verb == "make") return MakeKey{file_of(verb, words, true).value()};
  if (verb == "show") return ShowKeys{file_of(verb, words, false)};
  if (verb == "release") {
    if (words.size() < 2) wrong_key("key release needs the IMAGE to sign");
    return ReleaseImages{{words.begin() + 1, words.end()}, written.sign_with, if_given(written.out)};
  }
  if (verb == "sign") return SignRoot{file_of(verb, words, true).value(), written.sign_with};
  if (verb == "install") return InstallRoot{file_of(verb, words, true).value(), written.yes};
  return change_of(verb, written, words);
}

}  // namespace ingot::options
