#include "reconciler/apply/schedule.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "reconciler/io/threads.hpp"

namespace ingot::apply {

Turns::Turns(std::vector<CopyTask> tasks, std::uint32_t parallel, std::map<ServerName, std::uint32_t> of_peer)
    : count_(tasks.size()), all_(std::max(1U, parallel)), free_(all_), of_peer_(std::move(of_peer)) {
  for (CopyTask& task : tasks) {
    to_come_.insert(task.digest);
    Queue& queue = waiting_.try_emplace(task.peer).first->second;
    queue.push_back(std::move(task));
  }
}

bool Turns::others_wait(const ServerName& peer) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&peer](const auto& queue) { return queue.first != peer && !queue.second.empty(); });
}

std::uint32_t Turns::free_for(const ServerName& peer) const {
  std::uint32_t most = others_wait(peer) ? std::max(1U, all_ / 2) : all_;
  if (const auto limit = of_peer_.find(peer); limit != of_peer_.end()) most = std::min(most, limit->second);
  const auto used = used_of_peer_.find(peer);
  const std::uint32_t in_use = used == used_of_peer_.end() ? 0 : used->second;
  return most > in_use ? std::min(free_, most - in_use) : 0;
}

std::uint32_t Turns::connections_for(const CopyTask& task) const {
  // What is free is shared among those that wait, so that the last few large images use all of it.
  const std::uint64_t share = std::max<std::uint64_t>(1, free_ / count_);
  const std::uint64_t most = std::min<std::uint64_t>(task.segments, task.streams);
  const std::uint64_t useful = std::min(share, std::max<std::uint64_t>(1, most));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(useful, free_for(task.peer)));
}

bool Turns::may_begin(const CopyTask& task) const {
  return !under_way_.contains(task.digest) && !(task.base && to_come_.contains(*task.base));
}

std::optional<Turn> Turns::next() {
  Queue* queue = nullptr;
  Queue::iterator first;
  for (auto& [peer, tasks] : waiting_) {
    if (free_for(peer) == 0) continue;
    const auto found = std::find_if(tasks.begin(), tasks.end(), [this](const CopyTask& task) { return may_begin(task); });
    if (found == tasks.end() || (queue && first->action < found->action)) continue;
    queue = &tasks;
    first = found;
  }
  if (!queue && under_way_.empty()) {  // two that are each made of the other wait for nothing else: one comes whole
    for (auto& [peer, tasks] : waiting_) {
      if (queue || tasks.empty() || free_for(peer) == 0) continue;
      queue = &tasks;
      first = tasks.begin();
    }
  }
  if (!queue) return std::nullopt;
  Turn turn{.task = *first, .connections = connections_for(*first)};
  queue->erase(first);
  --count_;
  free_ -= turn.connections;
  used_of_peer_[turn.task.peer] += turn.connections;
  under_way_.insert(turn.task.digest);
  return turn;
}

void Turns::over(const Turn& turn) {
  free_ += turn.connections;
  used_of_peer_[turn.task.peer] -= turn.connections;
  under_way_.erase(turn.task.digest);
  to_come_.erase(to_come_.find(turn.task.digest));
}

namespace {

/// What the workers share.
struct Pool {
  std::mutex mutex;
  std::condition_variable changed;
  Turns turns;
};

/// Waits for a turn; nullopt: there is none left.
std::optional<Turn> take_turn(Pool& pool) {
  std::unique_lock lock(pool.mutex);
  while (!pool.turns.all_begun()) {
    if (auto turn = pool.turns.next()) return turn;
    pool.changed.wait(lock);
  }
  return std::nullopt;
}

void work(Pool& pool, const std::function<void(const Turn&)>& copy) {
  while (const auto turn = take_turn(pool)) {
    copy(*turn);
    {
      const std::lock_guard lock(pool.mutex);
      pool.turns.over(*turn);
    }
    pool.changed.notify_all();
  }
  pool.changed.notify_all();
}

}  // namespace

void run_turns(Turns turns, std::uint32_t parallel, const std::function<void(const Turn&)>& copy) {
  Pool pool{.mutex = {}, .changed = {}, .turns = std::move(turns)};
  io::Threads workers;
  for (std::uint32_t one = 1; one < parallel && workers.try_start([&] { work(pool, copy); }); ++one) {}
  work(pool, copy);
}

}  // namespace ingot::apply
