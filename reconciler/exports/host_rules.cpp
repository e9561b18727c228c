#include "reconciler/exports/host_rules.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/exports/mounted_paths.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owner.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::exports {

namespace {

/// As many as the kernel follows.
constexpr int most_links = 40;

/// A folder, a file or a link that is there.
struct Step {
  std::string path;
  struct stat status {};
};

/// How a path is walked: every step on the way, also of the paths that links on it lead through.
struct Way {
  std::vector<Step> steps;
  std::string real;  ///< with all links resolved; what is not there yet stands at its end as it is written
  std::string why;   ///< it cannot be walked, as a sentence; "": it can
};

class Walker {
 public:
  explicit Walker(const std::string& path) : left_(path) { go_to_root(); }

  Way walk() {
    while (way_.why.empty() && !left_.empty()) take_step();
    way_.real = at_;
    return std::move(way_);
  }

 private:
  void go_to_root() {
    at_ = "/";
    Step root{.path = "/"};
    if (lstat("/", &root.status) == 0) return way_.steps.push_back(std::move(root));
    way_.why = fmt::format("\"/\" cannot be looked at: {}", io::errno_text(errno));
  }

  void take_step() {
    const auto begin = std::min(left_.find_first_not_of('/'), left_.size());
    const auto end = std::min(left_.find('/', begin), left_.size());
    const std::string name = left_.substr(begin, end - begin);
    left_.erase(0, end);
    if (name.empty() || name == ".") return;
    if (name == "..") {
      at_ = parent_folder(at_);
      return;
    }
    Step step{.path = joined_path(at_ == "/" ? "/" : at_ + "/", name)};
    if (lstat(step.path.c_str(), &step.status) == 0)
      return S_ISLNK(step.status.st_mode) ? follow(std::move(step)) : arrive_at(std::move(step));
    if (errno != ENOENT)
      way_.why = fmt::format("\"{}\" cannot be looked at: {}", io::printable(step.path), io::errno_text(errno));
    at_ = plain_path(step.path + left_);
    left_.clear();
  }

  void arrive_at(Step step) {
    at_ = step.path;
    way_.steps.push_back(std::move(step));
  }

  void follow(Step link) {
    std::string target(PATH_MAX, '\0');
    const ssize_t length = readlink(link.path.c_str(), target.data(), target.size());
    if (length < 0 || ++links_ > most_links) {
      way_.why = fmt::format("the link \"{}\" cannot be followed: {}", io::printable(link.path),
                             io::errno_text(length < 0 ? errno : ELOOP));
      return;
    }
    target.resize(static_cast<std::size_t>(length));
    way_.steps.push_back(std::move(link));
    if (target.starts_with('/')) go_to_root();
    left_ = target + left_;
  }

  std::string left_;  ///< to walk; what is behind a step begins with "/"
  std::string at_;
  int links_ = 0;
  Way way_;
};

Way way_to(const std::string& path) { return Walker(absolute_path(path)).walk(); }

/// "" if nobody else can. The owner of a link may put another in its place where only the owner of a name may remove it.
std::string who_can_write(const Step& step, bool may_be_sticky) {
  const struct stat& status = step.status;
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return fmt::format("\"{}\" belongs to {}", io::printable(step.path), io::user_name(status.st_uid));
  if (S_ISLNK(status.st_mode)) return "";
  const bool is_sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (may_be_sticky && is_sticky)) return "";
  return fmt::format("others than its owner can write \"{}\" (mode {:04o})", io::printable(step.path), status.st_mode & 07777U);
}

}  // namespace

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return plain_path(path);
  std::error_code failed;
  const std::string working = std::filesystem::current_path(failed).string();
  return plain_path(working + "/" + path);
}

RealPath real_path(const std::string& path) {
  Way way = way_to(path);
  return {.path = std::move(way.real), .why = std::move(way.why)};
}

LiesIn lies_in(const std::string& path, const std::string& folder) {
  const Way way = way_to(path);
  const Way other = way_to(folder);
  const std::string& why = way.why.empty() ? other.why : way.why;
  return {.inside = why.empty() && is_within(way.real, other.real), .why = why};
}

std::optional<Objection> why_not_below(const std::string& path, const std::vector<std::string>& folders, const std::string& key) {
  const Way way = way_to(path);
  if (!way.why.empty()) return Objection{.why = way.why, .unwalkable = true};
  std::string unwalkable;
  for (const std::string& folder : folders) {
    const Way listed = way_to(folder);
    if (listed.why.empty() && is_within(way.real, listed.real)) return std::nullopt;
    if (unwalkable.empty()) unwalkable = listed.why;
  }
  if (!unwalkable.empty()) return Objection{.why = unwalkable, .unwalkable = true};
  return Objection{
      .why = fmt::format("this runs as root, and \"{}\" lies below no folder that this host's guard file lists in [guard] {}",
                         io::printable(path), key)};
}

std::optional<Objection> why_others_can_write(const std::string& path, bool sticky) {
  const Way way = way_to(path);
  for (const Step& step : way.steps) {
    if (std::string who = who_can_write(step, sticky && step.path != way.real); !who.empty()) return Objection{.why = who};
  }
  return way.why.empty() ? std::nullopt : std::optional(Objection{.why = way.why, .unwalkable = true});
}

}  // namespace ingot::exports
