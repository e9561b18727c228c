// Exports (R29): the newest images of each that are here and not withdrawn lie in its folder, its link points to the newest, and
// what newer ones have replaced goes. Nothing is touched that the state does not remember as an export.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/desired/export_members.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

namespace {

/// What the state remembers of an export in one folder, and what was seen there.
struct Place {
  ExportName name;
  std::string folder;
  const ExportView* view = nullptr;
  const state::ExportRow* link = nullptr;  ///< nullptr: none was made
  std::map<ImageName, const state::ExportedRow*> rows = {};

  const ExportedView* seen(const ImageName& image) const {
    const auto found = view->exported.find(image);
    return found == view->exported.end() ? nullptr : &found->second;
  }
  /// Remembered, and in its folder: whole or changed.
  bool is_there(const ImageName& image) const {
    const ExportedView* one = rows.contains(image) ? seen(image) : nullptr;
    return one && one->sight != ExportSight::gone && one->sight != ExportSight::left_over;
  }
  const LinkSight* link_named(const std::string& text) const {
    const auto found = view->links.find(text);
    return found == view->links.end() ? nullptr : &found->second;
  }
  /// Whether ingot made this link: it points to what ingot exported here.
  bool made(const LinkSight& sight) const {
    const auto target = sight.is_link ? ImageName::parse(sight.target) : std::nullopt;
    return target && (rows.contains(*target) || (link && link->linked == target));
  }
  /// Where a link of ingot's points; nullopt: there is none.
  std::optional<ImageName> target_of(const std::string& text) const {
    const LinkSight* sight = link_named(text);
    return sight && made(*sight) ? ImageName::parse(sight->target) : std::nullopt;
  }
};

using Places = std::map<std::pair<ExportName, std::string>, Place>;

Places places_of(const Situation& situation) {
  static const ExportView nothing;
  Places places;
  const auto at = [&](const ExportName& name, const std::string& folder) -> Place& {
    const auto seen = situation.observed.exports.find({name, folder});
    const ExportView* view = seen == situation.observed.exports.end() ? &nothing : &seen->second;
    return places.try_emplace({name, folder}, Place{.name = name, .folder = folder, .view = view}).first->second;
  };
  for (const auto& [name, folder] : situation.observed.export_folders) at(name, folder);
  for (const auto& row : situation.snapshot.exports) at(row.name, row.folder).link = &row;
  for (const auto& row : situation.snapshot.exported) at(row.name, row.folder).rows.emplace(row.image, &row);
  return places;
}

Reason export_reason(const ExportEntry& entry, Code code, std::string text) {
  return {.code = code, .rule = export_address(entry.name).text, .at = entry.at, .text = std::move(text)};
}

/// An image that newer ones have replaced, or of an export that was dropped.
void add_unexport(const state::ExportedRow& row, const Place& place, const std::vector<std::string>& changes, Reason because,
                  Unexporting why, const std::set<std::string>& links, std::string deferred_why, Draft& draft) {
  const ExportedView* seen = place.seen(row.image);
  const Address address = exported_address(row.name, row.image);
  if (!seen || seen->sight == ExportSight::gone) {
    draft.forgotten.push_back({.name = row.name, .folder = row.folder, .image = row.image});
    return;
  }
  if (seen->sight == ExportSight::changed && row.changes == changes) {
    draft.held.push_back({.address = address,
                          .verb = Verb::unexport,
                          .code = Code::changed_export,
                          .text = fmt::format("{}; but \"{}/{}\" {}: what somebody changed is not removed", because.text,
                                              row.folder, row.image.text(), seen->why),
                          .mend = "look at what was changed; name it in `changes`, or move the folder away",
                          .because = {because}});
    return;
  }
  Change change = change_of(address, Unexport{.row = row, .links = links, .changes = changes}, {std::move(because)});
  if (deferred_why.empty() && !seen->used_by.empty()) deferred_why = "in use: " + seen->used_by;
  change.deferred = !deferred_why.empty();
  change.deferred_why = std::move(deferred_why);
  if (!change.deferred) draft.wait_for(change, export_address(row.name));
  draft.add({.change = std::move(change), .phase = Phase::unexports, .unexports = why});
}

/// One export of the manifest.
class Exporting {
 public:
  Exporting(const ExportEntry& entry, const Place& place, const ExportMembers& members, const Situation& situation, Draft& draft)
      : entry_(entry), place_(place), members_(members), situation_(situation), draft_(draft) {}

