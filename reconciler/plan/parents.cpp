#include "reconciler/plan/parents.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/glob.hpp"
#include "schema/nearest.hpp"

namespace ingot {

namespace {

/// Whether the template can make this name, of some name on the peer; `{name}` stands at least once.
bool can_name(const SubscriptionEntry& rule, const ImageName& name) {
  std::string as = rule.options.as;
  if (as.empty()) as = "{name}";
  for (auto at = as.find("{peer}"); at != std::string::npos; at = as.find("{peer}")) as.replace(at, 6, rule.peer.text());
  const auto mark = as.find("{name}");
  if (mark == std::string::npos) return false;
  const std::string before = as.substr(0, mark), after = as.substr(mark + 6);
  if (after.find("{name}") != std::string::npos) return name.text().starts_with(before);
  if (name.text().size() <= before.size() + after.size() || !name.text().starts_with(before) || !name.text().ends_with(after))
    return false;
  const std::string on_peer = name.text().substr(before.size(), name.text().size() - before.size() - after.size());
  return std::none_of(rule.options.exclude.begin(), rule.options.exclude.end(),
                      [&](const auto& glob) { return glob_matches(glob, on_peer); });
}

class Search {
 public:
  Search(const std::vector<const LocalImage*>& images, const Situation& situation, Draft& draft)
      : situation_(situation), draft_(draft), coming_(coming_copies(draft)) {
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
        block(*image, "parent-cycle", "it descends from itself: its parents go round in a circle", "correct `parent`");
    }
    return std::move(found_);
  }

 private:
  void look(const LocalImage& image) {
    if (!image.parent) {
      found_.push_back({&image, {}});
    } else if (const ImageRow* row = situation_.live(*image.parent)) {
      found_.push_back({&image, {.key = row->key, .planned = {}, .late = false}});
    } else if (missing_.contains(image.parent->text())) {
      children_[image.parent->text()].push_back(&image);
    } else if (const auto copy = coming_.find(image.parent->text()); copy != coming_.end()) {
      found_.push_back({&image, {.key = {}, .planned = copy->second, .late = true}});
    } else if (situation_.local(*image.parent) || may_come(*image.parent, situation_)) {
      wait(image);
    } else {
      block_unknown(image);
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
        {"waiting", image_address(image.name).text, fmt::format("it waits for its parent \"{}\"", image.parent->text())});
  }

  void block(const LocalImage& image, std::string code, std::string text, std::string mend) {
    draft_.blocked.push_back({.address = image_address(image.name),
                              .verb = Verb::add,
                              .code = std::move(code),
                              .text = std::move(text),
                              .mend = std::move(mend),
                              .at = image.at});
  }

  void block_unknown(const LocalImage& image) {
    std::vector<std::string> names = image_names(situation_);
    std::erase(names, image.name.text());
    const auto near = nearest(image.parent->text(), names);
    block(image, "unknown-image", fmt::format("its parent \"{}\" is not here", image.parent->text()),
          near ? fmt::format("did you mean \"{}\"?", *near) : "add the parent, or subscribe to it");
  }

  const Situation& situation_;
  Draft& draft_;
  std::unordered_map<std::string, Address> coming_;
  std::unordered_map<std::string, const LocalImage*> missing_;
  std::unordered_map<std::string, std::vector<const LocalImage*>> children_;  ///< by the parent's name
  std::vector<std::pair<const LocalImage*, ParentFound>> found_;
  std::vector<const LocalImage*> stuck_;  ///< not added by this plan
};

}  // namespace

std::vector<std::pair<const LocalImage*, ParentFound>> find_parents(const std::vector<const LocalImage*>& images,
                                                                    const Situation& situation, Draft& draft) {
  if (images.empty()) return {};
  return Search(images, situation, draft).finish();
}

std::unordered_map<std::string, Address> coming_copies(const Draft& draft) {
  std::unordered_map<std::string, Address> coming;
  for (const auto& one : draft.changes) {
    const auto* copy = std::get_if<CopyImage>(&one.change.action);
    if (copy && !one.change.deferred) coming.emplace(copy->name.text(), one.change.address);
  }
  return coming;
}

bool may_come(const ImageName& name, const Situation& situation) {
  const auto& rules = situation.manifest.subscriptions;
  return std::any_of(rules.begin(), rules.end(), [&](const SubscriptionEntry& rule) {
    const PeerCase* peer = situation.peer(rule.peer);
    return peer && peer->sight != Sight::own && peer->sight != Sight::retired && can_name(rule, name);
  });
}

std::vector<std::string> image_names(const Situation& situation) {
  std::vector<std::string> names;
  for (const auto& image : situation.manifest.images) names.push_back(image.name.text());
  for (const auto& row : situation.snapshot.images) {
    if (!row.deleted) names.push_back(row.name.text());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace ingot
