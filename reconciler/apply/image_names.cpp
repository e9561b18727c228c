#include "reconciler/apply/image_names.hpp"

namespace ingot::apply {
namespace {

const state::ImageRow* row_that_shall_be(const plan::Action& action) {
  if (const auto* update = std::get_if<plan::UpdateCopy>(&action)) return &update->row;
  if (const auto* withdraw = std::get_if<plan::WithdrawCopy>(&action)) return &withdraw->row;
  return nullptr;
}

}  // namespace

ImageNames::ImageNames(const std::vector<state::ImageRow>& rows, const plan::Plan& plan) {
  for (const state::ImageRow& row : rows) {
    if (!row.deleted) keys_.emplace(row.name, row.key);
  }
  // A series may name a copy by the name that a later action of this plan gives it.
  for (const plan::Change& change : plan.actions) {
    if (const state::ImageRow* row = row_that_shall_be(change.action)) keys_.emplace(row->name, row->key);
  }
}

std::optional<state::ImageKey> ImageNames::find(const ImageName& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(name);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Digest> ImageNames::came(const ImageName& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = came_.find(name);
  return found == came_.end() ? std::nullopt : std::optional(found->second);
}

void ImageNames::follow(const state::Effects& effects, const std::vector<state::ImageKey>& came) {
  const std::lock_guard lock(mutex_);
  auto next = came.begin();
  for (const state::Effect& effect : effects) {
    if (const auto* put = std::get_if<state::PutImage>(&effect)) {
      came_.insert_or_assign(put->row.name, put->row.digest);
      if (next != came.end()) keys_.insert_or_assign(put->row.name, *next++);
    }
    const auto* change = std::get_if<state::ChangeImage>(&effect);
    const auto* drop = std::get_if<state::DropImage>(&effect);
    if (change || drop) {
      const state::ImageKey key = change ? change->row.key : drop->key;
      std::erase_if(keys_, [key](const auto& known) { return known.second == key; });
    }
    if (change) keys_.insert_or_assign(change->row.name, change->row.key);
  }
}

}  // namespace ingot::apply