  void merge() {
    if (const auto& refusal = place_.view->refusal)
      return block(export_address(entry_.name), Verb::export_, refusal->code, refusal->text, refusal->mend);
    const auto members = members_.of(entry_);
    if (!members) return tell_unknown();
    choose(*members);
    for (const ExportMember* member : wanted_) put(*member);
    if (entry_.link || place_.link) move_link();
    rotate();
  }

 private:
  void block(const Address& address, Verb verb, Code code, std::string text, std::string mend) {
    draft_.blocked.push_back(
        {.address = address, .verb = verb, .code = code, .text = std::move(text), .mend = std::move(mend), .at = entry_.at});
  }
  void note(Code code, const Address& address, std::string text) {
    draft_.notes.push_back({code, address.text, std::move(text)});
  }

  /// It may come by a later run: then it is no mistake.
  void tell_unknown() {
    const auto* series = std::get_if<SeriesName>(&entry_.of);
    const std::string name = series ? series->text() : std::get<ImageName>(entry_.of).text();
    std::vector<std::string> names;
    for (const auto& one : situation_.manifest.series) names.push_back(one.name.text());
    const bool declared = series ? std::find(names.begin(), names.end(), name) != names.end()
                                 : situation_.local(std::get<ImageName>(entry_.of)) != nullptr;
    if (declared || (!series && !situation_.manifest.subscriptions.empty()))
      return note(Code::waiting, export_address(entry_.name),
                  fmt::format("it waits for {} \"{}\", which is not here yet", series ? "series" : "image", name));
    for (const auto& one : situation_.snapshot.series) {
      if (series) names.push_back(one.name.text());
    }
    if (!series) {
      names.clear();
      for (const auto& row : situation_.snapshot.images) {
        if (!row.deleted) names.push_back(row.name.text());
      }
    }
    const auto near = nearest(name, names);
    block(export_address(entry_.name), Verb::export_, series ? Code::unknown_series : Code::unknown_image,
          fmt::format("there is no {} \"{}\" here or in the manifest", series ? "series" : "image", name),
          near ? fmt::format("did you mean \"{}\"?", *near) : "correct the name, or add what it names");
  }

  /// Why this image cannot be unpacked in the folder; "": it can, or it is.
  std::string why_not(const ExportMember& member) {
    const Address address = exported_address(entry_.name, member.name);
    if (place_.is_there(member.name)) return "";
    if (!member.unfit.empty()) return member.unfit;
    const bool taken = !place_.rows.contains(member.name) && place_.view->entries.contains(member.name.text());
    if (!taken && entry_.link != member.name.text()) return "";
    const std::string why = taken ? "something is there that ingot did not make" : "the link of the export has this name";
    block(address, Verb::export_, Code::in_the_way, fmt::format("\"{}/{}\": {}", place_.folder, member.name.text(), why),
          taken ? "move it away" : "give the link another name");
    return why;
  }

  /// Bits that an image of this name had before, when another image bears it now.
  bool has_other_bits(const ExportMember& member) const {
    const auto row = place_.rows.find(member.name);
    return row != place_.rows.end() && place_.is_there(member.name) && member.digest && row->second->digest != *member.digest;
  }

  void choose(const std::vector<ExportMember>& members) {
    for (auto member = members.rbegin(); member != members.rend() && wanted_.size() < entry_.latest; ++member) {
      if (member->withdrawn) {
        withdrawn_.push_back(&*member);
        if (!place_.is_there(member->name)) continue;
        kept_.insert(member->name);
        note(Code::withdrawn, exported_address(entry_.name, member->name),
             fmt::format("it was withdrawn{}; its folder stays",
                         member->withdrawn_why.empty() ? "" : ": " + member->withdrawn_why));
        continue;
      }
      if (has_other_bits(*member)) {
        note(Code::waiting, exported_address(entry_.name, member->name),
             "another image bears this name now; it is exported once the old one is removed from the folder");
        reused_.insert(member->name);
        continue;
      }
      if (!why_not(*member).empty()) {
        if (!member->unfit.empty())
          note(Code::waiting, exported_address(entry_.name, member->name), fmt::format("it is not exported: {}", member->unfit));
        continue;
      }
      wanted_.push_back(&*member);
    }
    if (members.empty()) note(Code::waiting, export_address(entry_.name), "no image of it is here yet");
  }

