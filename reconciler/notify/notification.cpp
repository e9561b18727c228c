#include "reconciler/notify/notification.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "schema/exit_code.hpp"

namespace ingot::notify {

namespace {

/// What somebody did on purpose is none, nor is another run that is well.
constexpr std::array no_failures{exit_done, exit_busy, exit_approval, exit_interrupted, exit_terminated};

bool is_failure(const Notification& news) {
  const bool said_no = news.error && news.error->code() == Code::not_approved;
  return !said_no && std::find(no_failures.begin(), no_failures.end(), news.exit_code) == no_failures.end();
}

}  // namespace

SeriesMembers members_of(const std::vector<state::SeriesRow>& rows) {
  SeriesMembers members;
  for (const auto& row : rows) {
    auto& names = members[row.name];
    for (const auto& member : row.members) names.push_back(member.name);
  }
  return members;
}

std::set<Occasion> occasions_of(const Notification& news) {
  std::set<Occasion> occasions;
  if (!news.account.done.empty()) occasions.insert(Occasion::change);
  if (is_failure(news)) occasions.insert(Occasion::failure);
  if (news.exit_code == exit_done && news.last_failure) occasions.insert(Occasion::recovery);
  return occasions;
}

SeriesMembers new_members(const Notification& news) {
  SeriesMembers grown;
  for (const auto& [series, members] : news.series_after) {
    const auto before = news.series_before.find(series);
    std::vector<ImageName> fresh;
    std::copy_if(members.begin(), members.end(), std::back_inserter(fresh), [&](const ImageName& name) {
      return before == news.series_before.end() ||
             std::find(before->second.begin(), before->second.end(), name) == before->second.end();
    });
    if (!fresh.empty()) grown.emplace(series, std::move(fresh));
  }
  return grown;
}

SeriesLatest latest_of(const state::Snapshot& snapshot) {
  std::set<state::ImageKey> withdrawn;
  for (const auto& image : snapshot.images) {
    if (image.state == ImageState::withdrawn || image.withdrawn_by_origin) withdrawn.insert(image.key);
  }
  SeriesLatest latest;
  for (const auto& row : snapshot.series) {
    const auto found = std::find_if(row.members.rbegin(), row.members.rend(),
                                    [&](const state::SeriesMemberRow& member) { return !withdrawn.contains(member.image); });
    latest.emplace(row.name, found == row.members.rend() ? std::nullopt : std::optional(*found));
  }
  return latest;
}

std::vector<LatestChange> latest_changes(const Notification& news, const NotifyEntry& entry) {
  if (!entry.on.contains(Occasion::latest)) return {};
  std::set<SeriesName> all;
  for (const auto* latest : {&news.latest_before, &news.latest_after}) {
    for (const auto& [series, member] : *latest) all.insert(series);
  }
  const auto in = [](const SeriesLatest& latest, const SeriesName& series) {
    const auto found = latest.find(series);
    return found == latest.end() ? std::nullopt : found->second;
  };
  const auto name_of = [](const std::optional<state::SeriesMemberRow>& member) {
    return member ? std::optional(member->name) : std::nullopt;
  };
  std::vector<LatestChange> changes;
  for (const auto& series : all) {
    if (!entry.series.empty() && !entry.series.contains(series)) continue;
    const auto before = in(news.latest_before, series), now = in(news.latest_after, series);
    const bool same = before && now ? before->image == now->image : before == now;
    if (!same) changes.push_back({.series = series, .before = name_of(before), .now = name_of(now)});
  }
  return changes;
}

bool is_due(const NotifyEntry& entry, const Notification& news) {
  const auto occasions = occasions_of(news);
  if (std::any_of(occasions.begin(), occasions.end(), [&](Occasion one) { return entry.on.contains(one); })) return true;
  if (entry.on.contains(Occasion::latest)) return !latest_changes(news, entry).empty();
  const auto grown = new_members(news);
  return std::any_of(grown.begin(), grown.end(), [&](const auto& one) { return entry.series.contains(one.first); });
}

}  // namespace ingot::notify
