#include "reconciler/io/known_hosts.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/io/program.hpp"
#include "schema/base64.hpp"

namespace ingot {

namespace {

constexpr const char* of_the_machine = "/etc/ssh/ssh_known_hosts";

/// "[host]:port", or the host alone for port 22, as known_hosts has it.
std::string name_of(const HostKey& shown) {
  const auto scheme_end = shown.url.find("://");
  if (scheme_end == std::string::npos) return shown.host;
  std::string authority = shown.url.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find('/'));
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && !authority.ends_with(']');
  const std::string port = has_port ? authority.substr(colon + 1) : "22";
  return port == "22" ? shown.host : fmt::format("[{}]:{}", shown.host, port);
}

enum class Entry { none, other, same, revoked };

Entry entry_in(const std::string& file, const std::string& name, const std::string& key) {
  const ProgramEnd found = run_program({.words = {"ssh-keygen", "-F", name, "-f", file}});
  std::istringstream lines(found.out);
  Entry best = Entry::none;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string marker, hosts, type, bytes;
    if (line.front() == '@') words >> marker;
    words >> hosts >> type >> bytes;
    const bool same = bytes == key;
    if (marker == "@revoked" && same) return Entry::revoked;
    if (!marker.empty()) continue;
    best = same ? Entry::same : best == Entry::same ? best : Entry::other;
  }
  return best;
}

}  // namespace

std::string why_not_known(const HostKey& shown) {
  const std::string name = name_of(shown), key = to_base64(shown.key);
  if (shown.key.empty()) return fmt::format("the ssh key of {} could not be had", printable(name));
  const char* const home = std::getenv("HOME");
  const std::string own = std::string(home != nullptr ? home : "") + "/.ssh/known_hosts";
  bool other = false, same = false;
  for (const std::string& file : {own, std::string(of_the_machine)}) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    const Entry entry = entry_in(file, name, key);
    if (entry == Entry::revoked) return fmt::format("its ssh key is revoked in {}", printable(file));
    other = other || entry == Entry::other;
    same = same || entry == Entry::same;
  }
  if (same) return "";
  const std::string what = other ? "its ssh key is none of those that {} has for {}" : "{} has no ssh key for {}";
  return fmt::format(fmt::runtime(what), printable(own), printable(name)) +
         "; compare the output of ssh-keyscan with what its operator says, and add it there";
}

}  // namespace ingot