  bool wants(const ImageName& image) const {
    return kept_.contains(image) ||
           std::any_of(wanted_.begin(), wanted_.end(), [&](const ExportMember* member) { return member->name == image; });
  }

  /// What the manifest says otherwise than it was applied; empty: nothing.
  std::string differences_to(const state::ExportedRow& row) const {
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

  void put(const ExportMember& member) {
    const auto row = place_.rows.find(member.name);
    const bool there = place_.is_there(member.name);
    const std::string differences = there ? differences_to(*row->second) : "";
    const Address address = exported_address(entry_.name, member.name);
    const ExportedView* seen = there ? place_.seen(member.name) : nullptr;
    if (seen && seen->sight == ExportSight::changed) {
      const std::string text = fmt::format("\"{}/{}\" {}", place_.folder, member.name.text(), seen->why);
      if (differences.empty() || row->second->changes == entry_.changes) {
        if (differences.empty()) return note(Code::changed_export, address, text + "; it is left alone");
        draft_.held.push_back({.address = address,
                               .verb = Verb::export_,
                               .code = Code::changed_export,
                               .text = fmt::format("{}; but {}: what somebody changed is left alone", differences, text),
                               .mend = "look at what was changed; name it in `changes`, or move the folder away",
                               .because = {export_reason(entry_, Code::changed, differences)}});
        return;
      }
    }
    if (there && differences.empty()) return;
    Reason because =
        there ? export_reason(entry_, Code::changed, differences)
              : export_reason(entry_, Code::new_, fmt::format("export \"{}\" shows it in {}", entry_.name.text(), place_.folder));
    Change change = change_of(address,
                              ExportImage{.rule = entry_,
                                          .folder = place_.folder,
                                          .image = member.name,
                                          .is_there = there,
                                          .like = there ? std::string() : older_than(member)},
                              {std::move(because)});
    change.size = member.size;
    if (member.planned) change.after.push_back(*member.planned);
    draft_.add({.change = std::move(change), .phase = Phase::exports});
  }

  /// The image that the link shows now, or any that is whole: most likely the most alike.
  std::string older_than(const ExportMember& member) const {
    const auto shown = entry_.link ? place_.target_of(*entry_.link) : std::nullopt;
    if (shown && *shown != member.name && place_.is_there(*shown)) return shown->text();
    for (const auto& [name, row] : place_.rows) {
      if (name != member.name && place_.is_there(name)) return name.text();
    }
    return "";
  }

  /// The link that an earlier run made under another name; "": there is none.
  std::string old_link() const {
    if (!place_.link || place_.link->link.empty() || place_.link->link == entry_.link) return "";
    return place_.target_of(place_.link->link) ? place_.link->link : "";
  }

  /// A run that died may have moved the link without recording it.
  bool is_recorded(const ExportMember& newest) const {
    return place_.link && place_.link->link == entry_.link && place_.link->linked == newest.name;
  }

  void move_link() {
    const Address address = export_address(entry_.name);
    const std::string old = old_link();
    if (!entry_.link)
      return add_switch({.name = entry_.name, .folder = place_.folder, .old_link = old}, Code::changed, "it has no link any more",
                        nullptr);
    const LinkSight* sight = place_.link_named(*entry_.link);
    if (sight && !place_.made(*sight)) {
      link_stays_ = true;
      return block(address, Verb::switch_, Code::in_the_way,
                   fmt::format("the link \"{}/{}\" {}", place_.folder, *entry_.link,
                               sight->is_link ? fmt::format("points to \"{}\", which this export did not make", sight->target)
                                              : std::string("is there, and is no link")),
                   "move it away");
    }
    const auto shown = place_.target_of(*entry_.link);
    const ExportMember* newest = wanted_.empty() ? nullptr : wanted_.front();
    if (!newest) return tell_none_left(shown);
    const auto run_for = place_.link ? place_.link->run_for : std::nullopt;
    const bool must_run = !entry_.run.empty() && run_for != newest->name;
    if (shown == newest->name && !must_run && old.empty() && is_recorded(*newest)) return;
    if (!place_.is_there(newest->name) && !draft_.doing(exported_address(entry_.name, newest->name))) {
      link_stays_ = true;  // the selection leaves it out
      return;
    }
    const bool leaves =
        shown && std::any_of(withdrawn_.begin(), withdrawn_.end(), [&](const ExportMember* one) { return one->name == *shown; });
    const std::string text = !shown   ? fmt::format("the link shows {}", newest->name.text())
                             : leaves ? fmt::format("{} was withdrawn: the link shows {}", shown->text(), newest->name.text())
                             : *shown != newest->name ? fmt::format("{} → {}", shown->text(), newest->name.text())
                             : must_run               ? std::string("`run` has not succeeded since the link moved")
                             : old.empty()            ? std::string("the link moved, and the run ended before it was recorded")
                                                      : std::string("the link has another name");
    add_switch({.name = entry_.name,
                .folder = place_.folder,
                .link = *entry_.link,
                .old_link = old,
                .image = newest->name,
                .before = run_for,
                .run = must_run ? entry_.run : std::vector<std::string>()},
               leaves  ? Code::withdrawn
               : shown ? Code::changed
                       : Code::new_,
               text, newest);
  }

  void add_switch(SwitchLink action, Code code, std::string text, const ExportMember* newest) {
    Change change = change_of(export_address(entry_.name), std::move(action), {export_reason(entry_, code, std::move(text))});
    if (newest) draft_.wait_for(change, exported_address(entry_.name, newest->name));
    draft_.add({.change = std::move(change), .phase = Phase::switches});
  }

  /// The link leads nowhere better.
  void tell_none_left(const std::optional<ImageName>& shown) {
    link_stays_ = true;
    const auto gone =
        std::find_if(withdrawn_.begin(), withdrawn_.end(), [&](const ExportMember* one) { return shown && one->name == *shown; });
    if (!shown) return;
    const std::string why = gone != withdrawn_.end()   ? "was withdrawn"
                            : reused_.contains(*shown) ? "is another image now"
                                                       : "is no image of the export any more";
    draft_.held.push_back(
        {.address = export_address(entry_.name),
         .verb = Verb::switch_,
         .code = gone != withdrawn_.end() ? Code::withdrawn : Code::in_use,
         .text = fmt::format("{} {}, and no other image of the export is here: the link stays", shown->text(), why),
         .mend = "copy or add an image, with a name of its own, that can take its place"});
  }

  /// Removes what is not wanted in the folder any more.
  void rotate() {
    std::set<std::string> links;
    if (entry_.link) links.insert(*entry_.link);
    if (place_.link && !place_.link->link.empty()) links.insert(place_.link->link);
    const bool moves = draft_.doing(export_address(entry_.name)) != nullptr;
    const auto run_for = place_.link ? place_.link->run_for : std::nullopt;
    const bool run_is_due = !entry_.run.empty() && !moves && (wanted_.empty() || run_for != wanted_.front()->name);
    for (const auto& [image, row] : place_.rows) {
      if (wants(image)) continue;
      const bool shown = std::any_of(links.begin(), links.end(),
                                     [&, row = row](const auto& link) { return place_.target_of(link) == row->image; });
      std::string wait;
      if (shown && (!moves || link_stays_))
        wait = "in use: the link points to it";
      else if (run_is_due)
        wait = "`run` has not succeeded for a newer image";
      add_unexport(*row, place_, entry_.changes,
                   export_reason(entry_, Code::beyond_latest, "newer images of the export have taken its place"),
                   Unexporting::rotation, links, std::move(wait), draft_);
    }
  }

  const ExportEntry& entry_;
  const Place& place_;
  const ExportMembers& members_;
  const Situation& situation_;
  Draft& draft_;
  std::vector<const ExportMember*> wanted_;     ///< newest first
  std::vector<const ExportMember*> withdrawn_;  ///< as new as those
  std::set<ImageName> kept_;
  std::set<ImageName> reused_;  ///< names that other images had when they were exported
  bool link_stays_ = false;
};

/// Whether the export is whole in its new folder: only then the old one goes.
bool stands(const ExportEntry& entry, const Place& place, const Draft& draft) {
  if (place.view->refusal) return false;
  const bool busy = std::any_of(draft.changes.begin(), draft.changes.end(), [&](const DraftChange& one) {
    const auto parts = parts_of(one.change.address.text);
    return !one.change.deferred && parts && parts->kind == AddressKind::export_ && parts->export_name == entry.name.text();
  });
  if (busy) return false;
  const auto shown = entry.link ? place.target_of(*entry.link) : std::nullopt;
  if (entry.link) return shown && place.is_there(*shown);
  return std::any_of(place.rows.begin(), place.rows.end(), [&](const auto& one) { return place.is_there(one.first); });
}

/// What became of an export that the manifest no longer has in this folder.
struct Dropped {
  const ExportEntry* moved = nullptr;    ///< it goes to another folder
  const Place* to = nullptr;             ///< that one
  const ExportEntry* renamed = nullptr;  ///< another export goes to this folder
};

/// First the link goes, then the images.
void merge_dropped_export(const Place& place, const Dropped& dropped, Draft& draft) {
  const Address address = export_address(place.name);
  if (dropped.renamed) {
    draft.held.push_back(
        {.address = address,
         .verb = Verb::unexport,
         .code = Code::in_the_way,
         .text = fmt::format("export \"{}\" goes to its folder, \"{}\": another export's images are not taken over",
                             dropped.renamed->name.text(), place.folder),
         .mend = "give the new export a folder of its own, or drop the old one first, and add the new one after that"});
    return;
  }
  const bool moved = dropped.moved != nullptr;
  const bool busy = moved && !stands(*dropped.moved, *dropped.to, draft);
  const std::string wait = busy ? "the export's new folder comes first" : "";
  const Reason because{.code = Code::dropped,
                       .rule = address.text,
                       .at = std::nullopt,
                       .text = moved ? fmt::format("the export no longer goes to {}", place.folder)
                                     : std::string("the manifest no longer names the export")};
  if (place.view->refusal) {
    const ExportRefusal& refusal = *place.view->refusal;
    draft.blocked.push_back({.address = address,
                             .verb = Verb::unexport,
                             .code = refusal.code,
                             .text = refusal.text,
                             .mend = refusal.mend,
                             .at = std::nullopt});
    return;
  }
  std::set<std::string> links;
  if (place.link) {
    if (!place.link->link.empty()) links.insert(place.link->link);
    const bool ours = !place.link->link.empty() && place.target_of(place.link->link).has_value();
    Change change = change_of(
        address, SwitchLink{.name = place.name, .folder = place.folder, .old_link = ours ? place.link->link : std::string()},
        {because});
    change.deferred = busy;
    change.deferred_why = wait;
    draft.add({.change = std::move(change), .phase = Phase::switches, .unexports = Unexporting::dropped});
  }
  for (const auto& [image, row] : place.rows)
    add_unexport(*row, place, row->changes, because, Unexporting::dropped, links, wait, draft);
}

}  // namespace

void merge_exports(const Situation& situation, Draft& draft) {
  if (situation.manifest.exports.empty() && situation.snapshot.exports.empty() && situation.snapshot.exported.empty()) return;
  if (situation.observed.elsewhere) {
    draft.notes.push_back({Code::not_asked, "", "exports are planned by the server alone: they are not in this plan"});
    return;
  }
  const Places places = places_of(situation);
  const ExportMembers members(situation, draft);
  std::set<std::pair<ExportName, std::string>> declared;
  for (const ExportEntry& entry : situation.manifest.exports) {
    const auto folder = situation.observed.export_folders.find(entry.name);
    if (folder == situation.observed.export_folders.end()) continue;
    const Place& place = places.at(*folder);
    declared.insert(*folder);
    const auto former = std::find_if(places.begin(), places.end(), [&](const auto& one) {
      const Place& there = one.second;
      return there.folder == place.folder && there.name != entry.name && (there.link || !there.rows.empty());
    });
    if (former != places.end()) {
      draft.blocked.push_back(
          {.address = export_address(entry.name),
           .verb = Verb::export_,
           .code = Code::in_the_way,
           .text = fmt::format("\"{}\" holds the images of export \"{}\"", place.folder, former->first.first.text()),
           .mend = "name another folder, or drop that export first, and add this one after that",
           .at = entry.at});
      continue;
    }
    Exporting(entry, place, members, situation, draft).merge();
  }
  for (const auto& [key, place] : places) {
    if (declared.contains(key)) continue;
    Dropped dropped;
    for (const ExportEntry& entry : situation.manifest.exports) {
      const auto folder = situation.observed.export_folders.find(entry.name);
      if (folder == situation.observed.export_folders.end()) continue;
      if (entry.name == key.first) dropped.moved = &entry, dropped.to = &places.at(*folder);
      if (entry.name != key.first && folder->second == key.second) dropped.renamed = &entry;
    }
    merge_dropped_export(place, dropped, draft);
  }
}

}  // namespace ingot::plan
