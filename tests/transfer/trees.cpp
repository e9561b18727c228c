#include "tests/transfer/trees.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/acl_text.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/restore.hpp"
#include "schema/error.hpp"

namespace ingot::testing_support {

namespace fs = std::filesystem;

namespace {

void check(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// "\xNN" and "*N" as golden/trees.txt explains them.
std::string unescaped(const std::string& text) {
  if (text == "-") return "";
  std::string bytes;
  std::size_t last = 0;  // where the byte or character that "*" repeats begins
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '*') {
      std::size_t used = 0;
      const auto times = std::stoul(text.substr(i + 1), &used);
      const std::string one = bytes.substr(last);
      for (unsigned long n = 1; n < times; ++n) bytes += one;
      i += 1 + used;
      continue;
    }
    std::string unit(1, text[i]);
    if (text.compare(i, 2, "\\x") == 0) {
      unit = std::string(1, static_cast<char>(std::stoul(text.substr(i + 2, 2), nullptr, 16)));
      i += 4;
    } else {
      ++i;
    }
    const bool continues = !bytes.empty() && (static_cast<unsigned char>(unit[0]) & 0xC0U) == 0x80 &&
                           static_cast<unsigned char>(bytes.back()) >= 0xC0;
    if (!continues) last = bytes.size();
    bytes += unit;
  }
  return bytes;
}

void set_attribute(const fs::path& path, const char* name, const std::string& value) {
  check(setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0, "setxattr " + path.string());
}

void take_options(std::istringstream& words, DescribedMember& described) {
  for (std::string option; words >> option;) {
    const auto equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string value = unescaped(option.substr(equals + 1));
    if (key == "default") described.member.default_acl = value;
    if (key == "access") described.member.access_acl = value;
    if (key == "capability") described.member.capability = value;
  }
}

transfer::MemberKind kind_of(const std::string& word) {
  if (word == "folder") return transfer::MemberKind::folder;
  if (word == "link") return transfer::MemberKind::symbolic_link;
  return word == "hard" ? transfer::MemberKind::hard_link : transfer::MemberKind::file;
}

/// Content may hold blanks: it ends at two blanks, at an option or with the line.
DescribedMember member_of(const std::string& line) {
  std::istringstream words(line);
  std::string kind, mode, path, rest;
  DescribedMember described;
  transfer::TarMember& member = described.member;
  words >> kind >> mode >> member.uid >> member.gid >> member.mtime >> path >> std::ws;
  std::getline(words, rest);
  member.kind = kind_of(kind);
  member.mode = static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
  member.path = unescaped(path);
  std::string text = rest;
  for (const char* key : {" default=", " access=", " capability=", "  "}) text = text.substr(0, text.find(key));
  std::istringstream options(rest.substr(text.size()));
  take_options(options, described);
  const std::string bytes = unescaped(text);
  if (member.kind == transfer::MemberKind::file) {
    described.content = bytes;
    member.size = bytes.size();
  } else {
    member.target = bytes;
  }
  return described;
}

}  // namespace

std::map<std::string, DescribedTree> golden_trees() {
  std::ifstream file(std::string(INGOT_SOURCE_DIR) + "/tests/transfer/golden/trees.txt");
  std::map<std::string, DescribedTree> trees;
  std::string name;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("tree "))
      name = line.substr(5);
    else
      trees[name].push_back(member_of(line));
  }
  for (auto& [unused, tree] : trees) {
    std::sort(tree.begin(), tree.end(), [](const auto& a, const auto& b) { return a.member.path < b.member.path; });
  }
  return trees;
}

std::string tar_of(const DescribedTree& tree) {
  std::string bytes;
  for (const auto& [member, content] : tree) {
    bytes += transfer::encode_member(member) + content;
    bytes.append(transfer::tar_padding(content.size()), '\0');
  }
  return bytes + std::string(transfer::tar_end, '\0');
}

