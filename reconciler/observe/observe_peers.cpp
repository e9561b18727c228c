#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/observe/observe_peer.hpp"

namespace ingot::observe {

namespace {

constexpr std::size_t most_threads = 8;

using Progress = std::function<void(const ServerName&, const std::string& what)>;

/// Asks the peers of one run, each by whichever thread is free.
class Rounds {
 public:
  Rounds(const PeerQuestions& questions, io::Transport& transport, io::PeerMemory& memory, io::Clock& clock,
         const Progress& progress)
      : questions_(questions),
        transport_(transport),
        memory_(memory),
        clock_(clock),
        progress_(progress),
        views_(questions.manifest->peers.size(), not_asked()) {}

  std::vector<plan::PeerView> run() {
    io::Threads threads;
    for (std::size_t i = 1; i < std::min(most_threads, views_.size()) && threads.try_start([this] { work(); }); ++i) {}
    work();
    threads.join();
    if (thrown_) std::rethrow_exception(thrown_);
    return std::move(views_);
  }

 private:
  static plan::PeerView not_asked() {
    return plan::Unknown{
        .code = Code::unreachable, .why = "this run does not ask it", .detail_code = Code::not_asked, .last = {}};
  }

  void work() noexcept {
    try {
      for (std::size_t at = next_++; at < views_.size() && !over_; at = next_++) ask(at);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
      over_ = true;
    }
  }

  void ask(std::size_t at) {
    const PeerEntry& peer = questions_.manifest->peers[at];
    if (!questions_.only.empty() && !questions_.only.contains(peer.name)) return;
    const KnownPeer known = at < questions_.known.size() ? questions_.known[at] : KnownPeer{};
    views_[at] = observe_peer(peer, known, questions_, transport_, memory_, clock_,
                              [&](const std::string& what) { tell(peer.name, what); });
  }

  void tell(const ServerName& peer, const std::string& what) {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    progress_(peer, what);
  }

  const PeerQuestions& questions_;
  io::Transport& transport_;
  io::PeerMemory& memory_;
  io::Clock& clock_;
  const Progress& progress_;
  std::vector<plan::PeerView> views_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::exception_ptr thrown_;
};

}  // namespace

std::vector<plan::PeerView> observe_peers(const PeerQuestions& questions, io::Transport& transport, io::PeerMemory& memory,
                                          io::Clock& clock, const Progress& progress) {
  return Rounds(questions, transport, memory, clock, progress).run();
}

Digest settled_fingerprint(const plan::SeenHead& head, const KnownPeer& known) {
  return io::sha256("ingot.settled/1\n" + head.id.text() + "\n" + head.index.text() + "\n" + known.rules.text() + "\n");
}

}  // namespace ingot::observe
