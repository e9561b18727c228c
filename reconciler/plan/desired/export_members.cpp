#include "reconciler/plan/desired/export_members.hpp"

#include <algorithm>

namespace ingot::plan {

namespace {

/// The row that an update leaves; nullptr: it updates no image.
const state::ImageRow* row_after(const Action& action) {
  if (const auto* update = std::get_if<UpdateImage>(&action)) return &update->row;
  if (const auto* update = std::get_if<UpdateCopy>(&action)) return &update->row;
  if (const auto* withdraw = std::get_if<WithdrawCopy>(&action)) return &withdraw->row;
  if (const auto* adopt = std::get_if<AdoptCopy>(&action)) return &adopt->row;
  return nullptr;
}

bool is_withdrawn(const state::ImageRow& row) { return row.withdrawn_by_origin || row.state == ImageState::withdrawn; }

const std::vector<ImageName>* members_of(const Action& action) {
  if (const auto* create = std::get_if<CreateSeries>(&action)) return &create->members;
  const auto* update = std::get_if<UpdateSeries>(&action);
  return update ? &update->members : nullptr;
}

}  // namespace

ExportMembers::ExportMembers(const Situation& situation, const Draft& draft) : situation_(situation), draft_(draft) {
  look_at_changes();
  for (const auto& one : draft.held) {
    if (one.verb == Verb::withdraw) held_.insert(one.address);
  }
}

void ExportMembers::look_at_changes() {
  for (const auto& one : draft_.changes) {
    if (one.change.deferred) continue;
    if (one.removes != 0) removed_.insert(one.removes);
    if (const auto* copy = std::get_if<CopyImage>(&one.change.action)) coming_.emplace(copy->name.text(), &one);
    const state::ImageRow* after = row_after(one.change.action);
    if (!after) continue;
    updates_.insert_or_assign(after->key, &one);
    const auto now = situation_.row_by_key.find(after->key);
    if (now != situation_.row_by_key.end() && now->second->name != after->name) renamed_.emplace(after->name.text(), now->second);
  }
}

ExportMember ExportMembers::member_here(const state::ImageRow& row) const {
  const auto update = updates_.find(row.key);
  const state::ImageRow& after = update == updates_.end() ? row : *row_after(update->second->change.action);
  ExportMember member{.name = after.name,
                      .digest = row.digest,
                      .size = row.size,
                      .key = row.key,
                      .withdrawn = is_withdrawn(after),
                      .withdrawn_why = after.reason};
  if (after.name != row.name) member.planned = update->second->change.address;
  const PeerCase* peer = row.copy && row.identity ? situation_.peer(row.identity->origin) : nullptr;
  const Address address = peer ? copy_address(peer->name(), row.identity->name) : image_address(row.name);
  if (row.copy && held_.contains(address)) member.unfit = "its origin withdraws it, and a guard holds that";
  const bool damaged = std::any_of(situation_.damaged.begin(), situation_.damaged.end(),
                                   [&](const DamagedImage* one) { return one->digest == row.digest; });
  if (!damaged) return member;
  const auto repair = std::find_if(draft_.changes.begin(), draft_.changes.end(), [&](const DraftChange& one) {
    if (one.change.verb != Verb::repair || one.change.deferred) return false;
    const auto* again = std::get_if<FetchAgain>(&one.change.action);
    const auto* taken = std::get_if<TakeInAgain>(&one.change.action);
    return (again && again->offers.front().entry->digest == row.digest) || (taken && taken->digest == row.digest);
  });
  if (repair == draft_.changes.end())
    member.unfit = "its bytes are damaged or gone";
  else
    member.planned = repair->change.address;
  return member;
}

const state::ImageRow* ExportMembers::staying(const ImageName& name) const {
  const state::ImageRow* const row = situation_.live(name);
  return row && !removed_.contains(row->key) ? row : nullptr;
}

std::optional<ExportMember> ExportMembers::find(const ImageName& name) const {
  if (const auto renamed = renamed_.find(name.text()); renamed != renamed_.end()) return member_here(*renamed->second);
  // An image that this plan gives another name is no longer meant by its old one: the next run would not find it there.
  if (const state::ImageRow* row = staying(name)) {
    if (ExportMember member = member_here(*row); member.name == name) return member;
  }
  if (const DraftChange* adding = draft_.doing(image_address(name))) {
    if (const auto* add = std::get_if<AddImage>(&adding->change.action))
      return ExportMember{.name = name,
                          .digest = add->image.digest,
                          .size = add->source_bytes.value_or(0),
                          .planned = adding->change.address,
                          .withdrawn = add->image.state == ImageState::withdrawn,
                          .withdrawn_why = add->image.reason};
  }
  const auto copy = coming_.find(name.text());
  if (copy == coming_.end()) return std::nullopt;
  const auto& action = std::get<CopyImage>(copy->second->change.action);
  return ExportMember{
      .name = name, .digest = action.entry->digest, .size = action.entry->size, .planned = copy->second->change.address};
}

std::optional<std::vector<ExportMember>> ExportMembers::of_series(const SeriesName& name) const {
  const DraftChange* change = draft_.doing(series_address(name));
  const std::vector<ImageName>* planned = change ? members_of(change->change.action) : nullptr;
  if (change && !planned) return std::nullopt;  // it is deleted
  std::vector<ExportMember> members;
  if (planned) {
    for (const ImageName& one : *planned) {
      if (auto member = find(one)) members.push_back(*std::move(member));
    }
    return members;
  }
  const auto& rows = situation_.snapshot.series;
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const state::SeriesRow& one) { return one.name == name; });
  if (row == rows.end()) return std::nullopt;
  for (const state::SeriesMemberRow& one : row->members) {
    const auto image = situation_.row_by_key.find(one.image);
    if (image != situation_.row_by_key.end() && !image->second->deleted && !removed_.contains(one.image))
      members.push_back(member_here(*image->second));
  }
  return members;
}

std::optional<std::vector<ExportMember>> ExportMembers::of(const ExportEntry& entry) const {
  if (const auto* series = std::get_if<SeriesName>(&entry.of)) return of_series(*series);
  auto member = find(std::get<ImageName>(entry.of));
  if (!member) return std::nullopt;
  return std::vector{*std::move(member)};
}

}  // namespace ingot::plan
