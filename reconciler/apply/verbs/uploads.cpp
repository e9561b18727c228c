// What is published goes to a store as well.
#include "reconciler/apply/uploads/uploads.hpp"
#include "reconciler/apply/verbs/verbs.hpp"

namespace ingot::apply {

void upload_to(const UploadEntry& entry, Run& run) {
  const Address address = upload_address(entry.name);
  const auto may_go_on = [&run] { run.may_go_on(); };
  UploadPlace place(
      entry, {.state = run.context.state, .store = run.context.store, .files = run.context.files, .clock = run.context.clock},
      manner_with(run.throttle, may_go_on));
  place.upload({.parallel = run.context.parallel,
                .progress =
                    [&](std::uint64_t done, std::uint64_t total) {
                      run.events.progress({.address = address, .verb = Verb::upload, .done = done, .total = total, .fetched = 0});
                    },
                .may_go_on = may_go_on});
}

Result do_action(const plan::UploadTree& action, const Task&, Run& run) {
  upload_to(action.upload, run);
  return ActionEffects{};
}

}  // namespace ingot::apply
