#include "reconciler/apply/group.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "reconciler/apply/run.hpp"
#include "schema/no_memory.hpp"
#include "schema/overloaded.hpp"

namespace ingot::apply {
namespace {

bool is_done(const Waiting& waiting) { return std::holds_alternative<ActionEffects>(waiting.result); }

Outcome outcome_of(const Waiting& waiting) {
  if (const auto* const effects = std::get_if<ActionEffects>(&waiting.result)) return Done{effects->how};
  return std::get<Outcome>(waiting.result);
}

const state::Effects& effects_of(const Waiting& waiting) {
  static const state::Effects none;
  return is_done(waiting) ? std::get<ActionEffects>(waiting.result).effects : none;
}

}  // namespace

bool Group::joins(const plan::Action& action) {
  return std::visit(
      Overloaded{[](const plan::AddImage&) { return true; }, [](const plan::CopyImage&) { return true; },
                 [](const plan::RegisterPeer&) { return true; }, [](const plan::UnregisterPeer&) { return true; },
                 [](const plan::CreateType&) { return true; }, [](const plan::UpdateType&) { return true; },
                 [](const plan::DeleteType&) { return true; }, [](const plan::Instantiate&) { return true; },
                 [](const plan::UpdateSubscription&) { return true; }, [](const plan::Uninstantiate&) { return true; },
                 [](const plan::DeleteImage&) { return true; }, [](const plan::CreateSeries&) { return true; },
                 [](const plan::UpdateSeries&) { return true; }, [](const plan::DeleteSeries&) { return true; },
                 [](const plan::UpdateCopy&) { return true; }, [](const plan::WithdrawCopy&) { return true; },
                 [](const plan::RemoveCopy&) { return true; }, [](const auto&) { return false; }},
      action);
}

Group::Group(store::Store& store, Journal& journal, ImageNames& names, io::Clock& clock, GroupEnd end)
    : store_(store), journal_(journal), names_(names), clock_(clock), end_(std::move(end)) {}

std::int64_t Group::begin(const plan::Change& change) {
  if (!joins(change.action)) return journal_.begin(change);
  const std::int64_t number = journal_.begin_later(change);
  const std::lock_guard lock(mutex_);
  if (!since_) since_ = clock_.steady();
  return number;
}

void Group::add(Waiting waiting) {
  const bool ends = !is_done(waiting) || !joins(waiting.change.action);
  bool is_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (!since_) since_ = clock_.steady();  // a group that ended meanwhile has told the state that this one began
    brought_.addresses.insert(waiting.change.address);
    for (const state::Effect& effect : effects_of(waiting)) {
      brought_.drops_images = brought_.drops_images || std::holds_alternative<state::DropImage>(effect);
      if (const auto* const change = std::get_if<state::ChangeImage>(&effect)) brought_.images.insert(change->row.name);
      const auto* const put = std::get_if<state::PutImage>(&effect);
      if (put == nullptr) continue;
      brought_.bytes.insert(put->row.digest);
      brought_.images.insert(put->row.name);
    }
    if (is_done(waiting)) bytes_ += std::get<ActionEffects>(waiting.result).staged.bytes();
    members_.push_back(std::move(waiting));
    is_full = members_.size() >= most_actions || bytes_ >= most_bytes;
  }
  if (ends)
    end();
  else if (is_full)
    end_beside();
  else
    end_if_waited_long();
}

void Group::end_beside() {
  const std::lock_guard one_at_a_time(ending_);
  beside_.join();
  const auto members = std::make_shared<Members>(take());
  const auto end_there = [this, members] {
    try {
      end_these(*members);
    } catch (const std::exception& error) { cannot_record(error); }
  };
  if (!beside_.try_start(end_there)) end_these(*members);
}

void Group::end_if_waited_long() {
  {
    const std::lock_guard lock(mutex_);
    if (!since_ || clock_.steady() - *since_ < longest_wait) return;
  }
  end();
}

void Group::settle(const std::vector<Address>& addresses) {
  end_if([&](const Brings& brings) {
    return std::any_of(addresses.begin(), addresses.end(),
                       [&](const Address& address) { return brings.addresses.contains(address); });
  });
}

void Group::settle(const Digest& bytes) {
  end_if([&](const Brings& brings) { return brings.bytes.contains(bytes); });
}

void Group::settle(const ImageName& image) {
  end_if([&](const Brings& brings) { return brings.drops_images || brings.images.contains(image); });
}

void Group::end_if(const std::function<bool(const Brings&)>& brings_it) {
  {
    const std::lock_guard lock(mutex_);
    if (!brings_it(brought_) && !brings_it(being_ended_)) return;
  }
  end();
}

Group::Members Group::take() {
  const std::lock_guard lock(mutex_);
  being_ended_ = std::exchange(brought_, {});
  bytes_ = 0;
  since_ = std::nullopt;
  return std::exchange(members_, {});
}

void Group::end() {
  const std::lock_guard one_at_a_time(ending_);
  beside_.join();
  Members members = take();
  end_these(members);
}

void Group::end_these(Members& members) {
  name_files(members);
  if (members.empty())
    record_begun();
  else
    record(members);
  for (const Waiting& member : members) end_.recorded(member, outcome_of(member));
  const std::lock_guard lock(mutex_);
  being_ended_ = {};
}

void Group::name_files(Members& members) {
  std::vector<store::Staged> files;
  std::vector<Waiting*> owners;
  for (Waiting& member : members) {
    if (!is_done(member) || std::get<ActionEffects>(member.result).staged.empty()) continue;
    files.push_back(std::move(std::get<ActionEffects>(member.result).staged));
    owners.push_back(&member);
  }
  if (files.empty()) return;
  try {
    // The papers of an image bear the number of its action: a state that does not know that number would count as an old one.
    const auto failed = store_.name_all(files, [this] { journal_.write_begun(); });
    for (std::size_t place = 0; place < failed.size(); ++place) {
      if (failed[place]) owners[place]->result = apply::outcome_of(*failed[place]);
    }
  } catch (const std::exception& error) {
    for (Waiting* const owner : owners) owner->result = outcome_of_any(error);
  }
}

void Group::record_begun() {
  try {
    journal_.write_begun();
  } catch (const std::exception& error) { cannot_record(error); }
}

void Group::record(Members& members) {
  if (members.size() == 1) return record_one(members.front());
  std::vector<std::vector<state::ImageKey>> keys;
  try {
    std::vector<state::FinishedAction> actions;
    for (const Waiting& member : members)
      actions.push_back({.number = member.number, .outcome = outcome_of(member), .effects = effects_of(member)});
    keys = journal_.finish_all(actions);
  } catch (const std::exception&) {  // one by one shows whom it concerns
    for (Waiting& member : members) record_one(member);
    return;
  }
  for (std::size_t place = 0; place < members.size(); ++place) names_.follow(effects_of(members[place]), keys[place]);
}

void Group::record_one(Waiting& member) {
  try {
    const auto keys = journal_.finish(member.number, outcome_of(member), effects_of(member));
    names_.follow(effects_of(member), keys);
    return;
  } catch (const std::exception& error) { member.result = outcome_of_any(error); }  // not recorded, so nothing was done
  try {
    journal_.finish(member.number, outcome_of(member), {});
  } catch (const std::exception& error) { cannot_record(error); }
}

/// The run ends, and what was not recorded counts as not done. What is no Error is a lack of memory.
void Group::cannot_record(const std::exception& error) {
  const auto* const ours = dynamic_cast<const Error*>(&error);
  end_.cannot_record(ours != nullptr ? *ours : Error(Fault::local, no_memory, free_memory));
}

}  // namespace ingot::apply
