#include "reconciler/plan/merge/exporting.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge/add_unexport.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

ExportProgress Exporting::merge() {
  if (const auto& refusal = place_.view->refusal) block_whole(refusal->code, refusal->text, refusal->mend);
  if (is_told_) return ExportProgress::told;
  const auto members = members_.of(entry_);
  if (!members) {
    tell_unknown();
    return is_told_ ? ExportProgress::told : ExportProgress::waiting;
  }
  choose(*members);
  keep_what_left(*members);
  for (const ExportMember* member : wanted_) put(*member);
  if (entry_.link || place_.link)
    move_link();
  else
    link_is_done_ = true;
  rotate();
  if (block_unwritable(place_, entry_.at, draft_)) is_told_ = true;
  for (Note& one : left_alone_) draft_.notes.push_back(std::move(one));
  return progress();
}

void Exporting::block_whole(Code code, std::string text, std::string mend, std::optional<ServerName> waits_for) {
  block(export_address(entry_.name), Verb::export_, code, std::move(text), std::move(mend), std::move(waits_for));
  draft_.blocked.back().stops_images = true;
}

Reason Exporting::reason(Code code, std::string text) const {
  return {.code = code, .rule = export_address(entry_.name).text, .at = entry_.at, .text = std::move(text)};
}

void Exporting::block(const Address& address, Verb verb, Code code, std::string text, std::string mend,
                      std::optional<ServerName> waits_for) {
  is_told_ = true;
  draft_.blocked.push_back({.address = address,
                            .verb = verb,
                            .code = code,
                            .text = std::move(text),
                            .mend = std::move(mend),
                            .at = entry_.at,
                            .waits_for = std::move(waits_for)});
}

void Exporting::hold(const Address& address, Verb verb, Code code, std::string text, std::string mend,
                     std::vector<Reason> because) {
  is_told_ = true;
  draft_.held.push_back({.address = address,
                         .verb = verb,
                         .code = code,
                         .text = std::move(text),
                         .mend = std::move(mend),
                         .because = std::move(because)});
}

void Exporting::note(Code code, const Address& address, std::string text) {
  draft_.notes.push_back({code, address.text, std::move(text)});
}

/// It may come by a later run: then it is no mistake.
void Exporting::tell_unknown() {
  if (const auto* series = std::get_if<SeriesName>(&entry_.of))
    tell_unknown_series(*series);
  else
    tell_unknown_image(std::get<ImageName>(entry_.of));
}

void Exporting::tell_unknown_series(const SeriesName& series) {
  std::vector<std::string> names;
  for (const auto& one : situation_.manifest.series) names.push_back(one.name.text());
  if (std::find(names.begin(), names.end(), series.text()) != names.end())
    return note(Code::waiting, export_address(entry_.name),
                fmt::format("it waits for series \"{}\", which is not here yet", series.text()));
  for (const auto& one : situation_.snapshot.series) names.push_back(one.name.text());
  block_whole(Code::unknown_series, fmt::format("there is no series \"{}\" here or in the manifest", series.text()),
              mend_of_series(series, names));
}

/// A subscription brings the images of a peer's series, but makes no series here.
std::string Exporting::mend_of_series(const SeriesName& series, const std::vector<std::string>& names) const {
  for (const SubscriptionEntry& one : situation_.manifest.subscriptions) {
    const auto* const selected = std::get_if<SelectSeries>(&one.selector);
    if (selected && selected->series == series)
      return fmt::format("add a [[series]] \"{0}\" of the copies, with follow = {{ peer = \"{1}\", series = \"{0}\" }}",
                         series.text(), one.peer.text());
  }
  if (const auto near = nearest(series.text(), names)) return fmt::format("did you mean \"{}\"?", *near);
  return "correct the name, or add a [[series]] of that name; one of copies has `follow`";
}

void Exporting::tell_unknown_image(const ImageName& image) {
  const Arrival arrival = situation_.local(image) ? Arrival::offered : arrivals_.of(image);
  if (arrival == Arrival::offered || arrival == Arrival::peer_away)
    return note(Code::waiting, export_address(entry_.name),
                fmt::format("it waits for image \"{}\", which is not here yet", image.text()));
  Absence absence = arrivals_.absence(arrival, image, {});
  block_whole(absence.code, fmt::format("it exports image \"{}\", {}", image.text(), absence.why), std::move(absence.mend),
              std::move(absence.waits_for));
}

/// Why this image cannot be unpacked in the folder; "": it can, or it is.
std::string Exporting::why_not(const ExportMember& member) {
  if (place_.is_there(member.name)) return "";
  if (!member.unfit.empty()) return member.unfit;
  const bool taken = !place_.rows.contains(member.name) && place_.view->entries.contains(member.name.text());
  if (!taken && entry_.link != member.name.text()) return "";
  const std::string why = taken ? "something is there that ingot did not make" : "the link of the export has this name";
  block(address_of(member.name), Verb::export_, Code::in_the_way,
        fmt::format("\"{}/{}\": {}", place_.folder, member.name.text(), why),
        taken ? "move it away" : "give the link another name");
  return why;
}

/// Bits that an image of this name had before, when another image bears it now.
bool Exporting::has_other_bits(const ExportMember& member) const {
  const auto row = place_.rows.find(member.name);
  return row != place_.rows.end() && place_.is_there(member.name) && member.digest && row->second->digest != *member.digest;
}

