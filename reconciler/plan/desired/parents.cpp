#include "reconciler/plan/desired/parents.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/desired/arrivals.hpp"

namespace ingot::plan {

namespace {

class Search {
 public:
  Search(const std::vector<const LocalImage*>& images, const Desired& desired, const Situation& situation, Draft& draft)
      : situation_(situation), draft_(draft), arrivals_(desired, situation, draft), coming_(coming_copies(draft)) {
    for (const LocalImage* image : images) missing_.emplace(image->name.text(), image);
    for (const LocalImage* image : images) look(*image);
  }

  std::vector<std::pair<const LocalImage*, ParentFound>> finish() {
    for (std::size_t next = 0; next < found_.size(); ++next) settle_children(next);
    for (std::size_t next = 0; next < stuck_.size(); ++next) {
      for (const LocalImage* child : children(*stuck_[next])) wait(*child);
    }
    for (const auto& [parent, left] : children_) {
      for (const LocalImage* image : left)
        block(*image, Code::parent_cycle, "it descends from itself: its parents form a circle", "correct `parent`");
    }
    return std::move(found_);
  }

 private:
  void look(const LocalImage& image) {
    if (!image.parent) {
      found_.push_back({&image, {}});
    } else if (const state::ImageRow* row = situation_.live(*image.parent)) {
      found_.push_back({&image, {.key = row->key, .planned = {}, .late = false}});
    } else if (missing_.contains(image.parent->text())) {
      children_[image.parent->text()].push_back(&image);
    } else if (const auto copy = coming_.find(image.parent->text()); copy != coming_.end()) {
      found_.push_back({&image, {.key = {}, .planned = copy->second, .late = true}});
    } else if (situation_.local(*image.parent)) {
      wait(image);
    } else if (const Arrival arrival = arrivals_.of(*image.parent);
               arrival == Arrival::offered || arrival == Arrival::peer_away) {
      wait(image);
    } else {
      Absence absence = arrivals_.absence(arrival, *image.parent, {image.name.text()});
      block(image, absence.code, fmt::format("it names the parent \"{}\", {}", image.parent->text(), absence.why),
            absence.mend + (absence.code == Code::unknown_image
                                ? fmt::format("{} if its parent is gone for good, leave `parent` out",
                                              absence.mend.ends_with('?') ? " Or," : "; or,")
                                : ""),
            std::move(absence.waits_for));
      stuck_.push_back(&image);
    }
  }

  std::vector<const LocalImage*> children(const LocalImage& parent) {
    const auto found = children_.find(parent.name.text());
    if (found == children_.end()) return {};
    auto children = std::move(found->second);
    children_.erase(found);
    return children;
  }

  void settle_children(std::size_t parent) {
    for (const LocalImage* child : children(*found_[parent].first)) {
      found_.push_back(
          {child, {.key = {}, .planned = image_address(found_[parent].first->name), .late = found_[parent].second.late}});
    }
  }

  void wait(const LocalImage& image) {
    stuck_.push_back(&image);
    draft_.notes.push_back(
        {Code::waiting, image_address(image.name).text, fmt::format("it waits for its parent \"{}\"", image.parent->text())});
  }

  void block(const LocalImage& image, Code code, std::string text, std::string mend, std::optional<ServerName> waits_for = {}) {
    draft_.blocked.push_back({.address = image_address(image.name),
                              .verb = Verb::add,
                              .code = code,
                              .text = std::move(text),
                              .mend = std::move(mend),
                              .at = image.at,
                              .waits_for = std::move(waits_for)});
  }

  const Situation& situation_;
  Draft& draft_;
  Arrivals arrivals_;
  std::unordered_map<std::string, Address> coming_;
  std::unordered_map<std::string, const LocalImage*> missing_;
  std::unordered_map<std::string, std::vector<const LocalImage*>> children_;  ///< by the parent's name
  std::vector<std::pair<const LocalImage*, ParentFound>> found_;
  std::vector<const LocalImage*> stuck_;  ///< not added by this plan
};

}  // namespace

std::vector<std::pair<const LocalImage*, ParentFound>> find_parents(const std::vector<const LocalImage*>& images,
                                                                    const Desired& desired, const Situation& situation,
                                                                    Draft& draft) {
  if (images.empty()) return {};
  return Search(images, desired, situation, draft).finish();
}

std::unordered_map<std::string, Address> coming_copies(const Draft& draft) {
  std::unordered_map<std::string, Address> coming;
  for (const auto& one : draft.changes) {
    const auto* copy = std::get_if<CopyImage>(&one.change.action);
    if (copy && !one.change.deferred) coming.emplace(copy->name.text(), one.change.address);
  }
  return coming;
}

}  // namespace ingot::plan
