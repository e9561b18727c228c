// The link of an export: to the newest image that is whole. What is withdrawn loses it, if another image is there.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge/exporting.hpp"

namespace ingot::plan {

/// The link that an earlier run made under another name; "": there is none.
std::string Exporting::old_link() const {
  if (!place_.link || place_.link->link.empty() || place_.link->link == entry_.link) return "";
  return place_.target_of(place_.link->link) ? place_.link->link : "";
}

/// A run that died may have moved the link without recording it.
bool Exporting::is_recorded(const ImageName& shown) const {
  return place_.link && place_.link->link == entry_.link && place_.link->linked == shown;
}

/// The newest that is whole, or will be; what the link shows already may stay there. nullptr: none.
const ExportMember* Exporting::to_show(const std::optional<ImageName>& shown) {
  for (const ExportMember* member : wanted_) {
    const bool comes = draft_.doing(address_of(member->name)) != nullptr;
    if (member->name == shown || comes || place_.is_whole(member->name)) return member;
    if (!place_.is_changed(member->name)) return nullptr;  // the selection leaves it out
    if (held_.insert(member->name).second)
      hold(address_of(member->name), Verb::export_, Code::changed_export,
           fmt::format("the link does not show it, because \"{}/{}\" {}", place_.folder, member->name.text(),
                       place_.seen(member->name)->why),
           "look at what was changed; to export the image again, move the folder away");
    std::erase_if(left_alone_, [&](const Note& one) { return one.address == address_of(member->name).text; });
  }
  return nullptr;
}

void Exporting::move_link() {
  if (!entry_.link)
    return add_switch({.name = entry_.name, .folder = place_.folder, .old_link = old_link()}, Code::changed,
                      "it has no link any more", nullptr);
  const LinkSight* sight = place_.link_named(*entry_.link);
  if (sight && !place_.made(*sight))
    return block(export_address(entry_.name), Verb::switch_, Code::in_the_way,
                 fmt::format("the link \"{}/{}\" {}", place_.folder, *entry_.link,
                             sight->is_link ? fmt::format("points to \"{}\", which this export did not make", sight->target)
                                            : std::string("is there, and is no link")),
                 "move it away");
  const auto shown = place_.target_of(*entry_.link);
  if (wanted_.empty()) return tell_none_left(shown);
  if (const ExportMember* target = to_show(shown)) move_link_to(*target, shown);
}

void Exporting::move_link_to(const ExportMember& target, const std::optional<ImageName>& shown) {
  const std::string old = old_link();
  const auto run_for = place_.link ? place_.link->run_for : std::nullopt;
  const bool must_run = !entry_.run.empty() && run_for != target.name;
  link_is_done_ = shown == target.name && !must_run && old.empty() && is_recorded(target.name);
  if (link_is_done_) return;
  const bool leaves =
      shown && std::any_of(withdrawn_.begin(), withdrawn_.end(), [&](const ExportMember* one) { return one->name == *shown; });
  const std::string text =
      !shown   ? fmt::format("the link shows {}", target.name.text())
      : leaves ? fmt::format("{} was withdrawn: the link shows {}", shown->text(), target.name.text())
      : !all_.contains(*shown) && *shown != target.name
          ? fmt::format("{} is no image of the export any more: the link shows {}", shown->text(), target.name.text())
      : *shown != target.name ? fmt::format("{} → {}", shown->text(), target.name.text())
      : must_run              ? std::string("`run` has not succeeded since the link moved")
      : old.empty()           ? std::string("the link moved, and the run ended before it was recorded")
                              : std::string("the link has another name");
  add_switch({.name = entry_.name,
              .folder = place_.folder,
              .link = *entry_.link,
              .old_link = old,
              .image = target.name,
              .before = run_for,
              .run = must_run ? entry_.run : std::vector<std::string>()},
             leaves  ? Code::withdrawn
             : shown ? Code::changed
                     : Code::new_,
             text, &target);
}

void Exporting::add_switch(SwitchLink action, Code code, std::string text, const ExportMember* target) {
  Change change = change_of(export_address(entry_.name), std::move(action), {reason(code, std::move(text))});
  if (target) draft_.wait_for(change, address_of(target->name));
  draft_.add({.change = std::move(change), .phase = Phase::switches});
}

/// The link leads nowhere better.
void Exporting::tell_none_left(const std::optional<ImageName>& shown) {
  if (!shown) return;
  const bool is_withdrawn =
      std::any_of(withdrawn_.begin(), withdrawn_.end(), [&](const ExportMember* one) { return one->name == *shown; });
  const bool is_reused = reused_.contains(*shown);
  const std::string why = is_withdrawn ? "was withdrawn"
                          : is_reused  ? "is another image now"
                                       : "is no image of the export any more";
  hold(export_address(entry_.name), Verb::switch_,
       is_withdrawn ? Code::withdrawn
       : is_reused  ? Code::name_reused
                    : Code::no_longer,
       fmt::format("{} {}, and no other image of the export is here: the link stays", shown->text(), why),
       "copy or add an image, with a name of its own, that can take its place");
}

}  // namespace ingot::plan