void Exporting::choose(const std::vector<ExportMember>& members) {
  for (const ExportMember& member : members) all_.insert(member.name);
  for (auto member = members.rbegin(); member != members.rend() && wanted_.size() < entry_.latest; ++member) {
    if (member->withdrawn) {
      withdrawn_.push_back(&*member);
      if (!place_.is_there(member->name)) continue;
      kept_.insert(member->name);
      note(
          Code::withdrawn, address_of(member->name),
          fmt::format("it was withdrawn{}; its folder stays", member->withdrawn_why.empty() ? "" : ": " + member->withdrawn_why));
    } else if (has_other_bits(*member)) {
      note(Code::waiting, address_of(member->name),
           "another image bears this name now; it is exported once the old one is removed from the folder");
      reused_.insert(member->name);
    } else if (why_not(*member).empty()) {
      wanted_.push_back(&*member);
    } else if (!member->unfit.empty()) {
      note(Code::waiting, address_of(member->name), fmt::format("it is not exported: {}", member->unfit));
    }
  }
  if (members.empty())
    note(Code::waiting, export_address(entry_.name), "no image of it is here yet");
  else if (wanted_.empty() && kept_.empty() && withdrawn_.size() == members.size())
    note(Code::waiting, export_address(entry_.name), "each of its images is withdrawn: nothing is exported");
}

/// The newest images left the series and nothing newer came: perhaps their origin deleted them by mistake. As withdrawn ones,
/// they lose the link, and their folders stay.
void Exporting::keep_what_left(const std::vector<ExportMember>& members) {
  if (wanted_.empty() || !std::holds_alternative<SeriesName>(entry_.of)) return;
  for (const auto& [image, row] : place_.rows) {
    const state::ImageRow* const here = members_.staying(image);
    if (all_.contains(image) || !place_.is_there(image) || !here || here->digest != row->digest) continue;
    const auto is_newer = [&](const ExportMember* one) { return one->key == 0 || one->key > here->key; };
    const auto is_itself = [&](const ExportMember& one) { return one.key == here->key; };
    if (std::any_of(wanted_.begin(), wanted_.end(), is_newer) || std::any_of(members.begin(), members.end(), is_itself)) continue;
    kept_.insert(image);
    note(Code::no_longer, address_of(image),
         "it is no image of the export any more, and no newer one is here; its folder stays until one comes");
  }
}

bool Exporting::wants(const ImageName& image) const {
  return kept_.contains(image) ||
         std::any_of(wanted_.begin(), wanted_.end(), [&](const ExportMember* member) { return member->name == image; });
}

/// What the manifest says otherwise than it was applied; empty: nothing.
std::string Exporting::differences_to(const state::ExportedRow& row) const {
  std::vector<std::string> parts;
  const auto compare = [&](std::string_view key, const std::string& before, const std::string& now) {
    if (before != now)
      parts.push_back(fmt::format("{}: {} → {}", key, before.empty() ? "as the image says" : before,
                                  now.empty() ? "as the image says" : now));
  };
  compare("owner", row.owner, entry_.owner.value_or(""));
  compare("mode", row.mode, mode_text(entry_));
  if (row.changes != entry_.changes) parts.emplace_back("changes");
  if (place_.seen(row.image)->sight == ExportSight::half_given)
    parts.emplace_back("owner and mode, which an earlier run began to give");
  return listed(parts);
}

/// Somebody changed it, and not only what the manifest lets change by now.
bool Exporting::leaves_alone(const ExportMember& member, const std::string& differences) {
  if (!place_.is_changed(member.name)) return false;
  const std::string text = fmt::format("\"{}/{}\" {}", place_.folder, member.name.text(), place_.seen(member.name)->why);
  if (differences.empty()) {
    left_alone_.push_back({Code::changed_export, address_of(member.name).text, text + "; it is left alone"});
    return true;
  }
  if (place_.rows.at(member.name)->changes != entry_.changes) return false;
  held_.insert(member.name);
  hold(address_of(member.name), Verb::export_, Code::changed_export,
       fmt::format("{}; but {}: what somebody changed is left alone", differences, text), mend_changed,
       {reason(Code::changed, differences)});
  return true;
}

void Exporting::put(const ExportMember& member) {
  const bool there = place_.is_there(member.name);
  const std::string differences = there ? differences_to(*place_.rows.at(member.name)) : "";
  if (leaves_alone(member, differences) || (there && differences.empty())) return;
  Reason because = there ? reason(Code::changed, differences)
                         : reason(Code::new_, fmt::format("export \"{}\" shows it in {}", entry_.name.text(), place_.folder));
  Change change = change_of(address_of(member.name),
                            ExportImage{.rule = entry_,
                                        .folder = place_.folder,
                                        .image = member.name,
                                        .is_there = there,
                                        .like = there ? std::string() : older_than(member)},
                            {std::move(because)});
  change.size = there ? 0 : member.size;  // else nothing is unpacked
  if (member.planned) change.after.push_back(*member.planned);
  draft_.add({.change = std::move(change), .phase = Phase::exports});
}

/// The image that the link shows now, or any that is whole: most likely the most alike.
std::string Exporting::older_than(const ExportMember& member) const {
  const auto shown = entry_.link ? place_.target_of(*entry_.link) : std::nullopt;
  if (shown && *shown != member.name && place_.is_there(*shown)) return shown->text();
  for (const auto& [name, row] : place_.rows) {
    if (name != member.name && place_.is_there(name)) return name.text();
  }
  return "";
}

}  // namespace ingot::plan
