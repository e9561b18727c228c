// Every verb, by the file that does it. Each does what its action says, verifies only what it just did, and throws Error
// for what went wrong on this machine.
#pragma once

#include "reconciler/apply/run.hpp"

namespace ingot {

// peers.cpp
Result do_action(const RegisterPeer& action, const Task& task, Run& run);
Result do_action(const UpdatePeer& action, const Task& task, Run& run);
Result do_action(const UnregisterPeer& action, const Task& task, Run& run);

// types.cpp
Result do_action(const CreateType& action, const Task& task, Run& run);
Result do_action(const UpdateType& action, const Task& task, Run& run);
Result do_action(const DeleteType& action, const Task& task, Run& run);

// subscriptions.cpp
Result do_action(const Instantiate& action, const Task& task, Run& run);
Result do_action(const UpdateSubscription& action, const Task& task, Run& run);
Result do_action(const Uninstantiate& action, const Task& task, Run& run);

// images.cpp
Result do_action(const AddImage& action, const Task& task, Run& run);
Result do_action(const UpdateImage& action, const Task& task, Run& run);
Result do_action(const DeleteImage& action, const Task& task, Run& run);

Result do_action(const TakeInAgain& action, const Task& task, Run& run);

// series.cpp
Result do_action(const CreateSeries& action, const Task& task, Run& run);
Result do_action(const UpdateSeries& action, const Task& task, Run& run);
Result do_action(const DeleteSeries& action, const Task& task, Run& run);

// copies.cpp
/// With so many connections to the peer.
Result do_copy(const CopyImage& action, const Task& task, Run& run, int connections);
Result do_copy(const FetchAgain& action, const Task& task, Run& run, int connections);
Result do_action(const AdoptCopy& action, const Task& task, Run& run);
Result do_action(const UpdateCopy& action, const Task& task, Run& run);
Result do_action(const WithdrawCopy& action, const Task& task, Run& run);
Result do_action(const RemoveCopy& action, const Task& task, Run& run);

}  // namespace ingot
