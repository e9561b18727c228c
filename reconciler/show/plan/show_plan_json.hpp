// A plan as JSON, ingot.plan/1, and the parts of it that other documents share. Pure, streamed.
#pragma once

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

/// The plan must have its intents.
void show_plan_json(const ShownPlan& plan, Output& out);

// Members of an open object.
void put_plan(const ShownPlan& plan, JsonWriter& json);                              ///< the whole plan
void put_blocked(const std::vector<plan::Blocked>& blocked, JsonWriter& json);       ///< "blocked":[…]
void put_held(const std::vector<plan::Held>& held, JsonWriter& json);                ///< "held":[…]
void put_unknown(const std::vector<plan::UnknownPeer>& unknown, JsonWriter& json);   ///< "unknown":[…]
void put_damaged(const std::vector<plan::DamagedImage>& damaged, JsonWriter& json);  ///< […]
void put_because(const std::vector<plan::Reason>& because, JsonWriter& json);        ///< "because":[…]

}  // namespace ingot::show
