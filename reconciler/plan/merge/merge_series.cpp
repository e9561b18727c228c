// Series: their members are the images that are here or come by this plan, in the manifest's or the origin's order (R17).
// What is not here yet takes its place when it arrives.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reconciler/plan/desired/arrivals.hpp"
#include "reconciler/plan/desired/parents.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

namespace {

/// One image of a series: here already, or brought by a change of this plan.
struct Member {
  ImageName name;           ///< that it bears when the series is made
  state::ImageKey key = 0;  ///< 0: not here yet
  bool is_public = true;
  std::optional<Address> planned;
  bool late = false;  ///< it comes by a copy, or after one
};

/// Who bears which name once this plan is done.
struct Bearers {
  std::unordered_map<std::string, const state::ImageRow*> renamed_to;  ///< copies that are renamed, by their new name
  std::unordered_map<state::ImageKey, ImageName> renamed;
  std::unordered_map<state::ImageKey, ImageName> renamed_early;  ///< with a withdrawal, before any series is made
  std::unordered_map<std::string, Address> copies;
};

Bearers bearers_after(const Desired& desired, const Draft& draft) {
  Bearers bearers{.renamed_to = {}, .renamed = {}, .renamed_early = {}, .copies = coming_copies(draft)};
  for (const auto& copy : desired.known) {
    if (!copy.name) continue;
    const DraftChange* change = draft.doing(copy_address(copy.rules->peer->name(), copy.row->identity->name));
    if (!change) continue;  // the selection leaves it out: it keeps its name
    bearers.renamed_to.emplace(copy.name->text(), copy.row);
    bearers.renamed.emplace(copy.row->key, *copy.name);
    if (change->phase == Phase::withdrawals) bearers.renamed_early.emplace(copy.row->key, *copy.name);
  }
  return bearers;
}

Member member_here(const state::ImageRow& row, const Bearers& bearers) {
  const auto early = bearers.renamed_early.find(row.key);
  return {.name = early == bearers.renamed_early.end() ? row.name : early->second,
          .key = row.key,
          .is_public = row.copy || !row.is_private,
          .planned = std::nullopt,
          .late = false};
}

std::optional<Member> find_member(const ImageName& name, const Bearers& bearers, const Situation& situation, const Draft& draft) {
  if (const auto renamed = bearers.renamed_to.find(name.text()); renamed != bearers.renamed_to.end())
    return member_here(*renamed->second, bearers);
  const state::ImageRow* row = situation.live(name);
  if (row && !bearers.renamed.contains(row->key)) {
    Member member = member_here(*row, bearers);
    const LocalImage* local = row->copy ? nullptr : situation.local(name);
    if (local && draft.doing(image_address(name))) member.is_public = !local->is_private;
    return member;
  }
  if (const DraftChange* adding = draft.doing(image_address(name))) {
    if (const auto* add = std::get_if<AddImage>(&adding->change.action)) {
      return Member{.name = name,
                    .key = 0,
                    .is_public = !add->image.is_private,
                    .planned = adding->change.address,
                    .late = adding->phase == Phase::following};
    }
  }
  const auto copy = bearers.copies.find(name.text());
  if (copy == bearers.copies.end()) return std::nullopt;
  return Member{.name = name, .key = 0, .is_public = true, .planned = copy->second, .late = true};
}

struct Wanted {
  const SeriesDeclaration* series = nullptr;
  std::vector<Member> members;
  std::vector<std::string> waiting;
  bool late = false;  ///< it follows
};

void block(const SeriesDeclaration& series, bool here, Code code, std::string text, std::string mend, Draft& draft,
           std::optional<ServerName> waits_for = {}) {
  draft.blocked.push_back({.address = series_address(series.name),
                           .verb = here ? Verb::update : Verb::create,
                           .code = code,
                           .text = std::move(text),
                           .mend = std::move(mend),
                           .at = series.at,
                           .waits_for = std::move(waits_for)});
}

std::set<std::string> listed_names(const SeriesDeclaration& series) {
  std::set<std::string> names;
  for (const auto& name : series.images) names.insert(name.text());
  return names;
}

Absence renamed_away(const ImageName& becomes) {
  return {Code::unknown_image, fmt::format("which this plan renames to \"{}\"", becomes.text()),
          fmt::format("list \"{}\"", becomes.text())};
}

/// The names in the order of the series. With order = "added", those that name the series keep the places that they have in it;
/// the others follow as they were published, and those that were not yet stand last, by version.
std::vector<ImageName> ordered_images(const SeriesDeclaration& series, const state::SeriesRow* row, const Situation& situation) {
  std::vector<ImageName> images = series.images;
  if (series.order == SeriesOrder::version || series.joined == 0) return images;
  constexpr Serial not_yet = std::numeric_limits<Serial>::max();
  std::unordered_map<state::ImageKey, std::size_t> places;
  for (std::size_t i = 0; row && i < row->members.size(); ++i) places.emplace(row->members[i].image, i);
  std::unordered_map<std::string, std::pair<std::size_t, Serial>> rank;
  for (const auto& name : images) {
    const state::ImageRow* here = situation.live(name);
    const auto place = here ? places.find(here->key) : places.end();
    rank[name.text()] = {place == places.end() ? places.size() : place->second, here ? here->created.value_or(not_yet) : not_yet};
  }
  std::stable_sort(images.end() - static_cast<std::ptrdiff_t>(series.joined), images.end(),
                   [&](const ImageName& one, const ImageName& other) { return rank[one.text()] < rank[other.text()]; });
  return images;
}

/// A member that a subscription could bring and no peer has is left out; nullopt: one cannot come at all, and the series is
/// blocked.
std::optional<Wanted> want_listed(const SeriesDeclaration& series, const state::SeriesRow* row, const Bearers& bearers,
                                  Arrivals& arrivals, const Situation& situation, Draft& draft) {
  Wanted wanted{.series = &series, .members = {}, .waiting = {}};
  const std::set<std::string> all = listed_names(series);
  std::set<ImageName> once;
  for (const auto& name : ordered_images(series, row, situation)) {
    if (!once.insert(name).second) continue;
    if (auto member = find_member(name, bearers, situation, draft)) {
      wanted.members.push_back(*std::move(member));
      continue;
    }
    const state::ImageRow* renamed = situation.live(name);
    const Arrival arrival = situation.local(name) ? Arrival::offered : arrivals.of(name);
    if (arrival == Arrival::offered || arrival == Arrival::peer_away) {
      wanted.waiting.push_back("\"" + name.text() + "\"");
      continue;
    }
    Absence absence = renamed ? renamed_away(bearers.renamed.at(renamed->key)) : arrivals.absence(arrival, name, all);
    block(series, row != nullptr, absence.code, fmt::format("it lists \"{}\", {}", name.text(), absence.why),
          std::move(absence.mend), draft, std::move(absence.waits_for));
    if (arrival == Arrival::impossible) return std::nullopt;
  }
  if (!wanted.waiting.empty()) {
    draft.notes.push_back(
        {Code::waiting, series_address(series.name).text, fmt::format("it waits for {}", listed(wanted.waiting))});
  }
  return wanted;
}

std::vector<Member> followed_members(const SeriesEntry& series, const PeerRules& rules, const Desired& desired,
                                     const Bearers& bearers, const Situation& situation, const Draft& draft) {
  std::unordered_map<ImageIdentity, ImageName> adopted;
  for (const auto& one : desired.adopted) {
    if (one.peer == rules.peer) adopted.emplace(one.entry->identity, one.name);
  }
  // What this plan removes is no member of what it makes.
  std::set<state::ImageKey> removed;
  for (const auto& one : draft.changes) {
    if (one.removes != 0 && !one.change.deferred) removed.insert(one.removes);
  }
  std::vector<Member> members;
  std::set<std::string> names;
  const auto add = [&](Member member) {
    if (names.insert(member.name.text()).second) members.push_back(std::move(member));
  };
  for (const auto& one : series.members) {
    const auto here = situation.live_by_identity.find(one.image);
    const auto adoption = adopted.find(one.image);
    if (here != situation.live_by_identity.end()) {
      if (!removed.contains(here->second->key)) add(member_here(*here->second, bearers));
    } else if (adoption != adopted.end()) {
      if (auto member = find_member(adoption->second, bearers, situation, draft)) add(*std::move(member));
    } else if (one.image.origin == rules.peer->id()) {
      const DraftChange* coming = draft.doing(copy_address(rules.peer->name(), one.image.name));
      const auto* copy = coming ? std::get_if<CopyImage>(&coming->change.action) : nullptr;
      if (copy && copy->entry->identity == one.image)
        add({.name = copy->name, .key = 0, .is_public = true, .planned = coming->change.address, .late = true});
    }
  }
  return members;
}

/// nullopt: it stays as it is; why is said, if there is something to say.
std::optional<Wanted> want_followed(const SeriesDeclaration& series, const state::SeriesRow* row, const Desired& desired,
                                    const Bearers& bearers, const Situation& situation, Draft& draft) {
  const PeerCase* peer = situation.peer(series.follow->peer);
  const bool as_before = row && row->follow == series.follow;
  if (!peer || peer->sight == Sight::own) return std::nullopt;
  if (peer->sight == Sight::retired) {
    draft.notes.push_back(
        {Code::retired, series_address(series.name).text,
         fmt::format("peer \"{}\", whose series it follows, is retired: it stays as it is", peer->name().text())});
    return std::nullopt;
  }
  const auto rules =
      std::find_if(desired.rules.begin(), desired.rules.end(), [&](const PeerRules& one) { return one.peer == peer; });
  if (rules == desired.rules.end()) {
    if (!as_before && !peer->is_away()) {
      block(series, row != nullptr, Code::peer_unknown,
            fmt::format("peer \"{}\", whose series it follows, is unreachable", peer->name().text()), peer->mend(), draft,
            peer->name());
    }
    return std::nullopt;
  }
  const SeriesEntry* followed = rules->index.series(series.follow->series);
  if (!followed) {
    const auto near = nearest(series.follow->series.text(), rules->index.names_like(SelectSeries{series.follow->series}));
    block(series, row != nullptr, Code::unknown_selector,
          fmt::format("peer \"{}\" has no series \"{}\"", peer->name().text(), series.follow->series.text()),
          near ? fmt::format("did you mean \"{}\"?", *near) : "copying starts once the peer has one", draft);
    draft.unsettled.insert(peer->id());
    return std::nullopt;
  }
  return Wanted{.series = &series,
                .members = followed_members(*followed, *rules, desired, bearers, situation, draft),
                .waiting = {},
                .late = true};
}

std::vector<ImageName> public_names(const std::vector<Member>& members) {
  std::vector<ImageName> names;
  for (const auto& member : members) {
    if (member.is_public) names.push_back(member.name);
  }
  return names;
}

std::vector<ImageName> public_names(const state::SeriesRow& row, const Situation& situation) {
  std::vector<ImageName> names;
  for (const auto& member : row.members) {
    const auto found = situation.row_by_key.find(member.image);
    // A copy that the scope left out is public.
    if (found == situation.row_by_key.end() || found->second->copy || !found->second->is_private) names.push_back(member.name);
  }
  return names;
}

bool same_members(const std::vector<Member>& wanted, const state::SeriesRow& row) {
  return std::equal(
      wanted.begin(), wanted.end(), row.members.begin(), row.members.end(),
      [](const Member& one, const state::SeriesMemberRow& other) { return one.key == 0 ? false : one.key == other.image; });
}

/// Whether the members that stay are in another order.
bool is_reordered(const Wanted& wanted, const state::SeriesRow& row) {
  std::map<std::string, std::size_t> places;
  for (const auto& member : wanted.members) places.emplace(member.name.text(), places.size());
  std::size_t least = 0;
  for (const auto& member : row.members) {
    const auto place = places.find(member.name.text());
    if (place == places.end()) continue;
    if (place->second < least) return true;
    least = place->second;
  }
  return false;
}

std::vector<std::string> changes_of(const Wanted& wanted, const state::SeriesRow& row) {
  std::vector<std::string> changes;
  if (!same_members(wanted.members, row)) {
    std::set<std::string> before, after;
    for (const auto& member : row.members) before.insert(member.name.text());
    for (const auto& member : wanted.members) after.insert(member.name.text());
    for (const auto& member : wanted.members) {
      if (!before.contains(member.name.text())) changes.push_back("+" + member.name.text());
    }
    for (const auto& member : row.members) {
      if (!after.contains(member.name.text())) changes.push_back("-" + member.name.text());
    }
    if (changes.empty() || is_reordered(wanted, row)) changes.emplace_back("order");
  }
  if (row.follow != wanted.series->follow)
    changes.emplace_back(wanted.series->follow ? "it now follows a series of a peer" : "it no longer follows a series of a peer");
  if (!row.managed) changes.emplace_back("now managed by the manifest");
  return changes;
}

void merge_wanted(const Wanted& wanted, const state::SeriesRow* row, const Situation& situation, Draft& draft) {
  const SeriesDeclaration& series = *wanted.series;
  std::vector<ImageName> names;
  for (const auto& member : wanted.members) names.push_back(member.name);
  auto changes = row ? changes_of(wanted, *row) : std::vector<std::string>{};
  if (row && changes.empty()) return;
  const Address address = series_address(series.name);
  std::string text = row ? listed(changes) : fmt::format("the manifest declares it: {}", counted(names.size(), "image"));
  std::vector<Reason> because{
      {.code = row ? Code::changed : Code::new_, .rule = address.text, .at = series.at, .text = std::move(text)}};
  Action action =
      row ? Action(UpdateSeries{.name = series.name, .members = names, .follow = series.follow, .changes = std::move(changes)})
          : Action(CreateSeries{.name = series.name, .members = names, .follow = series.follow});
  Change change = change_of(address, std::move(action), std::move(because));
  bool late = wanted.late;
  for (const auto& member : wanted.members) {
    if (member.planned) change.after.push_back(*member.planned);
    late = late || member.late;
  }
  const bool publishes = public_names(wanted.members) != (row ? public_names(*row, situation) : std::vector<ImageName>{});
  if (series.follow) {
    if (const PeerCase* peer = situation.peer(series.follow->peer)) draft.unsettled.insert(peer->id());
  }
  draft.add({.change = std::move(change), .phase = late ? Phase::following : Phase::series, .publishes = publishes});
}

void merge_dropped(const state::SeriesRow& row, const Situation& situation, Draft& draft) {
  const Address address = series_address(row.name);
  if (!row.managed) {
    draft.notes.push_back({Code::unmanaged, address.text, "the manifest does not name it; it is not managed"});
    return;
  }
  draft.add({.change = change_of(address, DeleteSeries{.name = row.name},
                                 {{.code = Code::dropped,
                                   .rule = address.text,
                                   .at = std::nullopt,
                                   .text = "the manifest no longer names it; its images stay"}}),
             .phase = Phase::series,
             .publishes = !public_names(row, situation).empty()});
}

}  // namespace