void make_tree(const DescribedTree& tree, const std::string& path) {
  // Backwards for what a later member would change: a folder's time is set after its members were made.
  for (const auto& [member, content] : tree) {
    const std::string full = path + member.path.substr(1);
    if (member.kind == transfer::MemberKind::folder && member.path != "./") fs::create_directory(full);
    if (member.kind == transfer::MemberKind::file) std::ofstream(full, std::ios::binary) << content;
    if (member.kind == transfer::MemberKind::symbolic_link) fs::create_symlink(member.target, full);
    if (member.kind == transfer::MemberKind::hard_link) fs::create_hard_link(path + member.target.substr(1), full);
  }
  for (auto at = tree.rbegin(); at != tree.rend(); ++at) {
    const transfer::TarMember& member = at->member;
    const std::string full = path + member.path.substr(1);
    check(lchown(full.c_str(), static_cast<uid_t>(member.uid), static_cast<gid_t>(member.gid)) == 0, "lchown " + full);
    if (member.kind != transfer::MemberKind::symbolic_link) check(chmod(full.c_str(), member.mode) == 0, "chmod " + full);
    if (!member.access_acl.empty())
      set_attribute(full, "system.posix_acl_access", transfer::acl_attribute_of(member.access_acl).value());
    if (!member.default_acl.empty())
      set_attribute(full, "system.posix_acl_default", transfer::acl_attribute_of(member.default_acl).value());
    if (!member.capability.empty()) set_attribute(full, "security.capability", member.capability);
    set_mtime(full, member.mtime, 123'456'789);
  }
}

void make_file(const std::string& path, std::string_view content, mode_t mode, long mtime, long nanoseconds) {
  std::ofstream(path, std::ios::binary) << content;
  check(chmod(path.c_str(), mode) == 0, "chmod " + path);
  set_mtime(path, mtime, nanoseconds);
}

void set_mtime(const std::string& path, long seconds, long nanoseconds) {
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
  check(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0, "utimensat " + path);
}

std::string canonical_bytes(const std::string& path, const std::vector<std::string>& exclude) {
  std::string bytes;
  transfer::write_canonical(
      {.path = path, .exclude = exclude}, [&](std::string_view more) { bytes += more; }, nullptr);
  return bytes;
}

Digest canonical_digest(const std::string& path, const std::vector<std::string>& exclude) {
  return io::sha256(canonical_bytes(path, exclude));
}

void restore_tree(std::string_view bytes, const std::string& destination, std::size_t piece) {
  transfer::TreeRestorer restorer(destination);
  for (std::size_t at = 0; at < bytes.size(); at += piece) restorer.write(bytes.substr(at, piece));
  restorer.commit();
}

std::string listing(const std::string& path) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& full, const std::string& name) {
    struct stat status {};
    check(lstat(full.c_str(), &status) == 0, "lstat " + full);
    std::ostringstream line;
    line << name << ' ' << std::oct << status.st_mode << std::dec << ' ' << status.st_uid << ' ' << status.st_gid << ' '
         << status.st_mtim.tv_sec;
    if (S_ISREG(status.st_mode)) {
      std::ifstream file(full, std::ios::binary);
      line << ' ' << status.st_size << ' ' << status.st_nlink << ' '
           << io::sha256(std::string(std::istreambuf_iterator<char>(file), {})).hex();
    }
    if (S_ISLNK(status.st_mode)) line << " -> " << fs::read_symlink(full).string();
    lines.push_back(line.str());
  };
  add(path, ".");
  for (const auto& entry : fs::recursive_directory_iterator(path))
    add(entry.path().string(), entry.path().string().substr(path.size() + 1));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

std::string as_nobody(const std::string& folder, std::string (*work)(const std::string& folder)) {
  constexpr unsigned nobody = 65534;
  int ends[2] = {-1, -1};
  check(pipe(ends) == 0, "pipe");
  const pid_t child = fork();
  if (child == 0) {
    std::string text;
    if (geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) _exit(1);
    try {
      text = work(folder);
    } catch (const std::exception& error) { text = error.what(); }
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? text : "";
}

}  // namespace ingot::testing_support
