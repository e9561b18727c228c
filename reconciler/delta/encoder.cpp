// A line of tasks between threads, as in transfer/pack.cpp: the caller plans them, workers compare, one thread writes in order.
#include "reconciler/delta/encoder.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "reconciler/delta/block_writer.hpp"
#include "reconciler/delta/find_copies.hpp"
#include "reconciler/delta/suffix_index.hpp"
#include "reconciler/delta/units.hpp"
#include "reconciler/io/threads.hpp"

namespace ingot::delta {

namespace {

/// Bytes of the result in the line that are compared and not written yet.
constexpr std::uint64_t most_in_line = 2 * most_searched;
constexpr std::size_t most_tasks = 4096;

struct Work {
  Task task;
  std::vector<Unit> units{};
  bool done = false;
  std::uint64_t weight() const { return task.how == Task::How::same ? 0 : task.length; }
};

/// What one thread compares with. Its memory is used again.
class Comparer {
 public:
  Comparer(const ReadAt& base, const ReadAt& result) : read_base_(base), read_result_(result) {}

  std::vector<Unit> compare(const Task& task) {
    if (task.how == Task::How::same) return {};  // the thread that writes makes them
    bytes_.resize(task.length);
    read_result_(task.to, bytes_);
    base_.resize(task.from_length);
    if (!base_.empty()) read_base_(task.from, base_);
    return make_units(task.to, bytes_, task.from, base_, copies(task));
  }

 private:
  std::vector<Copy> copies(const Task& task) {
    if (task.how == Task::How::aligned) return {{.to = 0, .from = 0, .length = task.length}};
    if (base_.empty()) return {};
    index_.build(base_);
    return find_copies(index_, bytes_);
  }

  const ReadAt& read_base_;
  const ReadAt& read_result_;
  std::string base_;
  std::string bytes_;
  SuffixIndex index_;
};

class Encoder {
 public:
  Encoder(const Source& base, const Source& result, const EncoderOptions& options,
          const std::function<void(std::string_view)>& out)
      : base_{base.image, guarded(base.read, base_mutex_)},
        result_{result.image, guarded(result.read, result_mutex_)},
        options_(options),
        writer_({base.image, result.image}, result_.read, out) {}
  ~Encoder() { stop(); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  std::uint64_t run() {
    threads_.start([this] { kept([this] { write(); }); });
    const int threads = std::clamp(options_.threads, 1, most_threads);
    threads_.start([this] { kept([this] { compare(); }); });
    for (int i = 1; i < threads && threads_.try_start([this] { kept([this] { compare(); }); }); ++i) {}
    plan_tasks(base_, result_, [this](const Task& task) { hand_over(task); });
    {
      std::unique_lock lock(mutex_);
      complete_ = true;
      changed_.notify_all();
      while (!failure_ && !line_.empty()) { wait_a_while(lock); }
    }
    stop();
    if (failure_) std::rethrow_exception(failure_);
    return writer_.finish();
  }

 private:
  static ReadAt guarded(const ReadAt& read, std::mutex& mutex) {
    return [&read, &mutex](std::uint64_t offset, std::span<char> into) {
      const std::lock_guard lock(mutex);
      read(offset, into);
    };
  }

  /// Of the caller's thread: others cannot be asked to stop but by it.
  void wait_a_while(std::unique_lock<std::mutex>& lock) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    if (!options_.may_go_on) return;
    lock.unlock();
    options_.may_go_on();
    lock.lock();
  }

  void hand_over(const Task& task) {
    if (options_.may_go_on) options_.may_go_on();
    auto work = std::make_shared<Work>(Work{.task = task});
    std::unique_lock lock(mutex_);
    while (!failure_ && !line_.empty() && (in_line_ + work->weight() > most_in_line || line_.size() >= most_tasks))
      wait_a_while(lock);
    if (failure_) std::rethrow_exception(failure_);
    in_line_ += work->weight();
    line_.push_back(std::move(work));
    changed_.notify_all();
  }

  bool is_over() const { return stopping_ || failure_ != nullptr; }

  void compare() {
    Comparer comparer(base_.read, result_.read);
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over() || complete_ || begun_ < written_ + line_.size(); });
      if (is_over() || begun_ == written_ + line_.size()) return;
      const std::shared_ptr<Work> work = line_[begun_++ - written_];
      lock.unlock();
      std::vector<Unit> units = comparer.compare(work->task);
      lock.lock();
      work->units = std::move(units);
      work->done = true;
      changed_.notify_all();
    }
  }

  void write() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock,
                    [this] { return is_over() || (complete_ && line_.empty()) || (!line_.empty() && line_.front()->done); });
      if (is_over() || line_.empty()) return;
      const std::shared_ptr<Work> work = line_.front();
      lock.unlock();
      const bool is_same = work->task.how == Task::How::same;
      const auto same = is_same ? units_of_same(work->task.to, work->task.from, work->task.length) : std::vector<Unit>();
      for (const Unit& unit : is_same ? same : work->units) writer_.add(unit);
      if (options_.progress) options_.progress(work->task.to + work->task.length);
      lock.lock();
      line_.pop_front();
      ++written_;
      in_line_ -= work->weight();
      changed_.notify_all();
    }
  }

  template <class Job>
  void kept(Job job) {
    try {
      job();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    threads_.join();
  }

  std::mutex base_mutex_;
  std::mutex result_mutex_;
  Source base_;
  Source result_;
  const EncoderOptions& options_;
  BlockWriter writer_;  ///< of the thread that writes, until it ends

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Work>> line_;
  std::uint64_t in_line_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t written_ = 0;
  bool complete_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  io::Threads threads_;
};

}  // namespace

std::uint64_t make_delta(const Source& base, const Source& result, const EncoderOptions& options,
                         const std::function<void(std::string_view)>& out) {
  return Encoder(base, result, options, out).run();
}

}  // namespace ingot::delta
