#include "reconciler/command/runs/shown_misfits.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace ingot::command {

namespace {

/// "needed" says that an action comes along with a target; the plan that is made again has none.
bool is_compared(const plan::Reason& reason) { return reason.code != Code::needed; }

bool alike(const plan::Reason& one, const plan::Reason& other, bool with_text) {
  return one.code == other.code && one.rule == other.rule && one.at == other.at && (!with_text || one.text == other.text);
}

/// Its reason names the serial that its peer has published now.
bool names_a_head(const show::ShownAction& action) {
  return is_of(AddressKind::peer, action.address) || is_of(AddressKind::subscription, action.address);
}

/// The detail of these may change while the action stays what it is.
bool has_own_detail(Verb verb) {
  return verb != Verb::add && verb != Verb::copy && verb != Verb::repair && verb != Verb::register_;
}

class ShownComparison {
 public:
  ShownComparison(const show::ShownPlan& now, bool same_heads) : same_heads_(same_heads) {
    for (const auto& action : now.actions) now_.emplace(action.address.text, &action);
  }

  void compare(const show::ShownAction& saved) {
    const auto found = now_.find(saved.address.text);
    if (saved.deferred || saved.verb == Verb::publish || found == now_.end()) return;
    const show::ShownAction& now = *found->second;
    if (saved.title != now.title) tell(saved, "the name", saved.title, now.title);
    if (saved.peer != now.peer) tell(saved, "the peer", saved.peer, now.peer);
    if (saved.verb != Verb::add && saved.size != now.size) tell(saved, "the size", size_of(saved), size_of(now));
    if (has_own_detail(saved.verb) && saved.detail != now.detail) tell(saved, "the detail", saved.detail, now.detail);
    for (const auto& reason : saved.because) compare(saved, reason, now);
  }

  std::vector<plan::Misfit> misfits() { return std::move(misfits_); }

 private:
  static std::string size_of(const show::ShownAction& action) { return action.size ? fmt::format("{} B", *action.size) : ""; }

  /// A peer's news may bring further reasons; none of those that were shown may be another one.
  void compare(const show::ShownAction& saved, const plan::Reason& reason, const show::ShownAction& now) {
    const bool with_text = same_heads_ || !names_a_head(saved);
    const bool still = std::any_of(now.because.begin(), now.because.end(),
                                   [&](const plan::Reason& one) { return alike(one, reason, with_text); });
    if (is_compared(reason) && !still) tell(saved, "the reason", reason.text, now.because.front().text);
  }

  void tell(const show::ShownAction& action, std::string_view what, const std::string& before, const std::string& now) {
    misfits_.push_back({.code = Code::shown,
                        .address = action.address.text,
                        .text = fmt::format("{} that the plan shows of \"{}\" is not the one that it has: \"{}\", and now \"{}\"",
                                            what, action.address.text, before, now)});
  }

  const bool same_heads_;
  std::unordered_map<std::string_view, const show::ShownAction*> now_;
  std::vector<plan::Misfit> misfits_;
};

}  // namespace

std::vector<plan::Misfit> shown_misfits(const show::ShownPlan& saved, const show::ShownPlan& now, bool same_heads) {
  ShownComparison comparison(now, same_heads);
  for (const auto& action : saved.actions) comparison.compare(action);
  return comparison.misfits();
}

}  // namespace ingot::command
