#include "reconciler/observe/verifying.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/observe/published_pieces.hpp"

namespace ingot::observe {

namespace {

/// Bytes to re-hash and who has them.
struct Hashing {
  state::ObjectRow object;
  std::string what;  ///< "image a, b"
  std::vector<state::ImageRow> images;
};

/// The distinct bytes of the images, and findings for those that have none.
std::vector<Hashing> tasks_for(const std::vector<state::ImageRow>& images, const site::Site& site, Verified& verified) {
  std::map<Digest, Hashing> tasks;
  for (const auto& image : images) {
    ++verified.findings.images;
    if (const auto known = tasks.find(image.digest); known != tasks.end()) {
      known->second.what += ", " + image.name.text();
      known->second.images.push_back(image);
    } else if (auto object = site.state.object(image.digest)) {
      tasks.emplace(image.digest, Hashing{*std::move(object), "image " + image.name.text(), {image}});
    } else {
      verified.findings.faults.push_back(
          {"image " + image.name.text(), "", "the state does not know its bytes", show::FindingKind::image});
      verified.images.push_back(image);
    }
  }
  std::vector<Hashing> list;
  for (auto& [digest, task] : tasks) list.push_back(std::move(task));
  return list;
}

/// Re-hashes on several threads; what is found comes out in the order of the tasks.
class Verifying {
 public:
  Verifying(const std::vector<Hashing>& tasks, const store::Store& store, console::ByteProgress& progress)
      : tasks_(tasks), store_(store), progress_(progress), damages_(tasks.size()) {}

  std::vector<std::vector<store::Damage>> run(unsigned threads) {
    io::Threads workers;
    for (unsigned i = 1; i < threads && workers.try_start([this] { work(); }); ++i) {}
    work();
    workers.join();
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
    const state::ObjectRow& object = tasks_[at].object;
    damages_[at] = store_.check_object(object.digest, object.size, object.packed, [&](std::uint64_t done) {
      io::throw_if_interrupted();
      progress_.add(done - before);
      before = done;
    });
    try {
      const auto unreadable = store_.unreadable(object.packed);
      damages_[at].insert(damages_[at].end(), unreadable.begin(), unreadable.end());
    } catch (const Error& error) {  // a folder that cannot be entered: told above already
      if (error.fault() != Fault::local || damages_[at].empty()) throw;
    }
  }

  const std::vector<Hashing>& tasks_;
  const store::Store& store_;
  console::ByteProgress& progress_;
  std::vector<std::vector<store::Damage>> damages_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr thrown_;
};

void note(const Hashing& task, const std::vector<store::Damage>& damages, Verified& verified) {
  for (const auto& damage : damages) {
    verified.findings.faults.push_back({task.what, damage.path, damage.why, show::FindingKind::image});
    if (damage.only_mode) verified.unreadable.push_back(damage.path);
  }
  if (damages.empty()) return;
  verified.objects.push_back(task.object);
  verified.images.insert(verified.images.end(), task.images.begin(), task.images.end());
}

void verify_images(const std::vector<state::ImageRow>& images, const site::Site& site, const console::Session& session,
                   Verified& verified) {
  const std::vector<Hashing> tasks = tasks_for(images, site, verified);
  std::uint64_t total = 0;
  for (const auto& task : tasks) total += task.object.size;
  const unsigned wanted = session.flags.parallel.value_or(site.manifest.limits.parallel);
  const unsigned threads =
      std::max(1U, std::min({wanted, std::thread::hardware_concurrency(), static_cast<unsigned>(tasks.size())}));
  console::ByteProgress progress(session, "verify", total);
  const auto damages = Verifying(tasks, site.store, progress).run(threads);
  for (std::size_t i = 0; i < tasks.size(); ++i) note(tasks[i], damages[i], verified);
  verified.findings.bytes += total;
}

/// Of a delta nothing depends: a damaged one is only of no use.
void verify_deltas(const site::Site& site, Verified& verified) {
  for (const state::DeltaRow& delta : site.state.deltas()) {
    if (!delta.file) continue;
    io::throw_if_interrupted();
    ++verified.findings.deltas;
    verified.findings.bytes += delta.file->length;
    const auto damage = site.store.check_file(*delta.file);
    if (!damage) continue;
    const auto images = site.state.live_images_of(delta.image);
    verified.findings.faults.push_back({images.empty() ? "delta" : "delta of " + images.front().name.text(), damage->path,
                                        damage->why, show::FindingKind::delta});
    verified.deltas.push_back(delta);
  }
}

void verify_published(const site::Site& site, Verified& verified) {
  show::Findings& findings = verified.findings;
  const std::size_t before = findings.faults.size();
  const auto pieces = published_pieces(site, findings);
  verified.root_is_lost = std::any_of(findings.faults.begin() + static_cast<std::ptrdiff_t>(before), findings.faults.end(),
                                      [](const show::Finding& fault) { return fault.what == "root of trust"; });
  for (const auto& [what, namer, piece] : pieces) {
    io::throw_if_interrupted();
    ++findings.pieces;
    findings.bytes += piece.length;
    const auto bytes = read_piece(site.store, piece, namer);
    const auto* why = std::get_if<NotWhole>(&bytes);
    if (!why) continue;
    findings.faults.push_back({std::string(what), piece_path(piece), why->text});
    verified.pieces.push_back(piece);
  }
  for (const auto& damage : site.store.unreadable_published()) {
    findings.faults.push_back({"published file", damage.path, damage.why});
    verified.unreadable.push_back(damage.path);
  }
}

}  // namespace

Verified verify(const std::vector<state::ImageRow>& images, bool published, const site::Site& site,
                const console::Session& session) {
  Verified verified;
  verify_images(images, site, session, verified);
  if (published) {
    verify_deltas(site, verified);
    verify_published(site, verified);
  }
  return verified;
}

}  // namespace ingot::observe
