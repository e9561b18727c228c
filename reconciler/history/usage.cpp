#include "reconciler/history/usage.hpp"

#include <algorithm>

#include "reconciler/history/past.hpp"
#include "state/image_address.hpp"

namespace ingot::history {

namespace {

constexpr std::int64_t fewest_days = 7, most_days_measured = 90;
constexpr std::int64_t most_days_ahead = 36'500;

/// "london" of "copy.london.db19"; any other address as it is.
std::string place_of(const Address& address) {
  return is_of(AddressKind::copy, address) ? std::string(peer_of_address(address.text)) : address.text;
}

/// Content that comes to the store or goes.
struct Change {
  Time time;
  enum class Kind { comes, goes, only_copied } kind = Kind::comes;  ///< only_copied: it went, nobody knows when
  const state::ImageRow* image = nullptr;
};

/// The first removal after the image came, under the name that its peer had then or has now.
std::optional<Time> removal_of(const state::ImageRow& image, const std::map<Address, std::vector<Time>>& removals,
                               const state::PeerNames& peers) {
  std::optional<Time> first;
  for (const Address& address : {address_of(image), state::present_address(image, peers)}) {
    const auto found = removals.find(address);
    if (found == removals.end()) continue;
    const auto time = std::lower_bound(found->second.begin(), found->second.end(), image.papers.time);
    if (time != found->second.end()) first = std::min(first.value_or(*time), *time);
  }
  return first;
}

std::vector<Change> changes_of(const state::Snapshot& now, const std::map<Address, std::vector<Time>>& removals, Usage& usage) {
  std::vector<Change> changes;
  const state::PeerNames peers = state::peer_names(now.registrations);
  for (const auto& image : now.images) {
    const auto removed = image.deleted ? removal_of(image, removals, peers) : std::nullopt;
    const bool undated = image.deleted && !removed;
    if (undated) ++usage.undated_removals;
    changes.push_back({image.papers.time, undated ? Change::Kind::only_copied : Change::Kind::comes, &image});
    if (removed) changes.push_back({*removed, Change::Kind::goes, &image});
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& one, const Change& other) { return one.time < other.time; });
  return changes;
}

/// Follows the store from change to change.
class Replay {
 public:
  Replay(const std::unordered_map<Digest, std::uint64_t>& lengths, Usage& usage) : lengths_(lengths), usage_(usage) {}

  void apply(const Change& change) {
    const state::ImageRow& image = *change.image;
    std::uint64_t& holders = holders_[image.digest];
    const std::uint64_t length = length_of(image);
    if (change.kind != Change::Kind::goes && image.papers.peer) note_copy(image, holders == 0 ? length : 0);
    if (change.kind == Change::Kind::only_copied) return;
    if (change.kind == Change::Kind::comes) {
      if (holders++ == 0) bytes_ += length;
      ++images_;
    } else {
      if (--holders == 0) bytes_ -= length;
      --images_;
    }
    const Day day = day_of(change.time);
    if (usage_.sizes.empty() || usage_.sizes.back().day != day) usage_.sizes.push_back({.day = day});
    usage_.sizes.back() = {.day = day, .bytes = bytes_, .images = images_};
  }

 private:
  std::uint64_t length_of(const state::ImageRow& image) const {
    const auto known = lengths_.find(image.digest);
    return known == lengths_.end() ? image.size : known->second;
  }
  void note_copy(const state::ImageRow& image, std::uint64_t bytes) {
    Copied& copied = usage_.copied[day_of(image.papers.time)][*image.papers.peer];
    copied.bytes += bytes;
    ++copied.images;
  }

  const std::unordered_map<Digest, std::uint64_t>& lengths_;
  Usage& usage_;
  std::unordered_map<Digest, std::uint64_t> holders_;
  std::uint64_t bytes_ = 0;
  std::uint64_t images_ = 0;
};

}  // namespace

Day day_of(Time time) { return std::chrono::floor<std::chrono::days>(time); }

void UsageBuilder::add(const state::RunRecord& run) {
  RunCounts& counts = usage_.runs[day_of(run.start.started)];
  ++counts.runs;
  if (!run.finished || run.exit_code.value_or(1) != 0) ++counts.with_trouble;
}

void UsageBuilder::add(const state::ActionRecord& action) {
  const Time time = action.finished.value_or(action.started);
  if (action.outcome == state::ActionEnd::done && (action.verb == Verb::delete_ || action.verb == Verb::remove))
    removals_[action.address].push_back(time);
  if (action.outcome != state::ActionEnd::failed) return;
  ++usage_.runs[day_of(action.started)].failures;
  Time& last = last_failures_.try_emplace(action.address, time).first->second;
  last = std::max(last, time);
  const std::string where = place_of(action.address);
  FailureGroup& group = groups_[{where, action.code}];
  if (group.count == 0 || time < group.first) group.first = time;
  ++group.count;
  if (group.count > 1 && time < group.last) return;
  group.where = where;
  group.code = action.code;
  group.last = time;
  group.address = action.address;
  group.text = action.text;
}

Usage UsageBuilder::finish(const state::Snapshot& now, const std::unordered_map<Digest, std::uint64_t>& lengths) {
  for (auto& [address, times] : removals_) std::sort(times.begin(), times.end());
  Replay replay(lengths, usage_);
  for (const auto& change : changes_of(now, removals_, usage_)) replay.apply(change);
  for (auto& [key, group] : groups_) usage_.failures.push_back(std::move(group));
  std::stable_sort(usage_.failures.begin(), usage_.failures.end(),
                   [](const FailureGroup& one, const FailureGroup& other) { return one.last > other.last; });
  for (const auto& address : now.failing) {
    if (const auto last = last_failures_.find(address); last != last_failures_.end()) usage_.failing.insert(*last);
  }
  usage_.images = now.images_total;
  return std::move(usage_);
}

StoreSize size_at(const std::vector<StoreSize>& sizes, Day day) {
  const auto after =
      std::upper_bound(sizes.begin(), sizes.end(), day, [](Day wanted, const StoreSize& size) { return wanted < size.day; });
  if (after == sizes.begin()) return {.day = day};
  const StoreSize& last = *std::prev(after);
  return {.day = day, .bytes = last.bytes, .images = last.images};
}

std::optional<Forecast> forecast(const std::vector<StoreSize>& sizes, Day today, std::uint64_t available) {
  if (sizes.empty()) return std::nullopt;
  const Day begin = std::max(today - std::chrono::days(most_days_measured), sizes.front().day);
  const std::int64_t days = (today - begin).count();
  if (days < fewest_days) return std::nullopt;
  const auto grown = static_cast<std::int64_t>(size_at(sizes, today).bytes - size_at(sizes, begin).bytes);
  Forecast result{.bytes_a_day = grown / days, .days = days, .full = std::nullopt};
  if (result.bytes_a_day <= 0) return result;
  const std::uint64_t left = available / static_cast<std::uint64_t>(result.bytes_a_day);
  if (left <= most_days_ahead) result.full = today + std::chrono::days(static_cast<std::int64_t>(left));
  return result;
}

}  // namespace ingot::history
