// What the last plan or apply saw of peers and subscriptions, for queries that ask nobody. A small file in the cache beside
// the state: losing it costs nothing, and a disk that cannot be written is no fault.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "reconciler/plan/plan.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::site {

struct LastView {
  Code status = Code::none;  ///< "ok", "unreachable", "expired", "untrusted", "retired"
  Time asked;
  std::optional<Serial> serial;  ///< of the head that was accepted last
  std::optional<Time> seen;      ///< when a head was accepted last
  std::string text;              ///< one line; "" if ok
  std::string url = {};          ///< which of its URLs answered last; "" = none yet
  bool operator==(const LastView&) const = default;
};

struct LastPlan {
  std::map<ServerId, LastView> peers;
  std::map<std::string, std::string> blocked;         ///< address of a subscription → why
  std::map<std::string, std::string> suspended = {};  ///< address of a copy whose withdrawal a guard holds → why
  bool operator==(const LastPlan&) const = default;
};

/// `before`: what is kept of it, for when it was seen last.
LastView last_view(const plan::PeerView& view, Time now, const std::optional<LastView>& before = {});

std::string write_last_plan(const LastPlan& last);
/// Lines that are not understood are left out.
LastPlan parse_last_plan(std::string_view text);

/// What is kept, or an empty one.
LastPlan read_last_plan(const Site& site);
std::optional<LastView> view_of(const LastPlan& last, const ServerId& peer);
/// Why a copy may not be used until somebody has looked at its withdrawal, which a guard holds; nullopt: it may.
std::optional<std::string> why_suspended(const LastPlan& last, const state::ImageRow& image, const Manifest& manifest);
void keep_last_plan(const Site& site, const plan::Observed& observed, const plan::Plan& plan);

}  // namespace ingot::site
