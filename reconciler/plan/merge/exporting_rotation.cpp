// What an export does not want in its folder any more goes, once all that it wants is there.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge/add_unexport.hpp"
#include "reconciler/plan/merge/exporting.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

/// Why nothing goes from the folder yet, as a clause; "": it may go once this plan has done what comes before.
std::string Exporting::why_it_stays() const {
  for (const ExportMember* member : wanted_) {
    if (!place_.is_there(member->name) && !draft_.doing(address_of(member->name)))
      return fmt::format("{} is not in the folder yet", member->name.text());
  }
  if (link_is_done_ || draft_.doing(export_address(entry_.name))) return "";
  const auto shown = entry_.link ? place_.target_of(*entry_.link) : std::nullopt;
  const auto run_for = place_.link ? place_.link->run_for : std::nullopt;
  if (shown && wants(*shown) && !entry_.run.empty() && run_for != shown)
    return fmt::format("`run` has not succeeded for {} yet", shown->text());
  return "the link does not show yet what it shall show";
}

Reason Exporting::why_it_goes(const ImageName& image) const {
  if (reused_.contains(image)) return reason(Code::name_reused, "another image bears its name now");
  if (!all_.contains(image)) return reason(Code::no_longer, "it is no image of the export any more");
  return reason(Code::beyond_latest, "newer images of the export take its place");
}

void Exporting::rotate() {
  std::vector<const state::ExportedRow*> going;
  for (const auto& [image, row] : place_.rows) {
    if (!wants(image)) going.push_back(row);
  }
  if (wanted_.empty()) return keep_without_successor(going);
  std::set<std::string> links;
  if (entry_.link) links.insert(*entry_.link);
  if (place_.link && !place_.link->link.empty()) links.insert(place_.link->link);
  std::vector<Address> after;
  for (const ExportMember* member : wanted_) {
    if (!place_.is_there(member->name) && draft_.doing(address_of(member->name))) after.push_back(address_of(member->name));
  }
  const std::string wait = why_it_stays();
  for (const state::ExportedRow* row : going) {
    const bool shown =
        std::any_of(links.begin(), links.end(), [&](const auto& link) { return place_.target_of(link) == row->image; });
    add_unexport(*row,
                 {.place = place_,
                  .because = why_it_goes(row->image),
                  .why = Unexporting::rotation,
                  .changes = entry_.changes,
                  .links = links,
                  .wait = shown && !wait.empty() ? "in use: the link points to it" : wait,
                  .after = after},
                 draft_);
  }
}

/// Those who use the folder keep what they have until there is something else. Without a link, what bears a reused name makes
/// room.
void Exporting::keep_without_successor(const std::vector<const state::ExportedRow*>& going) {
  std::vector<std::string> stay;
  for (const state::ExportedRow* row : going) {
    if (place_.is_there(row->image) && (entry_.link || !reused_.contains(row->image))) {
      stay.push_back(row->image.text());
      continue;
    }
    add_unexport(*row,
                 {.place = place_,
                  .because = why_it_goes(row->image),
                  .why = Unexporting::rotation,
                  .changes = entry_.changes,
                  .links = {}},
                 draft_);
  }
  const auto shown = entry_.link ? place_.target_of(*entry_.link) : std::nullopt;
  if (stay.empty() || shown) return;  // of a link that stays, the plan has told
  hold(export_address(entry_.name), Verb::unexport, Code::no_longer,
       fmt::format("no image of the export is here that could take the place of {}: {}", listed(stay),
                   stay.size() == 1 ? "its folder stays" : "their folders stay"),
       "copy or add an image of the export; if the folders shall go, remove the [[export]]");
}

ExportProgress Exporting::progress() const {
  bool coming = draft_.doing(export_address(entry_.name)) != nullptr;
  bool lacks = wanted_.empty() || (!link_is_done_ && !coming);
  for (const ExportMember* member : wanted_) {
    if (draft_.doing(address_of(member->name)))
      coming = true;
    else if (!place_.is_whole(member->name))
      lacks = true;
  }
  if (lacks) return is_told_ ? ExportProgress::told : ExportProgress::waiting;
  return coming ? ExportProgress::coming : ExportProgress::complete;
}

}  // namespace ingot::plan
