#include "reconciler/source/fetch_manifests.hpp"

#include <filesystem>

#include "reconciler/io/disk/run_lock.hpp"
#include "reconciler/io/git/fetch.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/manifest/manifest_commit.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::source {

namespace {

namespace fs = std::filesystem;

/// Another run may fetch the same just now; that takes no longer than a fetch may.
constexpr Seconds longest_wait = std::chrono::minutes(10);
/// Each fetch leaves a pack, and libgit2 joins none: with more than these it is cheaper to begin anew.
constexpr std::size_t most_packs = 200;
constexpr Seconds heartbeat{30};

/// What a fetch that was killed left, which would stop the next one.
void clear_left_overs(const std::string& cache) {
  std::vector<fs::path> gone;
  std::error_code ignored;
  std::size_t packs = 0;
  for (fs::recursive_directory_iterator entry(cache, ignored), end; entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename();
    if (name.ends_with(".lock") || name.starts_with("pack_git2_")) gone.push_back(entry->path());
    if (name.ends_with(".pack")) ++packs;
  }
  for (const auto& path : gone) fs::remove(path, ignored);
  if (packs > most_packs) fs::remove_all(cache, ignored);
}

/// A line that is drawn over itself while objects arrive; without a terminal one line now and then.
class FetchLine {
 public:
  explicit FetchLine(const console::Session& session) : session_(session), told_(session.clock.now()) {}
  ~FetchLine() {
    if (drawn_) session_.terminal.error("\r\033[K");
  }
  FetchLine(const FetchLine&) = delete;
  FetchLine& operator=(const FetchLine&) = delete;
  void show(const std::string& url, const io::FetchProgress& now) {
    std::string text = fmt::format("fetching {}: {} of {} objects, {}", url, now.objects, now.of, size_text(now.bytes));
    if (!session_.may_draw()) return beat(text);
    text.resize(std::min(text.size(), static_cast<std::size_t>(session_.terminal.width() - 1)));
    session_.terminal.error("\r" + text + "\033[K");
    drawn_ = true;
  }

 private:
  void beat(const std::string& text) {
    if (session_.flags.no_progress || session_.clock.now() - told_ < heartbeat) return;
    told_ = session_.clock.now();
    session_.tell(text);
  }

  const console::Session& session_;
  Time told_;
  bool drawn_ = false;
};

}  // namespace

std::string repository_cache(const options::GlobalOptions& flags) {
  const std::string home = flags.home.value_or(".");
  return joined_path(home.ends_with('/') ? home : home + "/", "state/git/" + io::sha256(*flags.repo).hex().substr(0, 32));
}

void fetch_manifests(const console::Session& session) {
  const std::string& url = *session.flags.repo;
  if (const auto why = io::why_not_a_repository(url)) {
    throw Error(Fault::usage, "the address of --repo " + *why, "write for example --repo https://git.example.net/gold.git")
        .with_code(Code::bad_repository);
  }
  const std::string cache = repository_cache(session.flags), shown = io::printable(without_credentials(url));
  io::make_folders(session.files, parent_folder(cache), 0700);
  const io::RunLock lock = io::RunLock::take(cache + ".lock", "fetching " + shown, longest_wait, session.clock);
  clear_left_overs(cache);
  FetchLine line(session);
  if (session.flags.verbose) session.tell("fetching " + shown);
  io::fetch_git({.url = url, .folder = cache, .progress = [&](const io::FetchProgress& now) { line.show(shown, now); }});
}

}  // namespace ingot::source
