#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "reconciler/cli/byte_progress.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/published_pieces.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// Bytes to re-hash and who has them.
struct Task {
  ObjectRow object;
  std::string what;  ///< "image a, b"
};

/// The distinct bytes of the images, and findings for those that have none.
std::vector<Task> tasks_for(const std::vector<ImageRow>& images, const Site& site, Findings& findings) {
  std::map<Digest, Task> tasks;
  for (const auto& image : images) {
    ++findings.images;
    if (const auto known = tasks.find(image.digest); known != tasks.end()) {
      known->second.what += ", " + image.name.text();
    } else if (auto object = site.state.object(image.digest)) {
      tasks.emplace(image.digest, Task{*std::move(object), "image " + image.name.text()});
    } else {
      findings.faults.push_back({"image " + image.name.text(), "", "the state does not know its bytes"});
    }
  }
  std::vector<Task> list;
  for (auto& [digest, task] : tasks) list.push_back(std::move(task));
  return list;
}

/// Re-hashes on several threads; what is found comes out in the order of the tasks.
class Verifying {
 public:
  Verifying(const std::vector<Task>& tasks, const Store& store, ByteProgress& progress) : tasks_(tasks), store_(store), progress_(progress), damages_(tasks.size()) {}

  std::vector<std::vector<Damage>> run(unsigned threads) {
    {
      std::vector<std::jthread> workers;
      for (unsigned i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
    }
    if (thrown_) std::rethrow_exception(thrown_);
    return std::move(damages_);
  }

 private:
  void work() noexcept {
    try {
      for (std::size_t at = next_++; at < tasks_.size(); at = next_++) check(at);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
      next_ = tasks_.size();
    }
  }

  void check(std::size_t at) {
    std::uint64_t before = 0;
    const ObjectRow& object = tasks_[at].object;
    damages_[at] = store_.check_object(object.digest, object.size, object.packed, [&](std::uint64_t done) {
      throw_if_interrupted();
      progress_.add(done - before);
      before = done;
    });
  }

  const std::vector<Task>& tasks_;
  const Store& store_;
  ByteProgress& progress_;
  std::vector<std::vector<Damage>> damages_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr thrown_;
};

void verify_images(const std::vector<ImageRow>& images, const Site& site, const Session& session, Findings& findings) {
  const std::vector<Task> tasks = tasks_for(images, site, findings);
  std::uint64_t total = 0;
  for (const auto& task : tasks) total += task.object.size;
  const unsigned wanted = session.flags.parallel.value_or(site.manifest.limits.parallel);
  const unsigned threads = std::max(1U, std::min({wanted, std::thread::hardware_concurrency(), static_cast<unsigned>(tasks.size())}));
  ByteProgress progress(session, "verify", total);
  const auto damages = Verifying(tasks, site.store, progress).run(threads);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const auto& damage : damages[i]) findings.faults.push_back({tasks[i].what, damage.path, damage.why});
  }
  findings.bytes += total;
}

void verify_published(const Site& site, Findings& findings) {
  for (const auto& page : published_pages(site, findings)) {
    throw_if_interrupted();
    ++findings.pieces;
    findings.bytes += page.piece.length;
    const auto bytes = site.store.published_piece(page.piece);
    if (!bytes) findings.faults.push_back({"page", piece_path(page.piece), "it is not there"});
    else if (sha256(*bytes) != page.piece.digest) findings.faults.push_back({"page", piece_path(page.piece), "its bytes are not what the index names"});
  }
}

}  // namespace

int run_command(const VerifyArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const Site site(*manifest, Access::read_only, session.files);
  Findings findings;
  const Snapshot snapshot = site.state.snapshot();
  std::vector<ImageRow> images;
  if (arguments.images.empty()) {
    std::copy_if(snapshot.images.begin(), snapshot.images.end(), std::back_inserter(images), [](const ImageRow& image) { return !image.deleted; });
  } else {
    for (const auto& name : arguments.images) images.push_back(find_image(snapshot, name));
  }
  verify_images(images, site, session, findings);
  if (arguments.images.empty()) verify_published(site, findings);
  session.show([&](const Style& style, Output& out) { show_verify(findings, style, out); }, [&](Output& out) { show_verify_json(findings, out); });
  return findings.faults.empty() ? exit_done : exit_local;
}

}  // namespace ingot
