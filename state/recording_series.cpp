// Effects on series.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "schema/error.hpp"
#include "state/lines.hpp"
#include "state/recording.hpp"

namespace ingot::state {

namespace {

struct OldSeries {
  std::int64_t number = 0;
  bool follows = false;
  bool shown = false;
};

std::optional<OldSeries> find_series(Database& database, const SeriesName& name) {
  Statement found = database.query(
      "SELECT number, follow_peer IS NOT NULL, created IS NOT NULL FROM series WHERE name = ? AND deleted = 0", name);
  if (!found.step()) return std::nullopt;
  return OldSeries{.number = found.next<std::int64_t>(), .follows = found.next<bool>(), .shown = found.next<bool>()};
}

}  // namespace

/// The members that a catalog shows, or will, in order.
std::vector<ImageKey> Recording::public_members(std::int64_t series) {
  Statement rows = database_.query(
      "SELECT m.image FROM series_member m JOIN image i ON i.key = m.image WHERE m.series = ? AND i.is_private = 0"
      " ORDER BY m.position",
      series);
  std::vector<ImageKey> keys;
  while (rows.step()) keys.push_back(rows.next<ImageKey>());
  return keys;
}

void Recording::put_members(std::int64_t series, const std::vector<SeriesMemberRow>& members) {
  std::map<ImageKey, std::optional<Serial>> added;
  {
    Statement rows = database_.query("SELECT image, added FROM series_member WHERE series = ?", series);
    while (rows.step()) {
      const auto key = rows.next<ImageKey>();
      added[key] = rows.next<std::optional<Serial>>();
    }
  }
  database_.execute("DELETE FROM series_member WHERE series = ?", series);
  std::int64_t position = 0;
  for (const auto& member : members) {
    if (!database_.query("SELECT 1 FROM image WHERE key = ? AND deleted = 0", member.image).step()) {
      throw Error(Fault::internal, fmt::format("the image \"{}\" of a series is not here", member.name.text()));
    }
    const auto old = added.find(member.image);
    database_.execute("INSERT INTO series_member (series, position, image, added) VALUES (?, ?, ?, ?)", series, position++,
                      member.image, old == added.end() ? std::optional<Serial>() : old->second);
  }
}

void Recording::put(const PutSeries& effect) {
  const auto& row = effect.row;
  const auto old = find_series(database_, row.name);
  const auto before = old ? public_members(old->number) : std::vector<ImageKey>();
  const auto follow_peer = row.follow ? std::optional(row.follow->peer) : std::nullopt;
  const auto follow_series = row.follow ? std::optional(row.follow->series) : std::nullopt;
  std::int64_t number = 0;
  if (old) {
    number = old->number;
    database_.execute("UPDATE series SET managed = ?, follow_peer = ?, follow_series = ?, wanted = ? WHERE number = ?",
                      row.managed, follow_peer, follow_series, write_lines(row.wanted), number);
  } else {
    number = database_.insert(
        "INSERT INTO series (name, managed, follow_peer, follow_series, wanted) VALUES (?, ?, ?, ?, ?) RETURNING number",
        row.name, row.managed, follow_peer, follow_series, write_lines(row.wanted));
  }
  put_members(number, row.members);
  changed_ = true;
  if (public_members(number) != before) content_ = true;
  // What follows a peer's series is part of what makes that peer settled.
  if (row.follow || (old && old->follows)) touch_all();
}

void Recording::put(const DropSeries& effect) {
  const auto old = find_series(database_, effect.name);
  if (!old) throw Error(Fault::internal, fmt::format("there is no series \"{}\"", effect.name.text()));
  if (old->shown || !public_members(old->number).empty()) content_ = true;
  database_.execute("DELETE FROM series_member WHERE series = ?", old->number);
  database_.execute("UPDATE series SET deleted = 1 WHERE number = ?", old->number);
  changed_ = true;
  if (old->follows) touch_all();
}

}  // namespace ingot::state