void merge_series(const Desired& desired, const Situation& situation, Draft& draft) {
  std::unordered_map<std::string, const state::SeriesRow*> rows;
  for (const auto& row : situation.snapshot.series) rows.emplace(row.name.folded(), &row);
  const Bearers bearers = situation.manifest.series.empty() ? Bearers{} : bearers_after(desired, draft);
  Arrivals arrivals(desired, situation, draft);
  for (const auto& series : situation.manifest.series) {
    const auto found = rows.find(series.name.folded());
    const state::SeriesRow* row = found == rows.end() ? nullptr : found->second;
    if (row && row->name != series.name) {
      block(series, false, Code::name_in_use,
            fmt::format("its name differs only in case from \"{}\", which is here", row->name.text()),
            "choose another name, or remove the old one first", draft);
      continue;
    }
    const auto wanted = series.follow ? want_followed(series, row, desired, bearers, situation, draft)
                                      : want_listed(series, row, bearers, arrivals, situation, draft);
    if (wanted) merge_wanted(*wanted, row, situation, draft);
  }
  std::set<SeriesName> declared;
  for (const auto& series : situation.manifest.series) declared.insert(series.name);
  for (const auto& row : situation.snapshot.series) {
    if (!declared.contains(row.name)) merge_dropped(row, situation, draft);
  }
}

}  // namespace ingot::plan
