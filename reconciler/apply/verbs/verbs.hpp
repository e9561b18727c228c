// Every verb, by the file that does it. Each does what its action says, verifies only what it just did, and throws Error
// for what went wrong on this machine.
#pragma once

#include "reconciler/apply/run.hpp"

namespace ingot::apply {

// peers.cpp
Result do_action(const plan::RegisterPeer& action, const Task& task, Run& run);
Result do_action(const plan::UpdatePeer& action, const Task& task, Run& run);
Result do_action(const plan::UnregisterPeer& action, const Task& task, Run& run);

// types.cpp
Result do_action(const plan::CreateType& action, const Task& task, Run& run);
Result do_action(const plan::UpdateType& action, const Task& task, Run& run);
Result do_action(const plan::DeleteType& action, const Task& task, Run& run);

// subscriptions.cpp
Result do_action(const plan::Instantiate& action, const Task& task, Run& run);
Result do_action(const plan::UpdateSubscription& action, const Task& task, Run& run);
Result do_action(const plan::Uninstantiate& action, const Task& task, Run& run);

// images.cpp
Result do_action(const plan::AddImage& action, const Task& task, Run& run);
Result do_action(const plan::UpdateImage& action, const Task& task, Run& run);
Result do_action(const plan::DeleteImage& action, const Task& task, Run& run);

Result do_action(const plan::TakeInAgain& action, const Task& task, Run& run);

// series.cpp
Result do_action(const plan::CreateSeries& action, const Task& task, Run& run);
Result do_action(const plan::UpdateSeries& action, const Task& task, Run& run);
Result do_action(const plan::DeleteSeries& action, const Task& task, Run& run);

// copies.cpp
/// With so many connections to the peer.
Result do_copy(const plan::CopyImage& action, const Task& task, Run& run, int connections);
Result do_copy(const plan::FetchAgain& action, const Task& task, Run& run, int connections);
Result do_action(const plan::AdoptCopy& action, const Task& task, Run& run);
Result do_action(const plan::UpdateCopy& action, const Task& task, Run& run);
Result do_action(const plan::WithdrawCopy& action, const Task& task, Run& run);
Result do_action(const plan::RemoveCopy& action, const Task& task, Run& run);

// deltas.cpp
Result do_action(const plan::MakeDelta& action, const Task& task, Run& run);

// exports.cpp
Result do_action(const plan::ExportImage& action, const Task& task, Run& run);
Result do_action(const plan::SwitchLink& action, const Task& task, Run& run);
Result do_action(const plan::Unexport& action, const Task& task, Run& run);

// uploads.cpp
Result do_action(const plan::UploadTree& action, const Task& task, Run& run);
/// Throws as UploadPlace does, and Error that `deferral` knows.
void upload_to(const UploadEntry& entry, Run& run);

}  // namespace ingot::apply
